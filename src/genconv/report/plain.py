"""What is said in one line where a plot would show nothing."""

from collections.abc import Sequence

from genconv.report.format import counted
from genconv.report.labels import series_names
from genconv.statistics.stability import stability_of_winner
from genconv.store.results import StoredCell

_FEW_TO_RANK = 6
"""Runs left below which a rank correlation is decided by any one of them."""
_FEW_TO_DRAW = 4
"""Runs of a cell below which drawing some of them says nothing about a smaller study."""
_ENOUGH = 10


def plain_line(kind: str, cells: Sequence[StoredCell]) -> str:
    """The line that stands in place of the plot of `kind`; empty where the plot has something to show."""
    if kind == "stability":
        return _stability(cells)
    return _early(cells) if kind == "early" else ""


def too_few(kind: str, cells: Sequence[StoredCell]) -> bool:
    """Whether the line says that there are too few runs, so that no number of the part is worth a look."""
    if kind == "stability":
        return _fewest(cells) < _FEW_TO_DRAW
    return kind == "early" and _most_left(cells) < _FEW_TO_RANK


def _fewest(cells: Sequence[StoredCell]) -> int:
    return min(len(cell.curves.seeds) for cell in cells)


def _most_left(cells: Sequence[StoredCell]) -> int:
    return max(int((~cell.curves.diverged).sum()) for cell in cells)


def _stability(cells: Sequence[StoredCell]) -> str:
    fewest = _fewest(cells)
    if fewest < _FEW_TO_DRAW:
        return f"{counted(fewest, 'run')} of a cell cannot tell what fewer would have said: run {_ENOUGH}."
    found = stability_of_winner(cells, series_names(cells))
    if not found or any(one.other_winner > 0 for several in found.values() for one in several):
        return ""
    winners = dict.fromkeys(several[0].winner for several in found.values())
    if len(winners) == 1:
        return f"No: any one run of each cell puts {next(iter(winners))} first, by every metric."
    return "No: any one run of each cell names the same winner as all of them, metric by metric."


def _early(cells: Sequence[StoredCell]) -> str:
    most = _most_left(cells)
    if most >= _FEW_TO_RANK:
        return ""
    return f"No cell has more than {counted(most, 'run')} left, too few to rank: run {_ENOUGH}."
