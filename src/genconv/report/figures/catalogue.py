"""The kinds of figures, and which of them some results get."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError, unknown_name
from genconv.report.choice import Choice
from genconv.report.figures.animation import Animation
from genconv.report.figures.curves import curves_figure
from genconv.report.figures.early import early_figure
from genconv.report.figures.forest import forest_figure
from genconv.report.figures.gap import gap_figure
from genconv.report.figures.images import pictured
from genconv.report.figures.improvement import improvement_figure
from genconv.report.figures.metrics import metrics_figure
from genconv.report.figures.profile import profile_figure, why_no_profile
from genconv.report.figures.ranks import ranks_figure
from genconv.report.figures.samples import samples_figure
from genconv.report.figures.stability import stability_figure
from genconv.report.figures.style import PRINTED, Look, PaperFigure, Size, drawn_for, looks
from genconv.report.figures.survival import incidence_figure, survival_figure
from genconv.report.figures.twins import twins_figure
from genconv.report.figures.variance import variance_figure
from genconv.report.labels import by_dataset, by_measure, file_names, series
from genconv.report.limits import cells_note, drawn_cells
from genconv.report.plain import plain_line
from genconv.report.tables.uncounted import sentence
from genconv.statistics.compare import Comparisons, compare_cells
from genconv.statistics.critical_difference import ranked_models, why_no_ranks
from genconv.statistics.default_metric import best_samples
from genconv.statistics.sample import Sample, cell_labels
from genconv.statistics.twins import Twins, twins
from genconv.statistics.variance_shares import CellShares, has_design, variance_shares
from genconv.store.results import Results, StoredCell

Kind = Literal[
    "curves", "metrics", "gap", "survival", "forest", "improvement", "stability", "early", "samples", "variance",
    "twins", "profile", "ranks",
]  # fmt: skip

KINDS: tuple[Kind, ...] = get_args(Kind)

_OVER_DATASETS: tuple[Kind, ...] = ("profile", "ranks")
"""Kinds of which there is one figure for all datasets."""

_OF_DESIGNS: Mapping[Kind, str] = {
    "variance": "no cell has runs whose streams vary one against another, as in a design",
    "twins": "no cell has runs that differ in one bit alone",
}
"""Kinds that need a design, and what is missing without one."""


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
    def _by_dataset(self) -> Mapping[str, Sequence[Sample]]:
        """The samples of the default metric that most datasets have, by dataset."""
        return max(best_samples(self.results.cells).values(), key=len, default={})

    def over_datasets(self, kind: Kind) -> PaperFigure | None:
        """The one figure of a kind that sums datasets up."""
        if kind == "profile":
            return profile_figure(self.comparisons, self.label_colours)
        return ranks_figure(ranked_models(self._by_dataset), self.label_colours)

    def silence(self, kind: Kind) -> list[str]:
        """Why there are no figures of a kind: a line a dataset, or one for all; none where nothing is to be said."""
        if kind == "profile":
            return [line] if (line := why_no_profile(self.comparisons)) else []
        if kind == "ranks":
            return [line] if (line := why_no_ranks(self._by_dataset)) else []
        if kind in _OF_DESIGNS:
            found = self.shares if kind == "variance" else self.twins
            return [] if found else [_OF_DESIGNS[kind]]
        groups = [group for several in self.groups.values() for group in several]
        return [f"{group.stem}: {line}" for group in groups if (line := plain_line(kind, group.cells))]

    def figures(self, group: Group, kind: Kind) -> Mapping[str, PaperFigure]:
        """The figures of a kind by the beginning of their file name; empty where the results have none.

        Of very many cells those in `drawn`, as the captions say; the winner's stability is that among all.
        """
        made = {name: figure for name, figure in _make(self, group, kind).items() if figure is not None}
        note = "" if kind in ("stability", "forest", "improvement") else group.note
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


def figures_of(
    results: Results,
    choice: Choice | None = None,
    kinds: Iterable[str] | None = None,
    size: Size = PRINTED,
    threshold: float | None = None,
) -> dict[str, PaperFigure]:
    """The figures of every dataset, of the `kinds` named or of all, without those that the results cannot fill.

    Named `curves-8gaussians`, `learning-mnist-vae-corrected-s0` and so on, safe as file names whatever a dataset is
    called; cells whose losses cannot share an axis get figures of their own, `curves-8gaussians_hinge`. `InputError` if
    `choice` names seeds or epochs that no run of images has, or for an unknown kind.
    """
    choice = choice or Choice()
    choice.check(results.cells)
    chosen = checked_kinds(kinds)
    studied = Studied(results, choice, threshold)
    with drawn_for(size):
        figures = {
            f"{name}-{group.stem}": figure
            for groups in studied.groups.values()
            for group in groups
            for kind in chosen
            if kind not in _OVER_DATASETS and not plain_line(kind, group.cells)
            for name, figure in studied.figures(group, kind).items()
        }
        overall = {kind: studied.over_datasets(kind) for kind in chosen if kind in _OVER_DATASETS}
        figures |= {kind: figure for kind, figure in overall.items() if figure is not None}
        for cell in pictured(studied.drawn, choice) if "samples" in chosen else ():
            figures |= cell.figures()
    for figure in figures.values():
        figure.caption = f"{figure.caption} {sentence(results.uncounted)}".strip()
    return {name: size.fitted(figure) for name, figure in figures.items()}


def silences_of(results: Results, kinds: Iterable[str]) -> list[str]:
    """For each kind named why it has no figure, or none of a dataset: `ranks: a critical difference needs …`."""
    studied = Studied(results, Choice())
    return [f"{kind}: {line}" for kind in checked_kinds(kinds) for line in studied.silence(kind)]


def animations_of(results: Results, choice: Choice | None = None) -> dict[str, Animation]:
    """The canvases of models that draw in steps, named like the figure of the same steps."""
    choice = choice or Choice()
    moving = (cell.animations() for cell in pictured(Studied(results, choice).drawn, choice))
    return {name: animation for several in moving for name, animation in several.items()}


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


def _make(studied: Studied, group: Group, kind: Kind) -> dict[str, PaperFigure | None]:
    colours, cells, curves = studied.colours, group.drawn, [cell.curves for cell in group.drawn]
    if kind == "survival":
        return {
            "survival": survival_figure(cells, colours, studied.threshold),
            "divergence": incidence_figure(cells, colours),
        }
    if kind == "samples":
        return _samples(studied, group)
    if kind in ("forest", "improvement"):
        found, make = studied.comparisons, forest_figure if kind == "forest" else improvement_figure
        return {kind: None if found is None else make(found, group.dataset, group.labels)}
    if kind in _OF_DESIGNS:
        return {kind: _of_design(studied, group, kind)}
    draw: dict[str, Callable[[], PaperFigure | None]] = {
        "curves": lambda: curves_figure(curves, colours),
        "metrics": lambda: metrics_figure(curves, colours),
        "gap": lambda: gap_figure(cells, colours),
        "stability": lambda: stability_figure(group.cells),
        "early": lambda: early_figure(cells, colours),
    }
    return {kind: draw[kind]()}


def _of_design(studied: Studied, group: Group, kind: Kind) -> PaperFigure | None:
    looks_of = studied.label_colours
    if kind == "variance":
        shares = [one for one in studied.shares if one.dataset == group.dataset and one.model in group.labels]
        return variance_figure(shares, looks_of)
    found = [one for one in studied.twins if one.dataset == group.dataset and one.model in group.labels]
    return twins_figure(found, looks_of) if found else None


def _samples(studied: Studied, group: Group) -> dict[str, PaperFigure | None]:
    """Of all cells of the dataset, beside each other whatever their losses say."""
    leads = group.stem == studied.groups[group.dataset][0].stem
    cells = (*group.drawn, *group.beside) if leads else ()
    if not cells:
        return {}
    known = any(cell.runs for cell in cells) and group.dataset in REFERENCES
    densities = _densities(cells, group.dataset, studied) if known else None
    return {"densities": densities, "samples": samples_figure(cells, studied.choice)}


def _densities(cells: Sequence[StoredCell], dataset: str, studied: Studied) -> PaperFigure | None:
    from genconv.data.toy.registry import TOY_DENSITIES  # noqa: PLC0415  densities are written in JAX
    from genconv.report.figures.density import densities_figure  # noqa: PLC0415

    return densities_figure(cells, TOY_DENSITIES[dataset], studied.colours)
