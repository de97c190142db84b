"""Conclude from finished runs: metrics, comparisons, plans, figures and the page."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np

from genconv.api.given import check_one_metric, metric_names, on_results
from genconv.errors import InputError, unknown_name
from genconv.metrics.summary import Mode
from genconv.store.results import Results

if TYPE_CHECKING:
    from genconv.api.shown import Estimates, Figures, Plans, ShownComparisons
    from genconv.report.figures.style import Style
    from genconv.statistics.compare import ComparisonResult
    from genconv.statistics.quantity import Axis
    from genconv.statistics.summary import IntervalMethod
    from genconv.statistics.variance_shares import CellShares

_FAR = np.errstate(over="ignore", invalid="ignore")
"""Losses near the largest number there is have an infinite sum, which is what is shown; no word on it from NumPy."""


@on_results
@_FAR
def summarise(
    results: Results,
    mode: Mode = "corrected",
    *,
    quantity: str | None = None,
    metric: str | Sequence[str] = (),
    interval: "IntervalMethod" = "t",
    level: float = 0.95,
) -> "Estimates":
    """Sum up each cell: its metrics over runs, and every mean, median and rate with its interval.

    Args:
        results: What `load` or `train` returned.
        mode: `corrected` leaves diverged runs out of means and counts them; `published` does as the study did.
        quantity: Compute the metrics of this recorded quantity, such as `training.gradient_norm`; None for the
            validation loss. Cells that did not record it are left out.
        metric: A further metric besides those that are known, or a list: names such as `epochs_to:2.95`, or
            `FILE.py:Name`.
        interval: Of means: `t` (Student), or a bootstrap (`percentile`, `basic`, `bca`), which warns below 20 runs.
        level: Confidence of every interval, from 0.5 to below 1.

    Returns:
        One row a cell, of each dataset and protocol the lowest median final loss first, as on the page; without numbers
        for a cell of which no run counts. A notebook shows them as a table.

    Raises:
        InputError: For an unknown mode, quantity, metric or interval, or a level that is not allowed.

    """
    from genconv.api.shown import Estimates  # noqa: PLC0415
    from genconv.metrics.registry import metric_named  # noqa: PLC0415
    from genconv.metrics.registry import metrics as known  # noqa: PLC0415
    from genconv.report.order import best_first  # noqa: PLC0415
    from genconv.statistics.quantity import on_quantity  # noqa: PLC0415
    from genconv.statistics.summary import estimate, without_numbers  # noqa: PLC0415  scipy.stats is imported late

    if mode not in get_args(Mode):
        raise unknown_name("mode", mode, get_args(Mode))
    added = [one for name in metric_names(metric) if (one := metric_named(name)).name not in known()]
    cells = results.curves if quantity is None else on_quantity(results.cells, quantity)
    datasets = list(dict.fromkeys(one.dataset for one in cells))
    cells = sorted(cells, key=lambda one: (datasets.index(one.dataset), one.protocol, best_first(one)))
    rows = [estimate(curves, mode, interval, level, added=added) for curves in cells]
    return Estimates([*rows, *without_numbers(results.uncounted, results.curves, mode, level)])


@on_results
@_FAR
def compare(
    results: Results,
    metric: str | Sequence[str] | None = None,
    *,
    baseline: str | None = None,
    level: float = 0.95,
    generator: np.random.Generator | None = None,
) -> "ShownComparisons":
    """Compare every two cells of a dataset, or each with a baseline; p is adjusted over the whole call.

    Args:
        results: What `load` or `train` returned.
        metric: The name of a metric, or a list of names. None for the best held-out estimate (`test_nll`) of every
            dataset of which each cell has one, and `last` for the others.
        baseline: A model, or a cell's label.
        level: Confidence of intervals; 1 − level is the chance of a false verdict over the call.
        generator: Serves whatever is resampled; by default one of seed 0, so that the same cells give the same digits.

    Returns:
        The comparisons with their verdicts.

    Raises:
        InputError: For an unknown metric or baseline, a level that is not allowed, and if there is nothing to compare.

    """
    from genconv.api.shown import ShownComparisons  # noqa: PLC0415  scipy.stats is imported late
    from genconv.statistics.compare import compare_cells  # noqa: PLC0415

    names = None if metric is None else metric_names(metric) or None
    return ShownComparisons.of(compare_cells(results.cells, names, baseline, level, generator))


def sentence(result: "ComparisonResult") -> str:
    """Put a comparison in words: what was found, and what does not follow from it.

    Args:
        result: One of `compare(…).results`.

    Returns:
        One to five sentences, such as `flow's NLL is below lvae's bound (IWAE, k = 64) by 0.17 nats [0.12, 0.22],
        P = 0.98, n = 10 each. lvae's own NLL may be lower.`

    """
    from genconv.report.sentences import verdict_sentence  # noqa: PLC0415  scipy.stats is imported late

    return verdict_sentence(result)


@on_results
@_FAR
def plan(
    results: Results,
    metric: str,
    *,
    difference: float | None = None,
    effect: float | None = None,
    probability: float | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    comparisons: int | None = None,
) -> "Plans":
    """How many seeds a comparison needs, with the runs at hand as a pilot.

    Args:
        results: The pilot.
        metric: What will be compared.
        difference: Detect this difference of means, in the metric's unit.
        effect: Or this many standard deviations.
        probability: Or this chance that a run of A is lower than one of B.
        power: The chance to detect it.
        alpha: The chance of any false verdict among all comparisons, two-sided.
        comparisons: How many there will be, over which p is adjusted; None for every two of these cells on a dataset,
            as `compare` makes them, and 1 for a single cell.

    Returns:
        One plan a pair of cells.

    Raises:
        InputError: Unless one of difference, effect and probability is given, and for values that are not allowed.

    """
    from genconv.api.shown import Plans  # noqa: PLC0415
    from genconv.statistics.plan import Target, plan_cells  # noqa: PLC0415  scipy.stats is imported late

    check_one_metric(metric)
    target = Target(difference, effect, probability, power, alpha, comparisons)
    return Plans(plan_cells(results.cells, metric, target))


@on_results
@_FAR
def variance(results: Results, metric: str | None = None, *, level: float = 0.95) -> "list[CellShares]":
    """How much of the spread over the runs of each cell comes from which stream of random numbers.

        y = μ + I_init + O_order + N_noise + D_data + interactions + ε

    with random effects; the share of a stream is its variance over the sum of all variances.

    Args:
        results: What `load` or `train` returned; cells whose runs do not differ in streams on record are left out.
        metric: The number of a run; None for the metric of comparisons.
        level: Confidence of every interval.

    Returns:
        For each cell the shares given survival and, if some runs diverged, those of the chance to diverge.

    Raises:
        InputError: For an unknown metric or a level that is not allowed, and if no cell has such runs.

    """
    from genconv.statistics.variance_shares import variance_shares  # noqa: PLC0415

    check_one_metric(metric)
    return variance_shares(results.cells, metric, level=level)


@on_results
@_FAR
def plot(  # noqa: PLR0913  a figure has many choices
    results: Results,
    folder: str | Path | None = None,
    *,
    kinds: Sequence[str] | None = None,
    quantities: Sequence[str] = (),
    over: "Axis" = "epochs",
    seeds: Sequence[int] | None = None,
    epochs: Sequence[int] | None = None,
    style: "Style" = "paper",
    width: float | None = None,
    height: float | None = None,
    threshold: float | None = None,
    log_x: bool = False,
    log_y: bool = False,
) -> "Figures":
    """Draw figures; with a folder, write them as PNG, SVG and PDF, animations as GIF, and captions as `captions.md`.

    Args:
        results: What `load` or `train` returned.
        folder: Where the files go; None to write none.
        kinds: Some of `genconv.report.figures.catalogue.KINDS`; None for all that the results can fill.
        quantities: Recorded quantities whose curves are drawn, such as `validation.kl`. With them alone, no other
            figure is drawn.
        over: The horizontal axis of these: `epochs`, or `steps` of the optimizer.
        seeds: Of pictures of images: which seeds; None for the median one.
        epochs: Of pictures of images: which epochs; None for all that were kept.
        style: `paper`, or `slides` (larger type, thicker lines, fewer panels).
        width: In millimetres; None for what the figure needs.
        height: In millimetres; None for what the figure needs.
        threshold: The loss that counts as reached in the figure of survival; None for what follows from the data.
        log_x: Put epochs and steps of curves, survival and divergence on a logarithmic axis.
        log_y: Put losses of curves on a logarithmic axis: above the entropy where it is known.

    Returns:
        Matplotlib figures by name, each with its `caption`, which a notebook shows inline; `paths` are the files,
        and `silent` says why a kind that was named has no figure.

    Raises:
        InputError: For an unknown kind, quantity, seed, epoch or style, and a size that is not allowed.
        WorkError: If a file cannot be written.

    """
    from genconv.api.shown import Figures  # noqa: PLC0415
    from genconv.report.choice import choice_of  # noqa: PLC0415
    from genconv.report.figures import catalogue, quantity, saving  # noqa: PLC0415  matplotlib is imported late
    from genconv.report.figures.style import Size  # noqa: PLC0415
    from genconv.statistics.thresholds import checked  # noqa: PLC0415

    choice, size = choice_of(seeds, epochs), Size(style, width, height, log_x, log_y)
    kinds = () if kinds is None and quantities else kinds
    stills = catalogue.figures_of(results, choice, kinds, size, checked(threshold)) if kinds is None or kinds else {}
    stills |= quantity.quantity_figures(results, quantities, size, over)
    figures = Figures(stills)
    figures.silent = tuple(catalogue.silences_of(results, kinds or (), stills))
    if folder is not None:
        moving = catalogue.animations_of(results, choice) if kinds is None or "samples" in kinds else {}
        figures.paths = tuple(saving.save_all(stills, moving, Path(folder)))
    return figures


@on_results
@_FAR
def write_report(
    results: Results,
    file: str | Path,
    *,
    title: str = "Convergence",
    description: str = "",
    command: str | None = None,
    seeds: Sequence[int] | None = None,
    epochs: Sequence[int] | None = None,
    threshold: float | None = None,
) -> Path:
    """Write one self-contained HTML page, which opens offline.

    Args:
        results: What `load` or `train` returned.
        file: The page.
        title: Its heading.
        description: Below the heading, what the runs are for.
        command: What was called, printed at the end; None for nothing.
        seeds: Of pictures of images, as in `plot`.
        epochs: Of pictures of images, as in `plot`.
        threshold: As in `plot`.

    Returns:
        The path of the page.

    Raises:
        InputError: For an unknown seed or epoch of pictures, and for a title without a character.
        WorkError: If the page cannot be written.

    """
    from genconv.report.choice import choice_of  # noqa: PLC0415
    from genconv.report.page.build import build_page, write_page  # noqa: PLC0415  matplotlib is imported late
    from genconv.statistics.thresholds import checked  # noqa: PLC0415

    choice = choice_of(seeds, epochs)
    if not title.strip():
        raise InputError(f"title = {title!r}: must have a character to show")
    page = build_page(results, title, command, choice, checked(threshold), description=description)
    return write_page(Path(file), page)
