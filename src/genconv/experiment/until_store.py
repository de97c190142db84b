"""Looks at runs that come from elsewhere: imports, recorded runs, other people's clusters."""

from collections.abc import Collection, Sequence
from pathlib import Path

from genconv.coordinates import label_order
from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError
from genconv.experiment.until import Place
from genconv.readers.recorded import recorded_cells
from genconv.statistics.sample import cell_labels
from genconv.store.load import load
from genconv.store.results import Results, StoredCell


class TooFewRunsError(InputError):
    """The next look needs more runs than there are: bring them, and look again."""


class StoredWork:
    """Whatever is in a store; the i-th run of each cell, in the order of its seeds, is its seed i."""

    grown = False

    def __init__(self, root: Path, name: str) -> None:
        if not root.is_dir():
            raise InputError(f"'{root}' is not a folder of runs")
        self.name, self.root = name, root

    def seeds(self, count: int) -> tuple[int, ...]:
        """Positions."""
        return tuple(range(count))

    def run(self, cells: Collection[Place] | None, seeds: Sequence[int]) -> None:
        """Nothing is run here; `TooFewRunsError` that names the cells which have fewer runs."""
        results = self.results()
        wanted = max(seeds) + 1
        labels = cell_labels(results.curves)
        lacking = [
            f"{label} on {cell.curves.dataset} has {len(cell.curves.seeds)}"
            for cell, label in zip(results, labels, strict=True)
            if (cells is None or (cell.curves.dataset, label) in cells) and len(cell.curves.seeds) < wanted
        ]
        if lacking:
            raise TooFewRunsError(f"the next look needs {wanted} runs of each cell: {', '.join(lacking[:8])}")

    def results(self) -> Results:
        """Everything in the store."""
        return load([self.root], REFERENCES, recorded_cells)

    def seeds_of(self, cell: StoredCell) -> Sequence[int | None]:
        """The place of each run among those of its cell."""
        order = sorted(range(len(cell.curves.seeds)), key=lambda place: label_order(cell.curves.seeds[place]))
        places = {run: place for place, run in enumerate(order)}
        return [places[run] for run in range(len(cell.curves.seeds))]

    def present(self, count: int) -> int:
        """Over all cells."""
        return sum(min(len(cell.curves.seeds), count) for cell in self.results())
