"""What the seed decides: shares of the spread, luck, twins, and why a run died."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genconv.api.given import check_one_metric, check_results, on_results
from genconv.errors import InputError
from genconv.store.results import Results

if TYPE_CHECKING:
    from genconv.experiment.observer import Observer
    from genconv.experiment.replay.replay import Replay
    from genconv.statistics.early_warning import Warned
    from genconv.statistics.luck_cells import CellLuck
    from genconv.statistics.twins import Twins
    from genconv.statistics.variance_plan import VariancePlan


def plan_variance(
    width: float,
    *,
    layout: str = "latin",
    streams: Sequence[str] = ("init", "order", "noise"),
    twins: int | None = None,
    share: float | None = None,
    pilot: Results | None = None,
    metric: str | None = None,
    level: float = 0.95,
) -> "list[VariancePlan]":
    """How many levels a design needs, so that the intervals of the shares are on average at most so wide.

    Args:
        width: Of the intervals, from 0 to 1.
        layout: `latin`, `factorial` or `twins`.
        streams: Which vary.
        twins: Runs at each combination; None for 2 of `twins`, else 1.
        share: The true share of each stream that is assumed; None for equal shares of streams and chaos.
        pilot: Runs of a design whose estimated shares are assumed instead.
        metric: The number of a run of the pilot; None for the metric of comparisons.
        level: Confidence of the intervals.

    Returns:
        A plan, or one for each cell of the pilot: the design that is enough, and every one that was simulated.

    Raises:
        InputError: For a width, share or design that cannot be, and for a pilot that does not tell these streams.

    """
    from genconv.config.design import DesignConfig  # noqa: PLC0415
    from genconv.statistics.variance_plan import plan_of_pilot, plan_shares  # noqa: PLC0415
    from genconv.statistics.variance_shares import DIVERGED, variance_shares  # noqa: PLC0415

    levels = {"levels": 3}  # any that a design can have: more are looked at
    design = DesignConfig.checked({"layout": layout, "streams": tuple(streams), "twins": twins, **levels}, "design")
    if pilot is None:
        each = 1 / (len(design.streams) + 1) if share is None else share
        return [plan_shares(design, width, dict.fromkeys(design.streams, each), level)]
    check_results(pilot, "pilot")
    check_one_metric(metric)
    if share is not None:
        raise InputError("share: must be left out where a pilot's estimates are assumed")
    shares = [one for one in variance_shares(pilot.cells, metric) if one.metric != DIVERGED]
    found = [plan for one in shares if (plan := plan_of_pilot(design, width, one, level)) is not None]
    if not found:
        raise InputError(f"pilot: no cell tells the shares of {', '.join(design.streams)} apart")
    return found


@on_results
def twins(results: Results, *, level: float = 0.95) -> "list[Twins]":
    """What one flipped bit does: how far a run and its twin part, against the spread over seeds.

    Args:
        results: What `load` or `train` returned; cells without twins are left out.
        level: Confidence of the share of chaos.

    Returns:
        For each cell and each epoch at which a bit was flipped: distances in the loss (by epoch) and in the weights,
        the epoch at which twins part, and the share of the variance that they have among themselves.

    Raises:
        InputError: If no cell has twins, and for a level that is not allowed.

    """
    from genconv.statistics.twins import twins as found  # noqa: PLC0415

    return found(results.cells, level=level)


@on_results
def luck(
    results: Results, *, fresh: int | None = None, level: float = 0.95, code: Sequence[Path] = ()
) -> "list[CellLuck]":
    """Whether a lucky seed is better on data that it has not seen, for each cell.

    The mean loss of a run on some examples is what it is worth plus luck with these examples. Two halves of the
    examples share the former alone, so their correlation over seeds tells how much of the spread is real.

    Args:
        results: What `load` or `train` returned; runs that were trained here.
        fresh: Draw so many fresh points of a toy density, of which the stored weights compute the losses; None for
            the losses that are stored.
        level: Confidence of every interval.
        code: Files that may be executed, for runs of models `FILE.py:Name` on fresh points.

    Returns:
        For each cell the share of the spread over seeds that is real, and what the best runs on one half are worth on
        the other.

    Raises:
        InputError: If no cell has losses of single examples, for a level that is not allowed, and for data without
            fresh points.

    Example:
        >>> found = genconv.luck(genconv.load("runs"), fresh=100_000)

    """
    from genconv.statistics.luck_cells import cell_luck  # noqa: PLC0415

    if fresh is None:
        return cell_luck(results.cells, level=level)
    from genconv.experiment.fresh import fresh_losses  # noqa: PLC0415  JAX is imported late

    return cell_luck(results.cells, fresh_losses(fresh, code), level=level)


@on_results
def early_warning(results: Results, after: Sequence[float] = (1.0, 2.0, 5.0), *, level: float = 0.95) -> "list[Warned]":
    """How well what is recorded early foretells which runs diverge later.

    Args:
        results: What `load` or `train` returned, with cells of which some runs diverged.
        after: Percents of the training that are done when one looks.
        level: Confidence of the intervals.

    Returns:
        For each model, percent and recorded quantity the area under the ROC curve over runs of one cell that are alive
        then: those that diverge later against those that survive.

    Raises:
        InputError: If no cell has runs of both kinds, and for a percent or level that is not allowed.

    """
    from genconv.statistics.early_warning import early_warnings  # noqa: PLC0415

    return early_warnings(results.cells, after, level=level)


def replay(
    run: Path | str,
    *,
    before: int = 20,
    after: int = 200,
    changes: bool = True,
    code: Sequence[Path | str] = (),
    observer: "Observer | None" = None,
) -> "Replay":
    """Train a run that diverged again, alone, until it diverges, and look for the first non-finite value.

    Args:
        run: Folder of the run, a folder with one run that diverged, or a bundle.
        before: Steps before the divergence from which on each is looked at and changed.
        after: Steps that a changed run has to survive behind it.
        changes: Whether to try what one change does.
        code: Files that may be executed, for runs of models `FILE.py:Name`.
        observer: Is told what is done, line by line (`noted`).

    Returns:
        Whether it came again to the same bits (`same`, `how`, `differs`), the sizes of the last steps with the `fault`
        (`examined`), and how the run ends with one thing changed (`changed`).

    Raises:
        InputError: If the run did not diverge, does not diverge again, or needs code that is not allowed.

    """
    from genconv.experiment.replay.replay import replay as repeated  # noqa: PLC0415  JAX is imported late

    files = [Path(file) for file in code]
    return repeated(Path(run), before=before, after=after, code=files, try_changes=changes, observer=observer)
