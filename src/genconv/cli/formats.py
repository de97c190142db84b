"""Options that several commands share, and printing a metrics table in any format."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from genconv.metrics.cell import CellSummary
    from genconv.store.collection import Collection


class Format(StrEnum):
    """How a table is written."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How the table is written.")]
PathsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PATH…", help="Run folders, folders of runs, or loss-curve JSON files.", show_default=False),
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="Folder of the runs; made if missing.")]
MuteOption = Annotated[bool, typer.Option("--mute", help="No progress display.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override, such as training.batch_size=512; several may follow, or repeat --set.",
        show_default=False,
    ),
]


def print_summaries(summaries: Sequence["CellSummary"], output: Format) -> None:
    """Write the metrics table to standard output."""
    from genconv.report import tables  # noqa: PLC0415

    if output is Format.TABLE:
        Console().print(tables.to_table(summaries))
        return
    write = {Format.MARKDOWN: tables.to_markdown, Format.CSV: tables.to_csv, Format.JSON: tables.to_json}[output]
    typer.echo(write(summaries), nl=False)


def tell_problems(collection: "Collection") -> int:
    """One line for each thing that could not be read; the exit code that follows from it."""
    for problem in collection.problems:
        typer.echo(f"genconv: error: {problem}", err=True)
    return 1 if collection.problems else 0
