"""The command that brings other people's runs into the store: `import`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.cli._grouped import grouped
from genconv.cli._next import read_next
from genconv.cli._options import OutputOption

if TYPE_CHECKING:
    from genconv.measure import Measure


class SourceFormat(StrEnum):
    """What a source is."""

    AUTO = "auto"
    STUDY = "study"
    LONG = "long"
    WIDE = "wide"
    TENSORBOARD = "tensorboard"
    WANDB = "wandb"
    MLFLOW = "mlflow"
    TRACKIO = "trackio"
    NEPTUNE = "neptune"
    AIM = "aim"
    COMET = "comet"
    CLEARML = "clearml"
    DVCLIVE = "dvclive"
    TRAINER = "trainer"
    RAY = "ray"
    JSON = "json"


class Align(StrEnum):
    """What becomes of runs of unequal length."""

    REFUSE = "refuse"
    SHORTEST = "shortest"
    COMMON = "common"


class Kind(StrEnum):
    """What a loss says of the likelihood."""

    EXACT = "exact"
    BOUND = "bound"
    LOSS = "loss"


class Meaning(StrEnum):
    """What a NaN means that may stand for either."""

    MISSING = "missing"
    DIVERGED = "diverged"


class Unsaid(StrEnum):
    """What an empty cell means that may stand for either."""

    ASK = "ask"
    MISSING = "missing"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class LossOptions:
    """What losses say of the likelihood."""

    kind: Annotated[
        Kind | None,
        typer.Option("--kind", help="What the losses say: −log p(x), a bound of it, or nothing.", show_default=False),
    ] = None
    unit: Annotated[str | None, typer.Option("--unit", help="nats, bits/dim, or any other.", show_default=False)] = None
    method: Annotated[str, typer.Option("--method", help="How they were computed: ELBO, …", show_default=False)] = ""

    def measure(self) -> "Measure | None":
        """As a measure; None if nothing was said."""
        from genconv.readers.options import measure_from  # noqa: PLC0415

        return measure_from(self.kind.value if self.kind else None, self.unit, self.method)


@grouped
def import_runs(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE…",
            help="Curves of other tools: the study's JSON, CSV, Parquet, JSON lines, TensorBoard, W&B or MLflow.",
            show_default=False,
        ),
    ],
    output: OutputOption = Path("runs"),
    model: Annotated[str | None, typer.Option("--model", help="Name of the model.", show_default=False)] = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Name of the dataset.", show_default=False)] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="ROLE=NAME,…",
            help="Columns, tags or metrics: model, dataset, seed, epoch, split, loss, training, validation.",
            show_default=False,
        ),
    ] = None,
    source_format: Annotated[
        SourceFormat, typer.Option("--format", help="What the sources are; recognised if left out.")
    ] = SourceFormat.AUTO,
    align: Annotated[
        Align,
        typer.Option("--align", help="Runs of unequal length: refuse, cut to the shortest, or keep the common places."),
    ] = Align.REFUSE,
    blank: Annotated[
        Unsaid, typer.Option("--blank", help="Rows without a loss after a run's last one: not measured, or divergence.")
    ] = Unsaid.ASK,
    nan: Annotated[
        Meaning | None,
        typer.Option(
            "--nan",
            help="NaN before numbers, or of the validation loss alone: not measured (default), or divergence.",
            show_default=False,
        ),
    ] = None,
    blow_up: Annotated[
        float | None,
        typer.Option("--blow-up", metavar="LOSS", help="A validation loss above it is divergence.", show_default=False),
    ] = None,
    negate: Annotated[
        bool | None,
        typer.Option(
            "--negate/--no-negate", help="Higher is better in the source (an ELBO), or is not.", show_default=False
        ),
    ] = None,
    group_by: Annotated[
        list[str] | None,
        typer.Option(
            "--group-by",
            metavar="NAME,…",
            help="Hyper-parameters: a cell for each combination of their values; `all` for all but the seed.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="RUN", help="Leave out runs of this name or pattern.", show_default=False),
    ] = None,
    min_epochs: Annotated[
        int, typer.Option("--min-epochs", min=0, help="Leave out runs that end alive before so many epochs.")
    ] = 0,
    *,
    said: LossOptions,
) -> int:
    """Bring runs that were trained elsewhere into the store."""
    from genconv import api  # noqa: PLC0415
    from genconv.readers.options import parse_columns  # noqa: PLC0415

    imported = api.import_runs(
        sources,
        output,
        model=model,
        dataset=dataset,
        columns=parse_columns(columns or ()),
        format=source_format.value,
        align=align.value,
        blank=blank.value,
        nan=nan.value if nan else None,
        blow_up=blow_up,
        negate=negate,
        group_by=tuple(name.strip() for names in group_by or () for name in names.split(",")),
        exclude=tuple(exclude or ()),
        min_epochs=min_epochs,
        measure=said.measure(),
    )
    for line in imported.lines:
        typer.echo(line)
    typer.echo(read_next(output))
    return 0
