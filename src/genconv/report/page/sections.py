"""The part of the page about each dataset: its figures with their words and tables."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genconv.metrics.spec import title_of
from genconv.report.figures.catalogue import Kind, group_figures
from genconv.report.figures.images import PicturedCell, pictured
from genconv.report.figures.studied import Group, Studied
from genconv.report.figures.style import RESOLUTION, PaperFigure
from genconv.report.labels import bound_note, file_names
from genconv.report.limits import main_pairs
from genconv.report.page.answers import crowded
from genconv.report.page.embed import gif_source, png_source, script_json
from genconv.report.page.evaluation import evaluation_table
from genconv.report.page.facts import reference_text
from genconv.report.page.panels import arrival_table, comparison_table, early_table, stability_table
from genconv.report.page.plots.arrivals import arrival_data, divergence_data
from genconv.report.page.plots.forest import forest_data
from genconv.report.page.plots.gap import gap_data
from genconv.report.page.plots.lines import early_data, stability_data
from genconv.report.page.plots.metrics import metrics_data
from genconv.report.page.table import PageTable
from genconv.report.plain import plain_line, too_few
from genconv.report.sentences import verdict_sentence
from genconv.report.undecided import told_once
from genconv.statistics.compare import ComparisonResult
from genconv.statistics.sample import cell_labels
from genconv.statistics.summary import CellEstimate
from genconv.statistics.thresholds import threshold


@dataclass(frozen=True)
class Panel:
    """A heading, what it asks, figures, and the table behind them."""

    id: str
    heading: str
    words: str
    drawings: tuple[dict[str, Any], ...]
    table: PageTable | None = None
    sentences: tuple[str, ...] = ()
    line: str = ""
    """What stands in place of figures that would show nothing."""

    @property
    def is_line(self) -> bool:
        """Whether it is nothing but a line, which stands below the others."""
        return bool(self.line) and self.table is None and not self.sentences

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width of a large screen."""
        return self.is_line or (not self.line and not self.drawings) or len(self.drawings) > 1


_ASKED: dict[Kind, tuple[str, str]] = {
    "forest": ("Comparisons", "By how much does one model end below another, and is that more than chance?"),
    "gap": ("Gap to the entropy", "How far above the floor does each run end, and does it beat a Gaussian?"),
    "survival": ("Reached, diverged", "How soon do runs come near the best, and how many diverge?"),
    "stability": ("Stability of the winner", "Would a paper with fewer seeds have named another winner?"),
    "early": ("Does the early curve tell?", "Could a run have been judged before its end?"),
    "metrics": ("Every run", "Where does each run stand by a metric?"),
}

_EVALUATED = (
    "On held-out data",
    "What do the models reach on data they have never seen, and how much of the spread is the evaluation's own?",
)


def dataset_sections(
    studied: Studied, ids: Mapping[str, str], estimates: Sequence[CellEstimate]
) -> list[dict[str, Any]]:
    """What the template needs, a dictionary a dataset; `ids` are those of `cell_ids`."""
    by_label = dict(zip(ids, estimates, strict=True))
    safe = file_names(studied.datasets)
    return [_section(studied, dataset, safe[dataset], ids, by_label) for dataset in studied.datasets]


def _section(
    studied: Studied, dataset: str, slug: str, ids: Mapping[str, str], estimates: Mapping[str, CellEstimate]
) -> dict[str, Any]:
    groups = studied.groups[dataset]
    samples = group_figures(studied, groups[0], "samples")
    drawn = [cell for group in groups for cell in group.drawn]
    return {
        "name": dataset,
        "slug": slug,
        "reference": reference_text([cell.curves for cell in studied.datasets[dataset]]),
        "curves": [group.stem for group in groups],
        "left_out": " ".join(dict.fromkeys(group.note for group in groups if group.note)),
        "panels": sorted(_panels(studied, dataset, slug, ids, estimates), key=lambda panel: panel.is_line),
        "pictured": [_picture(figure, f"{name}-{slug}", _resolution(name)) for name, figure in samples.items()],
        "pictures": [_pictures(cell) for cell in pictured(drawn, studied.choice)],
    }


def _panels(
    studied: Studied, dataset: str, slug: str, ids: Mapping[str, str], estimates: Mapping[str, CellEstimate]
) -> Iterator[Panel]:
    """Panels that the results can fill, in the order of the page."""
    for kind, (heading, words) in _ASKED.items():
        for group in studied.groups[dataset]:
            title = f"{heading}: {group.measure}" if group.measure else heading
            figures = {} if kind == "metrics" and crowded(studied) else group_figures(studied, group, kind)
            if not figures:
                continue
            table, sentences = _behind(studied, group, kind, ids)
            line = plain_line(kind, group.cells)
            data = {} if line else _plots(studied, group, kind, ids, estimates)
            drawings = tuple(
                _drawing(figure, f"{name}-{group.stem}", (kind, _note(group)), found)
                for name, figure in figures.items()
                if (found := data.get(name)) is not None
            )
            table = None if too_few(kind, group.cells) else table
            yield Panel(f"{kind}-of-{group.stem}", title, words, drawings, table, sentences, line)
    if (evaluated := evaluation_table(studied.datasets[dataset], slug, ids)) is not None:
        yield Panel(f"held-out-of-{slug}", *_EVALUATED, (), evaluated)


