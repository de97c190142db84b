"""The kinds of figures, and which functions draw them for one dataset."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from genconv.data.toy.registry import TOY_DENSITIES
from genconv.errors import InputError, unknown_name
from genconv.report.bars_figure import bars_figure
from genconv.report.choice import Choice
from genconv.report.crowds import cells_note, drawn_cells
from genconv.report.curves_figure import curves_figure
from genconv.report.densities_figure import densities_figure
from genconv.report.early_figure import early_figure
from genconv.report.forest_figure import forest_figure
from genconv.report.groups import by_dataset, series
from genconv.report.ladder_figure import ladder_figure
from genconv.report.lottery_figure import lottery_figure
from genconv.report.samples_figure import samples_figure
from genconv.report.style import Look, PaperFigure, looks
from genconv.report.survival_figure import incidence_figure, survival_figure
from genconv.statistics.compare import Comparisons, compare_cells
from genconv.store.collection import Collection, StoredCell

Kind = Literal["curves", "bars", "ladder", "survival", "forest", "lottery", "early", "samples"]

KINDS: tuple[Kind, ...] = get_args(Kind)
METRIC = "last"
"""What the forest plot compares."""


@dataclass(frozen=True)
class Studied:
    """A collection, with what is computed of it once for all its figures."""

    collection: Collection
    choice: Choice

    @cached_property
    def colours(self) -> dict[str, Look]:
        """A model looks alike for all datasets."""
        return looks(series(cell) for cell in self.collection.curves)

    @cached_property
    def groups(self) -> dict[str, list[StoredCell]]:
        """The cells of each dataset."""
        return by_dataset(self.collection.cells)

    @cached_property
    def comparisons(self) -> Comparisons | None:
        """Of all cells by their final loss; None where no dataset has two cells."""
        try:
            return compare_cells(self.collection.cells, (METRIC,))
        except InputError:
            return None

    @cached_property
    def drawn(self) -> dict[str, list[StoredCell]]:
        """Those of each dataset that have a place in its figures."""
        return {dataset: drawn_cells(cells) for dataset, cells in self.groups.items()}

    @property
    def all_drawn(self) -> list[StoredCell]:
        """Those of all datasets, in the order of the collection."""
        drawn = {id(cell) for cells in self.drawn.values() for cell in cells}
        return [cell for cell in self.collection.cells if id(cell) in drawn]

    def figures(self, dataset: str, kind: Kind) -> Mapping[str, PaperFigure]:
        """The figures of a kind by the beginning of their file name; empty where the results have none.

        Of very many cells those in `drawn`, as the captions say; a lottery is drawn over all.
        """
        cells = self.groups[dataset] if kind == "lottery" else self.drawn[dataset]
        made = {name: one for name, one in _make(self, dataset, cells, kind).items() if one is not None}
        note = "" if kind in ("lottery", "forest") else cells_note(len(cells), len(self.groups[dataset]))
        for figure in made.values():
            figure.caption = f"{figure.caption} {note}".strip()
        return made


def checked_kinds(kinds: Iterable[str] | None) -> tuple[Kind, ...]:
    """The kinds that are named, none twice; all for None. `InputError` for an unknown one."""
    if kinds is None:
        return KINDS
    named = tuple(dict.fromkeys(kinds))
    for kind in named:
        if kind not in KINDS:
            raise unknown_name("kind", kind, KINDS)
    return tuple(kind for kind in KINDS if kind in named)


def _make(studied: Studied, dataset: str, cells: Sequence[StoredCell], kind: Kind) -> dict[str, PaperFigure | None]:
    colours, curves = studied.colours, [cell.curves for cell in cells]
    if kind == "survival":
        return {"survival": survival_figure(cells, colours), "divergence": incidence_figure(cells, colours)}
    if kind == "samples":
        truth = TOY_DENSITIES.get(dataset)
        densities = None if truth is None else densities_figure(cells, truth, colours)
        return {"densities": densities, "samples": samples_figure(cells, studied.choice)}
    if kind == "forest":
        found = studied.comparisons
        return {"forest": None if found is None else forest_figure(found, dataset, METRIC)}
    draw: dict[str, Callable[[], PaperFigure | None]] = {
        "curves": lambda: curves_figure(curves, colours),
        "bars": lambda: bars_figure(curves, colours),
        "ladder": lambda: ladder_figure(cells, colours),
        "lottery": lambda: lottery_figure(cells),
        "early": lambda: early_figure(cells, colours),
    }
    return {kind: draw[kind]()}
