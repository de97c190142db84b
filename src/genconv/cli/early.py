"""`genconv early`: how well gradient norms and the like foretell, early in training, which runs diverge."""

from typing import Annotated

import typer

from genconv.cli._choice import Choice, read
from genconv.cli._grouped import grouped
from genconv.cli._options import Format, FormatOption, PathsArgument, WideOption, print_tables, tell_problems
from genconv.errors import InputError, shown


@grouped
def early(
    paths: PathsArgument,
    after: Annotated[
        str, typer.Option("--after", metavar="P,…", help="Look after these percents of the training.")
    ] = "1,2,5",
    level: Annotated[float, typer.Option("--level", help="Confidence of intervals.")] = 0.95,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    choice: Choice,
) -> int:
    """How well does what is recorded early foretell which runs diverge? Areas under the ROC curve."""
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import early as tables  # noqa: PLC0415

    percents = _percents(after)
    results = read(paths, choice)
    print_tables(tables, output, api.early_warning(results, percents, level=level), wide=wide)
    return tell_problems(results, quiet=choice.quiet)


def _percents(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--after {shown(text)}: must be percents such as 1,2,5") from None
