"""Runs that share random numbers, as those of a design and twins do, and are not independent of each other."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from genconv.coordinates import Coordinates
from genconv.store.results import Results, StoredCell
from genconv.store.run_coordinates import coordinates_of

STREAMS = ("init", "order", "noise", "data")
_TOO_SURE = (
    ", so they are not independent, as intervals and verdicts take them to be; these are too sure "
    "(genconv variance tells shares)"
)


def shared_streams(runs: Sequence[Coordinates]) -> tuple[str, ...]:
    """The streams of which some runs share an integer that others do not have."""
    counts = {name: len({getattr(run, name) for run in runs}) for name in STREAMS}
    return tuple(name for name, count in counts.items() if 1 < count < len(runs))


def without_dependence(results: Results) -> Results:
    """The results without those lines, for what is said of them takes the dependence into account."""
    return replace(results, notes=tuple(note for note in results.notes if not note.endswith(_TOO_SURE)))


def dependence_notes(cells: Iterable[StoredCell]) -> tuple[str, ...]:
    """A line for the cells whose runs share integers of the same streams."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for cell in cells:
        if streams := shared_streams(coordinates_of(cell) or ()):
            alike.setdefault(streams, []).append(cell.curves.label)
    return tuple(
        f"{labels[0]}{_others(len(labels) - 1)}: runs share integers of {', '.join(streams)}{_TOO_SURE}"
        for streams, labels in alike.items()
    )


def _others(count: int) -> str:
    return "" if count == 0 else " and one more cell" if count == 1 else f" and {count} more cells"
