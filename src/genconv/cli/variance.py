"""`genconv variance`: which stream of random numbers brings how much of the spread."""

from typing import Annotated

import typer

from genconv.cli._choice import CutChoice, read
from genconv.cli._grouped import grouped
from genconv.cli._names import metric_names
from genconv.cli._options import Format, FormatOption, PathsArgument, WideOption, print_tables, tell_problems


@grouped
def variance(
    paths: PathsArgument,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="M",
            autocompletion=metric_names,
            help="Metric (default: as in compare).",
            show_default=False,
        ),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Confidence of intervals.")] = 0.95,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    choice: CutChoice,
) -> int:
    """How much of the spread each stream of random numbers brings: init, order, noise, data, and the chaos."""
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import variance as tables  # noqa: PLC0415
    from genconv.store.dependence import without_dependence  # noqa: PLC0415

    results = read(paths, choice)
    print_tables(tables, output, api.variance(results, metric, level=level), wide=wide)
    return tell_problems(without_dependence(results), quiet=choice.quiet)
