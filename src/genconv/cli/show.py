"""What shows what there is: `list`, `show`, `params` and `--version`."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.text import Text

from genconv.cli._choice import Cells
from genconv.cli._grouped import grouped
from genconv.cli._options import (
    Format,
    FormatOption,
    SettingsArgument,
    StudyArgument,
    columns_text,
    print_rows,
    print_text,
    room,
)


class Kind(StrEnum):
    """What can be listed."""

    MODELS = "models"
    DATASETS = "datasets"
    STUDIES = "studies"
    PROTOCOLS = "protocols"


def list_names(
    kind: Annotated[
        Kind | None, typer.Argument(help="models, datasets, studies or protocols; all if left out.")
    ] = None,
) -> None:
    """List models, datasets, studies and protocols."""
    from genconv.report.tables.fitting import Column, fitted  # noqa: PLC0415

    for each in [kind] if kind else list(Kind):
        names = _names(each)
        columns = [Column("", [*names], label=True), Column("", [*names.values()], flows=True)]
        print_text(Text(each.value, style="bold"))
        print_text(fitted(columns, room(), header=False).text)


@grouped
def show_study(study: StudyArgument, settings: SettingsArgument = None, *, cells: Cells) -> None:
    """Write a study as TOML with every setting spelled out, and how many runs it has; it trains the same runs."""
    from genconv import api  # noqa: PLC0415

    typer.echo(api.resolved_toml(study, settings or (), **cells.chosen), nl=False)


def version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        from importlib.metadata import version as installed  # noqa: PLC0415

        typer.echo(f"genconv {installed('genconv')}")
        raise typer.Exit


def params(output: FormatOption = Format.TABLE) -> None:
    """Parameter counts of every model, on images and on toy data."""
    from genconv.experiment.cost import parameter_counts  # noqa: PLC0415  JAX is imported late

    counts = parameter_counts()
    rows = [(name, count.get("images"), count.get("points")) for name, count in counts.items()]
    header = ("model", "images", "toy")

    def table() -> Text:
        texts = [(name, *(f"{number:,}" if number else "–" for number in numbers)) for name, *numbers in rows]
        return columns_text(
            ("model", *(f"{name} parameters" for name in header[1:])), texts, 1, room(), "in a wider terminal"
        )

    print_rows(header, rows, output, table, names=1)


def _names(kind: Kind) -> dict[str, str]:
    if kind is Kind.STUDIES:
        from genconv.config.study import Study, shipped_studies  # noqa: PLC0415

        return {name: Study.from_toml(text, name).description for name, text in shipped_studies().items()}
    if kind is Kind.PROTOCOLS:
        from genconv.protocols import PROTOCOLS  # noqa: PLC0415

        return {str(name): summary for name, summary in PROTOCOLS.items()}
    if kind is Kind.MODELS:
        from genconv.models.registry import models  # noqa: PLC0415  JAX is imported late

        return {name: candidates[0].summary for name, candidates in models().items()}
    from genconv.data.registry import dataset_entries  # noqa: PLC0415  JAX is imported late

    return {name: entry.summary for name, entry in dataset_entries().items()}
