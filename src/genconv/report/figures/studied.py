"""Some results, with what is computed of them once for all figures; and which cells of them share a figure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from genconv.errors import InputError
from genconv.report.choice import Choice
from genconv.report.figures.colours import Look, looks
from genconv.report.labels import by_dataset, by_measure, file_names, series
from genconv.report.limits import cells_note, drawn_cells
from genconv.statistics.area import FEWEST
from genconv.statistics.compare import Comparisons, compare_cells
from genconv.statistics.default_metric import best_samples
from genconv.statistics.early_warning import Warned, early_warnings
from genconv.statistics.sample import Sample, cell_labels
from genconv.statistics.twins import Twins, twins
from genconv.statistics.variance_shares import CellShares, has_design, variance_shares
from genconv.store.results import Results, StoredCell


@dataclass(frozen=True)
class Group:
    """Cells of one dataset whose losses may share an axis."""

    dataset: str
    measure: str
    """What their losses say: `NLL, nats`, `loss`; empty if the dataset has no other group."""
    stem: str
    """Their part of a file's name."""
    cells: tuple[StoredCell, ...]
    labels: frozenset[str]
    """How comparisons name the cells."""
    drawn: tuple[StoredCell, ...]
    """Those that have a place in figures."""
    beside: tuple[StoredCell, ...]
    """Cells of the dataset's other groups that are drawn where no loss is; given to the first group alone."""

    @property
    def note(self) -> str:
        """Which cells are drawn, as a sentence; empty for all."""
        return cells_note(len(self.drawn), len(self.cells))


@dataclass(frozen=True)
class Studied:
    """Some results, with what is computed of them once for all figures."""

    results: Results
    choice: Choice
    threshold: float | None = None
    """The loss that counts as reached; None for what follows from the data or the best cell."""

    @cached_property
    def colours(self) -> dict[str, Look]:
        """A model looks alike for all datasets."""
        return looks(series(cell) for cell in self.results.curves)

    @cached_property
    def datasets(self) -> dict[str, list[StoredCell]]:
        """The cells of each dataset."""
        return by_dataset(self.results.cells)

    @cached_property
    def groups(self) -> dict[str, list[Group]]:
        """The groups of each dataset."""
        groups = {dataset: by_measure(cells) for dataset, cells in self.datasets.items()}
        keys = [(dataset, measure) for dataset, several in groups.items() for measure in several]
        files = [dataset if len(groups[dataset]) == 1 else f"{dataset}\n{measure}" for dataset, measure in keys]
        stems = dict(zip(keys, file_names(files).values(), strict=True))
        names = dict(zip(map(id, self.results.cells), cell_labels(self.results.curves), strict=True))
        return {dataset: list(_groups(dataset, several, stems, names)) for dataset, several in groups.items()}

    @cached_property
    def comparisons(self) -> Comparisons | None:
        """Of all cells by the default metric; None where no dataset has two cells."""
        try:
            return compare_cells(self.results.cells)
        except InputError:
            return None

    @cached_property
    def shares(self) -> list[CellShares]:
        """Shares of the variance of the cells whose runs have a design; none where there is no such cell."""
        if not any(map(has_design, self.results.cells)):
            return []
        return [cell for cell in variance_shares(self.results.cells) if cell.components is not None]

    @cached_property
    def twins(self) -> list[Twins]:
        """The twins of all cells; none where there are none."""
        try:
            return twins(self.results.cells)
        except InputError:
            return []

    @cached_property
    def warned(self) -> list[Warned]:
        """Early warnings of models of which enough runs diverged later and survived; none where there are none."""
        if int(sum(cell.diverged.sum() for cell in self.results.curves)) < FEWEST:
            return []
        try:
            found = early_warnings(self.results.cells)
        except InputError:
            return []
        return [one for one in found if min(one.diverged, one.survived) >= FEWEST]

    @property
    def drawn(self) -> list[StoredCell]:
        """The cells of all datasets that have a place in figures, in the order of the results."""
        drawn = {id(cell) for groups in self.groups.values() for group in groups for cell in group.drawn}
        return [cell for cell in self.results.cells if id(cell) in drawn]

    @cached_property
    def label_colours(self) -> dict[str, Look]:
        """The same by the names that comparisons give to cells."""
        labels = cell_labels(self.results.curves)
        return {label: self.colours[series(cell)] for label, cell in zip(labels, self.results.curves, strict=True)}

    @cached_property
    def samples(self) -> Mapping[str, Sequence[Sample]]:
        """The samples of the default metric that most datasets have, by dataset."""
        return max(best_samples(self.results.cells).values(), key=len, default={})


def _groups(
    dataset: str,
    several: Mapping[str, list[StoredCell]],
    stems: Mapping[tuple[str, str], str],
    labels: Mapping[int, str],
) -> Iterable[Group]:
    """`labels` are those of comparisons, by a cell's `id`."""
    drawn = {measure: tuple(drawn_cells(cells)) for measure, cells in several.items()}
    for place, (measure, cells) in enumerate(several.items()):
        others = [cell for name, group in drawn.items() if name != measure for cell in group]
        beside = tuple(others) if place == 0 else ()
        name = measure if len(several) > 1 else ""
        own = frozenset(labels[id(cell)] for cell in cells)
        yield Group(dataset, name, stems[dataset, measure], tuple(cells), own, drawn[measure], beside)
