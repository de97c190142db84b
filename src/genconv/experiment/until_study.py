"""More seeds of the cells of a study, by whatever runs studies."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genconv.config.streams import StreamsConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError
from genconv.experiment.execute import run_study
from genconv.experiment.observer import Observer
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.experiment.study_store import StudyStore
from genconv.experiment.until import Place
from genconv.statistics.sample import cell_labels
from genconv.store.folders import prepare
from genconv.store.load import load
from genconv.store.results import Results, StoredCell


@dataclass(frozen=True)
class _Single:
    """A study of one cell of the study."""

    study: Study
    cell: ResolvedCell
    seeds: dict[Coordinates, int]
    """Which seed each run belongs to."""


class StudyWork:
    """A study whose seeds are the first ones, and then those that follow."""

    grown = False

    def __init__(self, study: Study, root: Path | str, most: int, observer: Observer | None = None) -> None:
        self.name, self.root, self._study = study.name, prepare(Path(root)), study
        self._observer = observer or Observer()
        self._most = self.seeds(most)
        self._singles = list(self._divided())
        self._folders: dict[Path, _Single] = {}
        self._last = Results(())

    def seeds(self, count: int) -> tuple[int, ...]:
        """Those of the study first, then the lowest others."""
        own = self._study.seeds
        others = (seed for seed in range(count + len(own)) if seed not in set(own))
        return (*own, *others)[:count]

    def run(self, cells: Collection[Place] | None, seeds: Sequence[int]) -> None:
        """Train what is missing of these seeds."""
        places = self._places() if cells is not None else {}
        chosen = [one for one in self._singles if cells is None or places.get(id(one)) in cells]
        grids = tuple(grid for one in chosen for grid in one.study.cells)
        run_study(self._study.updated({"cells": grids, "seeds": tuple(seeds)}), self.root, self._observer)

    def results(self) -> Results:
        """Every finished run of the study's cells and seeds."""
        store = StudyStore(self.root, self._study.execution, self._observer)
        folders = {store.folder(one.cell, run): one for one in self._singles for run in one.seeds}
        self._folders = {folder: one for folder, one in folders.items() if folder.exists()}
        self._last = load(self._folders, REFERENCES)
        return self._last

    def seeds_of(self, cell: StoredCell) -> Sequence[int | None]:
        """By the coordinates of the runs."""
        return [self._folders[run.path].seeds.get(run.run.coordinates) for run in cell.runs]

    def present(self, count: int) -> int:
        """Over all cells."""
        store, first = StudyStore(self.root, self._study.execution, self._observer), set(self.seeds(count))
        return sum(
            store.folder(one.cell, run).exists()
            for one in self._singles
            for run, seed in one.seeds.items()
            if seed in first
        )

    def _places(self) -> dict[int, Place]:
        """By cell its dataset and label, among the results that were read last."""
        last = self._last if self._last.cells else self.results()
        labels = cell_labels(last.curves)
        return {
            id(self._folders[cell.runs[0].path]): (cell.curves.dataset, label)
            for cell, label in zip(last, labels, strict=True)
        }

    def _divided(self) -> Iterator[_Single]:
        found: set[str] = set()
        for grid in self._study.cells:
            names = [(m, d, p) for p in grid.protocols for d in grid.datasets for m in grid.models]
            for model, dataset, protocol in names:
                one = grid.updated({"models": (model,), "datasets": (dataset,), "protocols": (protocol,)})
                study = self._study.updated({"cells": (one,)})
                (cell,) = resolve(study)
                if cell.cell.identity in found:
                    raise InputError(f"--until: {model} on {dataset} stands in the study twice")
                found.add(cell.cell.identity)
                yield _Single(study, cell, _coordinates({**study.streams, **one.streams}, self._most))


def _coordinates(streams: dict[str, object], seeds: Sequence[int]) -> dict[Coordinates, int]:
    """One run a seed; `InputError` where streams are pinned so that it is not."""
    config = StreamsConfig.checked(streams, "streams")
    found = {run: seed for seed in seeds for run in config.coordinates([seed])}
    if len(found) != len(seeds) or len(config.coordinates(seeds[:1])) != 1:
        raise InputError("--until: streams must give each seed one run of its own, and no lists")
    return found