def _drawn_in_full(one: ComparisonResult) -> bool:
    """Whether a forest plot shows all that there is to say of a pair."""
    return one.verdict.basis == "means" and one.verdict.decision in ("below", "undecided")


def _behind(
    studied: Studied, group: Group, kind: Kind, ids: Mapping[str, str]
) -> tuple[PageTable | None, tuple[str, ...]]:
    """The table below a figure, and what is said beside it."""
    cells, found = group.cells, studied.comparisons
    if kind == "forest" and found is not None:
        pairs = [one for one in found.of(group.dataset) if one.comparison.a.label in group.labels]
        named = _by_label(studied, group.dataset, ids)
        shown = [one for one in main_pairs(pairs, len(found.results)) if not _drawn_in_full(one)]
        return comparison_table(found, pairs, group.stem, named), tuple(
            told_once([verdict_sentence(one) for one in shown])
        )
    if kind == "survival":
        aim = threshold([cell.curves for cell in cells], studied.threshold)
        return (None if aim is None else arrival_table(cells, aim, group.stem, ids)), ()
    if kind == "stability":
        flips = () if found is None else found.reversals
        sentences = tuple(
            f"Of the runs left {one.a} has the lower mean of {title_of(one.metric_a)}, {one.b} of "
            f"{title_of(one.metric_b)}."
            for one in flips
            if one.dataset == group.dataset
        )
        return stability_table(cells, group.stem), sentences
    return (early_table(cells, group.stem, ids) if kind == "early" else None), ()


def _plots(
    studied: Studied, group: Group, kind: Kind, ids: Mapping[str, str], estimates: Mapping[str, CellEstimate]
) -> dict[str, dict[str, Any] | None]:
    """What the page draws of a kind, by the names of the figures whose captions it takes."""
    cells, colours = group.drawn, studied.colours
    if kind == "forest":
        found = studied.comparisons
        named = _by_label(studied, group.dataset, ids)
        return {} if found is None else {"forest": forest_data(found, group.dataset, group.labels, named)}
    if kind == "survival":
        aim = threshold([cell.curves for cell in cells], studied.threshold)
        reached = None if aim is None else arrival_data(cells, colours, ids, aim)
        return {"survival": reached, "divergence": divergence_data(cells, colours, ids)}
    draw: dict[Kind, Callable[[], dict[str, Any] | None]] = {
        "gap": lambda: gap_data(cells, colours, ids),
        "stability": lambda: stability_data(group.cells),
        "early": lambda: early_data(cells, colours, ids),
        "metrics": lambda: metrics_data(cells, [estimates[cell.curves.label] for cell in cells], colours, ids),
    }
    return {kind: draw[kind]()}


def _by_label(studied: Studied, dataset: str, ids: Mapping[str, str]) -> dict[str, str]:
    """The ids of the cells of a dataset by how comparisons call them."""
    labels = zip(studied.results.curves, cell_labels(studied.results.curves), strict=True)
    return {label: ids[cell.label] for cell, label in labels if cell.dataset == dataset}


def _note(group: Group) -> str:
    """Which cells are drawn, and what bounds beside exact values mean."""
    return " ".join(filter(None, (group.note, bound_note(cell.curves.measure for cell in group.drawn))))


def _drawing(figure: PaperFigure, name: str, what: tuple[Kind, str], data: Mapping[str, Any]) -> dict[str, Any]:
    """`what` is the kind, and a note on what is drawn, which the captions of figures have already."""
    kind, note = what
    own = (f"{_RUNS} {note}".strip(), "Metrics of every run by model.")
    caption, alt = own if kind == "metrics" else (figure.caption, figure.alt)
    first, _, rest = caption.partition(". ")
    shown = f"{first.rstrip('.')}."
    about = {"name": name, "kind": kind, "caption": shown, "rest": rest, "alt": alt}
    return about | {"data": data, "json": script_json(data)}


_RUNS = (
    "A dot a run that did not diverge, by the metric that is chosen; upright mark and line: mean and its 95 % "
    "Student t interval. Runs that diverged are counted in the table of all metrics."
)


def _picture(figure: PaperFigure, name: str, resolution: int = RESOLUTION) -> dict[str, str]:
    """A figure as an image with its words."""
    source = png_source(figure, resolution)
    return {"name": name, "source": source, "alt": figure.alt, "caption": figure.caption, "heading": _heading(name)}


def _heading(name: str) -> str:
    return name.split("-", 1)[0].capitalize()


def _resolution(name: str) -> int:
    return 160 if name == "densities" else RESOLUTION


def _pictures(cell: PicturedCell) -> dict[str, Any]:
    """What a cell's fold-out holds: stills first, then what moves."""
    stills = [_picture(figure, name) for name, figure in cell.figures().items()]
    moving = [
        {"name": name, "source": gif_source(animation.data), "alt": animation.alt, "caption": animation.caption}
        for name, animation in cell.animations().items()
    ]
    return {"title": cell.label, "stills": stills, "moving": moving}
