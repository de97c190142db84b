"""The kinds of figures, and which of them some results get."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, get_args

from genconv.data.toy.reference import REFERENCES
from genconv.errors import unknown_name
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
from genconv.report.figures.studied import Group, Studied
from genconv.report.figures.style import PRINTED, PaperFigure, Size, drawn_for
from genconv.report.figures.survival import incidence_figure, survival_figure
from genconv.report.figures.twins import twins_figure
from genconv.report.figures.variance import variance_figure
from genconv.report.figures.warning import warning_figure
from genconv.report.plain import plain_line
from genconv.report.tables.uncounted import sentence
from genconv.statistics.area import FEWEST
from genconv.statistics.critical_difference import ranked_models, why_no_ranks
from genconv.store.results import Results, StoredCell

Kind = Literal[
    "curves", "metrics", "gap", "survival", "forest", "improvement", "stability", "early", "samples", "variance",
    "twins", "warning", "profile", "ranks",
]  # fmt: skip

KINDS: tuple[Kind, ...] = get_args(Kind)

_SUMMARIES: tuple[Kind, ...] = ("profile", "ranks")
"""Kinds of which there is one figure for all datasets."""

_OF_DESIGNS: Mapping[Kind, str] = {
    "variance": "no cell has runs whose streams vary one against another, as in a design",
    "twins": "no cell has runs that differ in one bit alone",
    "warning": f"no model has {FEWEST} runs that diverged after their first epochs, and as many that survived",
}
"""Kinds that need certain runs, and what is missing without them."""


_NEEDS: Mapping[Kind, str] = {
    "gap": "it needs data whose entropy is known, and losses in nats",
    "samples": "the runs keep no samples, as recorded and imported ones",
    "forest": "it needs two cells of one dataset",
    "improvement": "it needs two cells of one dataset",
    "stability": "it needs two cells of one dataset",
}
"""What a kind of a figure takes, where nothing else is said."""


def _over_datasets(studied: Studied, kind: Kind) -> PaperFigure | None:
    """The one figure of a kind that sums datasets up."""
    if kind == "profile":
        return profile_figure(studied.comparisons, studied.label_colours)
    measures = [sample.measure for several in studied.samples.values() for sample in several]
    return ranks_figure(ranked_models(studied.samples), studied.label_colours, measures)


def _silence(studied: Studied, kind: Kind) -> list[str]:
    """Why there are no figures of a kind: a line a dataset, or one for all; none where nothing is to be said."""
    if kind == "profile":
        return [line] if (line := why_no_profile(studied.comparisons)) else []
    if kind == "ranks":
        return [line] if (line := why_no_ranks(studied.samples)) else []
    if kind in _OF_DESIGNS:
        found = {"variance": studied.shares, "twins": studied.twins, "warning": studied.warned}[kind]
        return [] if found else [_OF_DESIGNS[kind]]
    groups = [group for several in studied.groups.values() for group in several]
    return [f"{group.stem}: {line}" for group in groups if (line := plain_line(kind, group.cells))]


def group_figures(studied: Studied, group: Group, kind: Kind) -> Mapping[str, PaperFigure]:
    """The figures of a kind by the beginning of their file name; empty where the results have none.

    Of very many cells those in `drawn`, as the captions say; the winner's stability is that among all.
    """
    made = {name: figure for name, figure in _make(studied, group, kind).items() if figure is not None}
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
            if kind not in _SUMMARIES and not plain_line(kind, group.cells)
            for name, figure in group_figures(studied, group, kind).items()
        }
        overall = {kind: _over_datasets(studied, kind) for kind in chosen if kind in _SUMMARIES}
        figures |= {kind: figure for kind, figure in overall.items() if figure is not None}
        for cell in pictured(studied.drawn, choice) if "samples" in chosen else ():
            figures |= cell.figures()
    for figure in figures.values():
        figure.caption = f"{figure.caption} {sentence(results.uncounted)}".strip()
    return {name: size.fitted(figure) for name, figure in figures.items()}


def silences_of(results: Results, kinds: Iterable[str], drawn: Iterable[str]) -> list[str]:
    """For each kind named why it has no figure, or none of a dataset: `ranks: a critical difference needs …`.

    `drawn`: the names of the figures that were made.
    """
    studied, chosen = Studied(results, Choice()), checked_kinds(kinds)
    names = list(drawn)
    said = {kind: _silence(studied, kind) or _without(kind, names) for kind in chosen}
    return [f"{kind}: {line}" for kind, lines in said.items() for line in lines]


def _without(kind: Kind, drawn: Iterable[str]) -> list[str]:
    """That a kind has no figure at all, and what it needs; none if it has one."""
    others = tuple(f"{other}-" for other in KINDS if other not in {kind, "samples"})
    there = any(name.startswith(kind) or (kind == "samples" and not name.startswith(others)) for name in drawn)
    return [] if there else [f"nothing to show: {_NEEDS.get(kind, 'these runs have not what it takes')}"]


def animations_of(results: Results, choice: Choice | None = None) -> dict[str, Animation]:
    """The canvases of models that draw in steps, named like the figure of the same steps."""
    choice = choice or Choice()
    moving = (cell.animations() for cell in pictured(Studied(results, choice).drawn, choice))
    return {name: animation for several in moving for name, animation in several.items()}


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
    if kind == "warning":
        leads = group.stem == studied.groups[group.dataset][0].stem
        return warning_figure([one for one in studied.warned if one.dataset == group.dataset]) if leads else None
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
