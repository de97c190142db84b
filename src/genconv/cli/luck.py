"""`genconv luck`: whether a lucky seed is better on data that it has not seen."""

from typing import Annotated

import typer

from genconv.cli._choice import Choice, read
from genconv.cli._grouped import grouped
from genconv.cli._options import (
    CodeOption,
    Format,
    FormatOption,
    PathsArgument,
    WideOption,
    check_code,
    print_tables,
    tell_problems,
)


@grouped
def luck(
    paths: PathsArgument,
    fresh: Annotated[
        int | None,
        typer.Option("--fresh", metavar="N", help="Draw N fresh points of a toy density; the stored weights see them."),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Confidence of intervals.")] = 0.95,
    code: CodeOption = None,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    choice: Choice,
) -> int:
    """Is the lucky seed really better? Halves of held-out data, over the seeds of each cell."""
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import luck as tables  # noqa: PLC0415

    check_code(paths, code or ())
    results = read(paths, choice)
    print_tables(tables, output, api.luck(results, fresh=fresh, level=level, code=code or ()), wide=wide)
    return tell_problems(results, quiet=choice.quiet)
