"""The command that brings other people's runs into the store: `import`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._options import OutputOption


class SourceFormat(StrEnum):
    """What a source is."""

    AUTO = "auto"
    STUDY = "study"
    LONG = "long"
    WIDE = "wide"
    TENSORBOARD = "tensorboard"
    WANDB = "wandb"
    MLFLOW = "mlflow"


class Align(StrEnum):
    """What becomes of runs of unequal length."""

    REFUSE = "refuse"
    SHORTEST = "shortest"


class Kind(StrEnum):
    """What a loss says of the likelihood."""

    EXACT = "exact"
    BOUND = "bound"
    LOSS = "loss"


class Blank(StrEnum):
    """What an empty cell of a table means."""

    MISSING = "missing"
    DIVERGED = "diverged"


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
        typer.Option("--align", help="Runs that end early without diverging: refuse, or cut all to the shortest."),
    ] = Align.REFUSE,
    blank: Annotated[
        Blank, typer.Option("--blank", help="Empty cells of a table: not measured, or the NaN of a diverged run.")
    ] = Blank.MISSING,
    negate: Annotated[bool, typer.Option("--negate", help="Higher is better in the source (an ELBO).")] = False,
    kind: Annotated[
        Kind | None,
        typer.Option("--kind", help="What the losses say: −log p(x), a bound of it, or nothing.", show_default=False),
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="nats, bits/dim, or any other.", show_default=False)
    ] = None,
    method: Annotated[str, typer.Option("--method", help="How they were computed: ELBO, …", show_default=False)] = "",
) -> int:
    """Bring runs that were trained elsewhere into the store."""
    from genconv import api  # noqa: PLC0415
    from genconv.readers.options import ImportOptions, measure_from, parse_columns  # noqa: PLC0415

    options = ImportOptions(
        model=model,
        dataset=dataset,
        columns=parse_columns(columns or ()),
        format=source_format.value,
        align=align.value,
        blank=blank.value,
        negate=negate,
        measure=measure_from(kind.value if kind else None, unit, method),
    )
    for line in api.import_runs(sources, output, options).lines:
        typer.echo(line)
    return 0
