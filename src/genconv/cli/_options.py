"""Options that several commands share, and printing a metrics table in any format."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from genconv.errors import InputError, error_line, quoted

if TYPE_CHECKING:
    from rich.console import RenderableType

    from genconv.metrics.summary import Scalar
    from genconv.statistics.summary import CellEstimate
    from genconv.store.results import Results


class Format(StrEnum):
    """How a table is written."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How the table is written.")]
PathsArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH…",
        help="Run folders, imported cells, folders of both, or loss-curve JSON files.",
        show_default=False,
    ),
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="Folder of the runs; made if missing.")]
MuteOption = Annotated[bool, typer.Option("--mute", help="No progress display.")]
FreshOption = Annotated[
    bool, typer.Option("--fresh", help="Start over; what is there of this study is moved into a hidden folder.")
]
LogOption = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Add what happens to this file, a line each.", show_default=False),
]
CodeOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--code",
        metavar="FILE.py",
        help="Allow a file to be executed that a run names as its model or dataset (FILE.py:Name); "
        "repeat --code for each file.",
        show_default=False,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override, such as training.batch_size=512; several may follow, or repeat --set.",
        show_default=False,
    ),
]


T_contra = TypeVar("T_contra", contravariant=True)


class Tables(Protocol[T_contra]):
    """A module that writes something in every format."""

    def to_table(self, what: T_contra, /) -> "RenderableType":
        """For a terminal."""

    def to_markdown(self, what: T_contra, /) -> str:
        """For a document."""

    def to_csv(self, what: T_contra, /) -> str:
        """For a spreadsheet."""

    def to_json(self, what: T_contra, /) -> str:
        """For a program."""


def print_tables(tables: Tables[T_contra], output: Format, what: T_contra) -> None:
    """Write `what` to standard output."""
    if output is Format.TABLE:
        Console().print(tables.to_table(what))
        return
    write = {Format.MARKDOWN: tables.to_markdown, Format.CSV: tables.to_csv, Format.JSON: tables.to_json}[output]
    typer.echo(write(what), nl=False)


def print_rows(
    header: Sequence[str], rows: "Sequence[Sequence[Scalar]]", output: Format, table: Callable[[], Table], names: int
) -> None:
    """Write plain rows, the first `names` columns of which are names; `table` makes what a person sees."""
    from genconv.report.format import escape_markdown  # noqa: PLC0415
    from genconv.report.tables.writing import csv_text, json_text, markdown_table, records  # noqa: PLC0415

    fields = {name: itemgetter(place) for place, name in enumerate(header)}
    if output is Format.TABLE:
        Console().print(table())
    elif output is Format.MARKDOWN:
        cells = [["" if value is None else escape_markdown(str(value)) for value in row] for row in rows]
        typer.echo(markdown_table(header, cells, names), nl=False)
    else:
        text = csv_text(rows, fields) if output is Format.CSV else json_text(records(rows, fields))
        typer.echo(text, nl=False)


def print_summaries(estimates: Sequence["CellEstimate"]) -> None:
    """Write the metrics table alone, after training."""
    from genconv.report.tables import metrics  # noqa: PLC0415

    print_tables(metrics, Format.TABLE, estimates)


def print_estimates(estimates: Sequence["CellEstimate"], output: Format) -> None:
    """Write the metrics table, and for people the intervals below it."""
    from genconv.report.tables import intervals, metrics  # noqa: PLC0415

    print_tables(metrics, output, estimates)
    if output is Format.TABLE:
        Console().print(intervals.to_table(estimates))
    elif output is Format.MARKDOWN:
        typer.echo(f"\n{intervals.to_markdown(estimates)}", nl=False)


def tell_problems(results: "Results") -> int:
    """One line for each thing that was decided or could not be read; the exit code that follows from it."""
    for note in results.notes:
        typer.echo(f"genconv: note: {error_line(note)}", err=True)
    for problem in results.problems:
        typer.echo(f"genconv: error: {error_line(problem)}", err=True)
    return 1 if results.problems else 0


def check_code(paths: Sequence[Path], code: Sequence[Path]) -> None:
    """`InputError` for a `.py` file among the runs, and for files of `--code` that are not there."""
    if files := [path for path in paths if path.suffix == ".py" and not path.is_dir()]:
        options = " ".join(f"--code {file}" for file in (*code, *files))
        raise InputError(f"'{files[0]}' is no run but code: repeat --code for each file ({options})")
    if lost := [str(file) for file in code if not file.exists()]:
        raise InputError(f"--code: {quoted(lost)} {'does' if len(lost) == 1 else 'do'} not exist")
