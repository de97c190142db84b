"""Commands that conclude from finished runs: `compare` and `plan`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._choice import CutChoice, read, words
from genconv.cli._grouped import grouped
from genconv.cli._names import metric_names
from genconv.cli._options import (
    Format,
    FormatOption,
    PathsArgument,
    WideOption,
    print_tables,
    print_uncounted,
    tell_collapse,
    tell_problems,
)
from genconv.cli._told import tell
from genconv.errors import InputError

MetricsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metric",
        metavar="M",
        autocompletion=metric_names,
        help="Metric to compare (default: test_nll; last of losses and where a cell lacks it); repeat, or use commas.",
    ),
]


@grouped
def compare(
    paths: PathsArgument,
    metrics: MetricsOption = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="MODEL", help="Compare each with this one, not all pairs.")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Confidence of intervals; 1 - level is alpha.")] = 0.95,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    choice: CutChoice,
) -> int:
    """Which model converges lower, by how much, how surely."""
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import comparisons, looks  # noqa: PLC0415

    results = read(paths, choice)
    print_tables(comparisons, output, api.compare(results, metrics, baseline=baseline, level=level), wide=wide)
    told = print_uncounted(results, output, wide=wide)
    tell_collapse(results, quiet=choice.quiet)
    if looked := looks.note(results.looks):
        tell("note", looked)
    return tell_problems(results, quiet=choice.quiet, told=told)


@dataclass(frozen=True)
class ShareOptions:
    """Options of plans for shares of the variance."""

    variance: Annotated[
        bool, typer.Option("--variance", help="Plan a design for shares of the variance, instead of a comparison.")
    ] = False
    width: Annotated[
        float, typer.Option("--width", metavar="W", help="--variance: mean width of the intervals that is wanted.")
    ] = 0.3
    layout: Annotated[str, typer.Option("--layout", help="--variance: latin, factorial or twins.")] = "latin"
    streams: Annotated[str, typer.Option("--streams", metavar="S,…", help="--variance: streams that vary.")] = (
        "init,order,noise"
    )
    twins: Annotated[int | None, typer.Option("--twins", metavar="N", help="--variance: runs at each combination.")] = (
        None
    )
    share: Annotated[
        float | None,
        typer.Option("--share", metavar="P", help="--variance: true share of each stream (default: equal shares)."),
    ] = None


def _plan_variance(
    paths: Sequence[Path], metric: str | None, shares: ShareOptions, output: Format, *, wide: bool
) -> int:
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import variance_plans  # noqa: PLC0415

    pilot = api.load(paths) if paths else None
    streams = words([shares.streams])
    found = api.plan_variance(
        shares.width,
        layout=shares.layout,
        streams=streams,
        twins=shares.twins,
        share=shares.share,
        pilot=pilot,
        metric=metric,
    )
    print_tables(variance_plans, output, found, wide=wide)
    return 0 if pilot is None else tell_problems(pilot)


@grouped
def plan(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…", help="Runs of a pilot; with --variance they may be left out.", show_default=False
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric", metavar="M", autocompletion=metric_names, help="Metric to plan for.", show_default=False
        ),
    ] = None,
    difference: Annotated[
        float | None, typer.Option("--difference", metavar="D", help="Detect this difference of means.")
    ] = None,
    effect: Annotated[
        float | None, typer.Option("--effect", metavar="d", help="Detect this many standard deviations.")
    ] = None,
    probability: Annotated[
        float | None, typer.Option("--probability", metavar="P", help="Detect this chance that A beats B.")
    ] = None,
    power: Annotated[float, typer.Option("--power", help="Chance to detect it.")] = 0.8,
    alpha: Annotated[float, typer.Option("--alpha", help="Chance of a false verdict among all, two-sided.")] = 0.05,
    comparisons: Annotated[
        int | None, typer.Option("--comparisons", metavar="N", help="Comparisons in all (default: every two cells).")
    ] = None,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    shares: ShareOptions,
) -> int:
    """How many seeds it takes, with the runs at hand as a pilot; with --variance, how many levels of a design."""
    from genconv import api  # noqa: PLC0415
    from genconv.report.tables import plans  # noqa: PLC0415

    if shares.variance:
        return _plan_variance(paths or (), metric, shares, output, wide=wide)
    if not paths or metric is None:
        from genconv.metrics.registry import metrics  # noqa: PLC0415

        known = f"Missing option '--metric': last is most often planned for; known are {', '.join(sorted(metrics()))}"
        raise InputError(known if paths else "Missing argument 'PATH…'.")
    results = api.load(paths)
    found = api.plan(
        results,
        metric,
        difference=difference,
        effect=effect,
        probability=probability,
        power=power,
        alpha=alpha,
        comparisons=comparisons,
    )
    print_tables(plans, output, found, wide=wide)
    return tell_problems(results, told=print_uncounted(results, output, wide=wide))
