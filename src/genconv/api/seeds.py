"""What the seed decides: shares of the spread, luck, and twins."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genconv.store.results import Results

if TYPE_CHECKING:
    from genconv.statistics.luck_cells import CellLuck
    from genconv.statistics.twins import Twins


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
