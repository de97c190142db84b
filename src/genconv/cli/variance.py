"""`genconv variance`: which stream of random numbers brings how much of the spread."""

from typing import Annotated

import typer

from genconv.cli._choice import DatasetOption, GroupByOption, ModelOption, StudyOption, UntilOption, WhereOption, read
from genconv.cli._options import Format, FormatOption, PathsArgument, WideOption, print_tables, tell_problems


def variance(
    paths: PathsArgument,
    metric: Annotated[
        str | None,
        typer.Option("--metric", metavar="M", help="Metric (default: as in compare).", show_default=False),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Confidence of intervals.")] = 0.95,
    models: ModelOption = None,
    datasets: DatasetOption = None,
    study: StudyOption = None,
    where: WhereOption = None,
    group_by: GroupByOption = None,
    until: UntilOption = None,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
) -> int:
    """How much of the spread each stream of random numbers brings: init, order, noise, data, and the chaos."""
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import variance as tables  # noqa: PLC0415

    results = read(paths, models, datasets, study, where, group_by, until)
    print_tables(tables, output, api.variance(results, metric, level=level), wide=wide)
    return tell_problems(results)
