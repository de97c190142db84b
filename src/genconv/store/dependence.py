"""Runs that share random numbers, as those of a design and twins do, and are not independent of each other."""

from collections.abc import Iterable, Sequence

from genconv.coordinates import Coordinates
from genconv.store.results import StoredCell

STREAMS = ("init", "order", "noise", "data")


def shared_streams(runs: Sequence[Coordinates]) -> tuple[str, ...]:
    """The streams of which some runs share an integer that others do not have."""
    counts = {name: len({getattr(run, name) for run in runs}) for name in STREAMS}
    return tuple(name for name, count in counts.items() if 1 < count < len(runs))


def dependence_notes(cells: Iterable[StoredCell]) -> tuple[str, ...]:
    """A line for each cell whose runs are not independent."""
    shared = ((cell.curves.label, shared_streams(cell.curves.coordinates or ())) for cell in cells)
    return tuple(
        f"{label}: runs share integers of {', '.join(streams)}, so they are not independent, as intervals and verdicts "
        "take them to be (genconv variance tells shares)"
        for label, streams in shared
        if streams
    )
