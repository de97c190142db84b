"""The part of the page about each dataset: its figures with their words and tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from genconv.report.figures.catalogue import Kind, Studied
from genconv.report.figures.images import PicturedCell, pictured
from genconv.report.figures.style import RESOLUTION, PaperFigure
from genconv.report.labels import file_names
from genconv.report.limits import MOST_BARS, cells_note, main_pairs, seeds_note
from genconv.report.page import rows as page_rows
from genconv.report.page.chart_data import chart_data
from genconv.report.page.embed import gif_source, inline_svg, png_source, script_json
from genconv.report.page.panels import arrival_table, comparison_table, early_table, evaluation_table, lottery_table
from genconv.report.page.rows import PageTable
from genconv.report.sentences import verdict_sentence
from genconv.statistics.survival import threshold


@dataclass(frozen=True)
class Panel:
    """A heading, what it asks, figures, and the table behind them."""

    id: str
    heading: str
    words: str
    drawings: tuple[dict[str, Any], ...]
    table: PageTable | None = None
    sentences: tuple[str, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width of a large screen."""
        beside = len(self.drawings) + (len(self.sentences) > 1)
        return beside != 1 or any(drawing["wide"] for drawing in self.drawings)


_ASKED: dict[Kind, tuple[str, str]] = {
    "forest": ("Comparisons", "By how much does one model end below another, and is that more than chance?"),
    "ladder": ("Nats ladder", "How far above the floor does each seed end, and does it beat a Gaussian?"),
    "survival": ("Reaching a loss, and dying", "How soon do seeds come near the best, and how many never do?"),
    "lottery": ("Seed lottery", "Would a paper with fewer seeds have named another winner?"),
    "early": ("Does the early curve tell?", "Could a run have been judged before its end?"),
    "bars": ("Metrics over seeds", "The metrics of the study, side by side."),
}

_EVALUATED = (
    "On held-out data",
    "What do the models reach on data they have never seen, and how much of the spread is the evaluation's own?",
)


_NO_BARS = "Metrics are not drawn as bars on a page of so many cells: the table of all metrics has their numbers."


def dataset_sections(studied: Studied) -> list[dict[str, Any]]:
    """What the template needs, a dictionary a dataset."""
    safe = file_names(studied.groups)
    return [_section(studied, dataset, safe[dataset]) for dataset in studied.groups]


def _section(studied: Studied, dataset: str, slug: str) -> dict[str, Any]:
    cells = studied.groups[dataset]
    curves = [cell.curves for cell in cells]
    drawn = studied.drawn[dataset]
    in_chart = [cell.curves for cell in drawn]
    chart = chart_data(in_chart, studied.colours, dataset)
    notes = (cells_note(len(drawn), len(cells)), seeds_note(in_chart), _NO_BARS if _crowded(studied) else "")
    samples = studied.figures(dataset, "samples")
    return {
        "name": dataset,
        "slug": slug,
        "reference": next((text for text in map(page_rows.reference_text, curves) if text), ""),
        "chart": chart,
        "thinned": " ".join(filter(None, notes)),
        "left_out": notes[0],
        "curves": script_json(chart),
        "panels": list(_panels(studied, dataset, slug)),
        "pictured": [_picture(figure, f"{name}-{slug}", _resolution(name)) for name, figure in samples.items()],
        "pictures": [_pictures(cell) for cell in pictured(drawn, studied.choice)],
    }


def _panels(studied: Studied, dataset: str, slug: str) -> Iterator[Panel]:
    """Panels that the results can fill, in the order of the page."""
    for kind, (heading, words) in _ASKED.items():
        figures = {} if kind == "bars" and _crowded(studied) else studied.figures(dataset, kind)
        if figures:
            drawings = tuple(_drawing(figure, f"{name}-{slug}", kind) for name, figure in figures.items())
            table, sentences = _behind(studied, dataset, slug, kind)
            yield Panel(f"{kind}-of-{slug}", heading, words, drawings, table, sentences)
    if (evaluated := evaluation_table(studied.groups[dataset], slug)) is not None:
        yield Panel(f"held-out-of-{slug}", *_EVALUATED, (), evaluated)


def _crowded(studied: Studied) -> bool:
    return len(studied.collection.cells) > MOST_BARS


def _behind(studied: Studied, dataset: str, slug: str, kind: Kind) -> tuple[PageTable | None, tuple[str, ...]]:
    """The table below a figure, and what is said beside it."""
    cells, found = studied.groups[dataset], studied.comparisons
    if kind == "forest" and found is not None:
        judged = found.of(dataset)
        return comparison_table(found, dataset, slug), tuple(
            map(verdict_sentence, main_pairs(judged, len(found.results)))
        )
    if kind == "survival":
        aim = threshold([cell.curves for cell in cells])
        return (None if aim is None else arrival_table(cells, aim, slug)), ()
    if kind == "lottery":
        flips = () if found is None else found.reversals
        sentences = tuple(
            f"{one.a} is lower by {one.metric_a}, {one.b} by {one.metric_b}." for one in flips if one.dataset == dataset
        )
        return lottery_table(cells, slug), sentences or ("No pair of models changes places between min and last.",)
    return (early_table(cells, slug) if kind == "early" else None), ()


def _drawing(figure: PaperFigure, name: str, kind: Kind) -> dict[str, Any]:
    return {"name": name, "svg": inline_svg(figure, name), "caption": figure.caption, "wide": kind == "bars"}


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
        {"name": name, "source": gif_source(each.data), "alt": each.alt, "caption": each.caption}
        for name, each in cell.animations().items()
    ]
    return {"title": cell.label, "stills": stills, "moving": moving}
