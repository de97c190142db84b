"""`genconv sensitivity`: the loss over the learning rate, and where runs begin to diverge."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genconv.cli._choice import CutChoice, read
from genconv.cli._grouped import grouped
from genconv.cli._options import (
    Format,
    FormatOption,
    PathsArgument,
    WideOption,
    columns_text,
    print_rows,
    print_text,
    room,
    tell_problems,
)

if TYPE_CHECKING:
    from genconv.statistics.rate_sensitivity import RateSensitivity


@grouped
def sensitivity(
    paths: PathsArgument,
    by_rate: Annotated[bool, typer.Option("--by-rate", help="A row a rate: loss and diverged runs.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="For a figure a dataset.", show_default=False),
    ] = None,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    choice: CutChoice,
) -> int:
    """How much a wrong learning rate costs each model, and the rate at which 5 % of the runs diverge."""
    from genconv.report.tables import sensitivity as tables  # noqa: PLC0415
    from genconv.report.tables.fitting import prose  # noqa: PLC0415
    from genconv.statistics.rate_sensitivity import rate_sensitivities  # noqa: PLC0415

    results = read(paths, choice)
    found = rate_sensitivities(results.cells)
    width = room(wide=wide)
    if by_rate:
        rows = tables.rate_rows(found)
        texts = [[_short(value) for value in row] for row in rows]
        print_rows(tables.RATE_COLUMNS, rows, output, lambda: columns_text(tables.RATE_COLUMNS, texts, 2, width), 2)
    else:
        rows, texts = tables.rows(found), tables.view(found)
        header = tables.HEADER if output is Format.TABLE else tables.COLUMNS
        print_rows(header, rows, output, lambda: columns_text(tables.HEADER, texts, 2, width), 2)
        if output is Format.TABLE:
            typer.echo("")
            print_text(prose(tables.CAPTION, width, style="dim"))
    if folder is not None:
        _draw(found, folder)
    return tell_problems(results, quiet=choice.quiet)


def _draw(found: "Sequence[RateSensitivity]", folder: Path) -> None:
    from genconv.report.figures.saving import save_all  # noqa: PLC0415
    from genconv.report.figures.sensitivity import sensitivity_figure  # noqa: PLC0415
    from genconv.report.labels import file_names  # noqa: PLC0415

    datasets = {name: list(group) for name, group in groupby(found, key=lambda one: one.dataset)}
    stems = file_names(list(datasets))
    figures = {f"sensitivity-{stems[name]}": sensitivity_figure(group) for name, group in datasets.items()}
    for path in save_all(figures, {}, folder):
        typer.echo(path)


def _short(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
