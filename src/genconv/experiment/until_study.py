"""More seeds of the cells of a study, by whatever engine runs studies."""

from collections.abc import Collection, Sequence
from pathlib import Path

from genconv.config.study import Study
from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError, WorkError
from genconv.experiment.execute import run_study
from genconv.experiment.observer import Observer
from genconv.experiment.study_cells import study_cells
from genconv.experiment.study_store import StudyStore
from genconv.experiment.until import Place
from genconv.experiment.work_cell import WorkCell
from genconv.readers.recorded import recorded_cells
from genconv.statistics.sample import cell_labels
from genconv.store.folders import prepare
from genconv.store.load import load
from genconv.store.results import Results, StoredCell
from genconv.store.uncounted import lines


class StudyWork:
    """A study whose seeds are the first ones, and then those that follow."""

    grown = False

    def __init__(self, study: Study, root: Path | str, most: int, observer: Observer | None = None) -> None:
        if study.design is not None:
            raise InputError("--until: a design says which runs there are, so there cannot be more seeds")
        self.name, self.root, self._study = study.name, prepare(Path(root)), study
        self._observer = observer or Observer()
        self._seeds = self.seeds(most)
        self._last: dict[str, StoredCell] = {}
        """By identity the cells as they were read last."""
        self._begun = False
        for one in self._cells():
            if len(one.runs) != len(self._seeds):
                raise InputError(f"--until: {one.name}: streams must give each seed one run of its own, and no lists")

    def seeds(self, count: int) -> tuple[int, ...]:
        """Those of the study first, then the lowest others."""
        own = self._study.seeds
        others = (seed for seed in range(count + len(own)) if seed not in set(own))
        return (*own, *others)[:count]

    def run(self, cells: Collection[Place] | None, seeds: Sequence[int]) -> None:
        """Run what is missing up to these seeds; what failed at an earlier look has failed for good."""
        upto = self._seeds[: self._seeds.index(seeds[-1]) + 1]
        chosen = None if cells is None else self._identities(cells)
        wanted = {one.identity: upto if chosen is None or one.identity in chosen else () for one in self._cells()}
        run_study(self._study, self.root, self._observer, seeds=wanted, goes_on=self._begun or cells is not None)
        self._begun = True

    def results(self) -> Results:
        """Every finished run of the study's cells and seeds."""
        folders = {
            one.identity: [path for run in one.runs if (path := one.folder(run)).exists()] for one in self._cells()
        }
        found = load([path for paths in folders.values() for path in paths], REFERENCES, recorded_cells)
        if not found.cells:
            raise WorkError(f"no run of {self.name} has a loss: {'; '.join(lines(found.uncounted))[:300]}")
        self._last = _matched(found, folders)
        return found

    def seeds_of(self, cell: StoredCell) -> Sequence[int | None]:
        """By the coordinates of the runs, or their labels where only seeds are on record."""
        if cell.curves.coordinates is None:
            return [label if isinstance(label, int) else None for label in cell.curves.seeds]
        identity = next(identity for identity, one in self._last.items() if one is cell)
        one = next(one for one in self._cells() if one.identity == identity)
        seeds = dict(zip(one.runs, self._seeds, strict=True))
        return [seeds.get(run) for run in cell.curves.coordinates]

    def present(self, count: int) -> int:
        """Over all cells."""
        return sum(one.folder(run).exists() for one in self._cells() for run in one.runs[:count])

    def _cells(self) -> list[WorkCell]:
        """With as many seeds as there may be; read anew, since folders come."""
        store = StudyStore(self.root, self._study.execution, self._observer)
        return study_cells(self._study.updated({"seeds": self._seeds}), store)

    def _identities(self, cells: Collection[Place]) -> set[str]:
        results = Results(tuple(self._last.values())) if self._last else self.results()
        labels = cell_labels(results.curves)
        places = {id(cell): (cell.curves.dataset, label) for cell, label in zip(results, labels, strict=True)}
        return {identity for identity, cell in self._last.items() if places[id(cell)] in cells}


def _matched(results: Results, folders: dict[str, list[Path]]) -> dict[str, StoredCell]:
    """By identity the cell that is read from its folders, in the order of the results."""
    of_folder = {path: identity for identity, paths in folders.items() for path in paths}
    found: dict[str, StoredCell] = {}
    for cell in results:
        if cell.runs:
            found[of_folder[cell.runs[0].path]] = cell
    for identity, paths in folders.items():
        if paths and identity not in found:
            for alone in load(paths, REFERENCES, recorded_cells).cells:  # none if every run has failed
                found[identity] = next(cell for cell in results if _same_runs(cell, alone))
    return {identity: one for cell in results for identity, one in found.items() if one is cell}


def _same_runs(one: StoredCell, other: StoredCell) -> bool:
    a, b = one.curves, other.curves
    names = (a.dataset, a.model, a.seeds) == (b.dataset, b.model, b.seeds)
    return names and a.validation.tobytes() == b.validation.tobytes()
