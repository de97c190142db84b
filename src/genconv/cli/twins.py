"""`genconv twins`: what one flipped bit does."""

from typing import Annotated

import typer

from genconv.cli._choice import CutChoice, read
from genconv.cli._grouped import grouped
from genconv.cli._options import Format, FormatOption, PathsArgument, WideOption, print_tables, tell_problems


@grouped
def twins(
    paths: PathsArgument,
    level: Annotated[float, typer.Option("--level", help="Confidence of the share of chaos.")] = 0.95,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    choice: CutChoice,
) -> int:
    """What one flipped bit does: how far twins part, when, and against the spread over seeds."""
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import twins as tables  # noqa: PLC0415
    from genconv.store.dependence import without_dependence  # noqa: PLC0415

    results = read(paths, choice)
    print_tables(tables, output, api.twins(results, level=level), wide=wide)
    return tell_problems(without_dependence(results), quiet=choice.quiet)
