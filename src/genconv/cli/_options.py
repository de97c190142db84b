"""Options that several commands share, and printing a metrics table in any format."""

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from genconv.cli._names import setting_names, study_names
from genconv.cli._told import tell
from genconv.errors import InputError, quoted

if TYPE_CHECKING:
    from genconv.metrics.summary import Scalar
    from genconv.statistics.summary import CellEstimate
    from genconv.store.results import Results


class Format(StrEnum):
    """How a table is written."""

    TABLE = "table"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="How the table is written; all but `table` hold all.")]
WideOption = Annotated[bool, typer.Option("--wide", help="Every column, however wide the terminal is.")]
PathsArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH…",
        help="Run folders, imported cells, folders of both, or loss-curve JSON files.",
        show_default=False,
    ),
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="Folder of the runs; made if missing.")]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no notes, only warnings.")]
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
StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A shipped study (genconv list studies) or a TOML file.",
        autocompletion=study_names,
        show_default=False,
    ),
]
SettingsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE…]",
        autocompletion=setting_names,
        help="Settings that override others, such as training.batch_size=512, lr=1e-3 or seeds=4.",
        show_default=False,
    ),
]


T_contra = TypeVar("T_contra", contravariant=True)


class Tables(Protocol[T_contra]):
    """A module that writes something in every format."""

    def to_table(self, what: T_contra, /, width: int | None) -> Text:
        """For a terminal of that width; of any, with every column, if it is None."""

    def to_markdown(self, what: T_contra, /) -> str:
        """For a document."""

    def to_csv(self, what: T_contra, /) -> str:
        """For a spreadsheet."""

    def to_json(self, what: T_contra, /) -> str:
        """For a program."""


def print_text(text: Text) -> None:
    """Write what has its line breaks already to standard output."""
    Console().print(text, soft_wrap=True, highlight=False)


def room(*, wide: bool = False) -> int | None:
    """Cells of a line of the terminal; None for as many as there are columns."""
    return None if wide else Console().width


def room_of_lines() -> int | None:
    """The same for lines that other programs search too: None where no terminal shows them and none was set."""
    return room() if sys.stdout.isatty() or "COLUMNS" in os.environ else None


def print_tables(tables: Tables[T_contra], output: Format, what: T_contra, *, wide: bool = False) -> None:
    """Write `what` to standard output."""
    if output is Format.TABLE:
        print_text(tables.to_table(what, room(wide=wide)))
        return
    write = {Format.MARKDOWN: tables.to_markdown, Format.CSV: tables.to_csv, Format.JSON: tables.to_json}[output]
    typer.echo(write(what), nl=False)


def print_rows(
    header: Sequence[str], rows: "Sequence[Sequence[Scalar]]", output: Format, table: Callable[[], Text], names: int
) -> None:
    """Write plain rows, the first `names` columns of which are names; `table` makes what a person sees."""
    from genconv.report.format import escape_markdown  # noqa: PLC0415
    from genconv.report.tables.writing import csv_text, json_text, markdown_table, records  # noqa: PLC0415

    fields = {name: itemgetter(place) for place, name in enumerate(header)}
    if output is Format.TABLE:
        print_text(table())
    elif output is Format.MARKDOWN:
        cells = [["" if value is None else escape_markdown(str(value)) for value in row] for row in rows]
        typer.echo(markdown_table(header, cells, names), nl=False)
    else:
        text = csv_text(rows, fields) if output is Format.CSV else json_text(records(rows, fields))
        typer.echo(text, nl=False)


def columns_text(
    header: Sequence[str], rows: Sequence[Sequence[str]], labels: int, width: int | None, how: str = "--wide"
) -> Text:
    """Texts as a table, the columns to the left first; names the columns that do not fit, and `how` they are seen."""
    from genconv.report.tables.fitting import Column, fitted, further, joined  # noqa: PLC0415

    texts = [[row[place] for row in rows] for place in range(len(header))]
    columns = [
        Column(name, column, label=place < labels)
        for place, (name, column) in enumerate(zip(header, texts, strict=True))
    ]
    table = fitted(columns, width)
    return joined([table.text, further(table.omitted, width, how)]) if table.omitted else table.text


def print_trained(estimates: Sequence["CellEstimate"], output: Path) -> None:
    """Write the table of metrics of runs that lie in the folder `output`."""
    from genconv.report.tables import metrics  # noqa: PLC0415

    how = shlex.join(["genconv", "metrics", str(output), "--wide"])
    print_text(metrics.to_table(estimates, room(), how))


def print_estimates(estimates: Sequence["CellEstimate"], output: Format = Format.TABLE, *, wide: bool = False) -> None:
    """Write the table of metrics."""
    from genconv.report.tables import metrics  # noqa: PLC0415

    print_tables(metrics, output, estimates, wide=wide)


def tell_problems(results: "Results", *, quiet: bool = False, told: bool = False) -> int:
    """One line for each thing that was decided (unless quiet) or could not be read; the exit code that follows.

    Runs that are in no number are among the lines unless they were `told` below a table.
    """
    from genconv.store.uncounted import lines  # noqa: PLC0415

    left_out = () if told else (f"in no number: {line}" for line in lines(results.uncounted))
    for note in () if quiet else (*results.notes, *left_out):
        tell("note", note)
    for problem in results.problems:
        tell("error", problem)
    return 1 if results.problems or not results.cells else 0


def print_uncounted(results: "Results", output: Format = Format.TABLE, *, wide: bool = False) -> bool:
    """Below a table, which runs are in no number, and why; False in formats for programs, which have counts alone."""
    from genconv.report.tables import uncounted  # noqa: PLC0415

    if output not in (Format.MARKDOWN, Format.TABLE):
        return False
    if output is Format.MARKDOWN:
        typer.echo(uncounted.to_markdown(results.uncounted), nl=False)
    elif text := uncounted.to_table(results.uncounted, room(wide=wide)):
        print_text(text)
    return True


def tell_collapse(results: "Results", *, quiet: bool = False) -> None:
    """A line for each cell with latent variables that say nothing, unless quiet."""
    from genconv.store.collapse import collapse_sentences  # noqa: PLC0415

    for sentence in () if quiet else collapse_sentences(results.cells):
        tell("note", sentence)


def check_code(paths: Sequence[Path], code: Sequence[Path]) -> None:
    """`InputError` for a `.py` file among the runs, and for files of `--code` that are not there."""
    if files := [path for path in paths if path.suffix == ".py" and not path.is_dir()]:
        options = " ".join(f"--code {file}" for file in (*code, *files))
        raise InputError(f"'{files[0]}' is no run but code: repeat --code for each file ({options})")
    if lost := [str(file) for file in code if not file.exists()]:
        raise InputError(f"--code: {quoted(lost)} {'does' if len(lost) == 1 else 'do'} not exist")
