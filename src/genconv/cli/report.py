"""Commands that read finished runs: `metrics`, `plot`, `report`."""

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from genconv.cli._choice import CutChoice, read
from genconv.cli._grouped import grouped
from genconv.cli._options import (
    Format,
    FormatOption,
    PathsArgument,
    WideOption,
    print_estimates,
    print_uncounted,
    tell_collapse,
    tell_problems,
)

SeedsOption = Annotated[
    str | None,
    typer.Option("--seeds", help="Pictures of images: of seeds such as 0,3,7..9; else the median.", show_default=False),
]
EpochsOption = Annotated[
    str | None,
    typer.Option("--epochs", help="Pictures of images: after epochs such as 0,7; else all kept.", show_default=False),
]


ThresholdOption = Annotated[
    float | None,
    typer.Option("--threshold", metavar="LOSS", help="Time until a run has this loss; by default from the data."),
]


class Kind(StrEnum):
    """Kinds of figures."""

    CURVES = "curves"
    METRICS = "metrics"
    GAP = "gap"
    SURVIVAL = "survival"
    FOREST = "forest"
    IMPROVEMENT = "improvement"
    STABILITY = "stability"
    EARLY = "early"
    SAMPLES = "samples"
    VARIANCE = "variance"
    TWINS = "twins"
    WARNING = "warning"
    PROFILE = "profile"
    RANKS = "ranks"


class Style(StrEnum):
    """What figures are made for."""

    PAPER = "paper"
    SLIDES = "slides"


class Axis(StrEnum):
    """What the curves of a quantity are drawn over."""

    EPOCHS = "epochs"
    STEPS = "steps"


class Mode(StrEnum):
    """How metrics treat runs that diverged."""

    CORRECTED = "corrected"
    PUBLISHED = "published"


class IntervalMethod(StrEnum):
    """How the interval of a mean is computed."""

    T = "t"
    PERCENTILE = "percentile"
    BASIC = "basic"
    BCA = "bca"


@grouped
def metrics(
    paths: PathsArgument,
    mode: Annotated[
        Mode, typer.Option(help="`corrected` counts diverged runs, `published` does as the study did.")
    ] = Mode.CORRECTED,
    quantity: Annotated[
        str | None,
        typer.Option("--quantity", metavar="Q", help="Of this recorded quantity, such as training.gradient_norm."),
    ] = None,
    added: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="FILE.py:Name",
            help="A metric of your own, or epochs_to_final:0.1, besides the known ones; repeat, or use commas.",
        ),
    ] = None,
    interval: Annotated[
        IntervalMethod, typer.Option(help="Intervals of means: Student t, or a bootstrap (needs 20 seeds).")
    ] = IntervalMethod.T,
    threshold: ThresholdOption = None,
    level: Annotated[float, typer.Option("--level", help="Confidence of every interval.")] = 0.95,
    output: FormatOption = Format.TABLE,
    wide: WideOption = False,
    *,
    choice: CutChoice,
) -> int:
    """Convergence metrics of every cell, each with its interval."""
    from genconv import api  # noqa: PLC0415

    results = read(paths, choice)
    added = [*(added or ()), *([] if threshold is None else [f"epochs_to:{threshold:.12g}"])]
    estimates = api.summarise(
        results, mode.value, quantity=quantity, metric=added, interval=interval.value, level=level
    )
    print_estimates(estimates, output, wide=wide)
    told = print_uncounted(results, output, wide=wide)
    tell_collapse(results, quiet=choice.quiet)
    return tell_problems(results, quiet=choice.quiet, told=told)


@grouped
def plot(
    paths: PathsArgument,
    folder: Annotated[Path, typer.Option("-o", "--output", help="Folder for the figures.")] = Path("figures"),
    seeds: SeedsOption = None,
    epochs: EpochsOption = None,
    kinds: Annotated[
        list[Kind] | None, typer.Option("--kind", help="Only these; repeat it. All that apply if left out.")
    ] = None,
    quantities: Annotated[
        list[str] | None,
        typer.Option(
            "--quantity", metavar="Q", help="Curves of this recorded quantity, such as validation.kl; repeat it."
        ),
    ] = None,
    over: Annotated[Axis, typer.Option("--over", help="What they are drawn over.")] = Axis.EPOCHS,
    style: Annotated[Style, typer.Option(help="`slides`: larger type, thicker lines, fewer panels.")] = Style.PAPER,
    width: Annotated[float | None, typer.Option("--width", metavar="MM", help="Width in millimetres.")] = None,
    height: Annotated[float | None, typer.Option("--height", metavar="MM", help="Height in millimetres.")] = None,
    log_x: Annotated[bool, typer.Option("--log-x", help="Epochs or steps on a logarithmic axis.")] = False,
    log_y: Annotated[
        bool, typer.Option("--log-y", help="Losses of curves on a logarithmic axis: above the entropy where known.")
    ] = False,
    threshold: ThresholdOption = None,
    *,
    choice: CutChoice,
) -> int:
    """Figures as PNG, SVG and PDF, each with its caption: curves, statistics, densities, pictures (these also GIF)."""
    from genconv import api  # noqa: PLC0415
    from genconv.store.dependence import without_dependence  # noqa: PLC0415

    chosen = _seeds(seeds), _epochs(epochs)
    results = read(paths, choice)
    named = None if kinds is None else [kind.value for kind in kinds]
    figures = api.plot(
        results,
        folder,
        seeds=chosen[0],
        epochs=chosen[1],
        kinds=named,
        quantities=quantities or (),
        over=over.value,
        style=style.value,
        width=width,
        height=height,
        threshold=threshold,
        log_x=log_x,
        log_y=log_y,
    )
    for path in figures.paths:
        typer.echo(path)
    for line in () if choice.quiet else figures.silent:
        typer.echo(f"genconv: note: {line}", err=True)
    of_designs = bool(kinds) and set(kinds or ()) <= {Kind.VARIANCE, Kind.TWINS}
    return tell_problems(without_dependence(results) if of_designs else results, quiet=choice.quiet)


@grouped
def report(
    paths: PathsArgument,
    file: Annotated[Path, typer.Option("-o", "--output", metavar="FILE.html", help="The page.")] = Path("report.html"),
    seeds: SeedsOption = None,
    epochs: EpochsOption = None,
    threshold: ThresholdOption = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Its heading.")] = "Convergence",
    *,
    choice: CutChoice,
) -> int:
    """One self-contained HTML page that works offline."""
    from genconv import api  # noqa: PLC0415

    chosen = _seeds(seeds), _epochs(epochs)
    results = read(paths, choice)
    command = shlex.join(["genconv", *sys.argv[1:]])
    page = api.write_report(
        results, file, title=title, command=command, seeds=chosen[0], epochs=chosen[1], threshold=threshold
    )
    typer.echo(page)
    return tell_problems(results, quiet=choice.quiet)


def _seeds(text: str | None) -> tuple[int, ...] | None:
    from genconv.config.seeds import parse_seeds  # noqa: PLC0415

    return None if text is None else parse_seeds(text)


def _epochs(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    from genconv.report.choice import parse_epochs  # noqa: PLC0415  slow: with the figures

    return parse_epochs(text)
