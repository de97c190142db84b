"""One self-contained HTML page about a collection of results: it opens offline and fetches nothing."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from genconv.errors import WorkError
from genconv.metrics.cell import summarise
from genconv.report import page_rows
from genconv.report.choice import Choice
from genconv.report.embed import gif_source, inline_svg, png_source, script_json
from genconv.report.figures import MEDIAN, dataset_figures
from genconv.report.groups import by_dataset, file_names, series
from genconv.report.interactive_curves import interactive_curves
from genconv.report.picture_figures import PicturedCell, pictured
from genconv.report.style import RESOLUTION, PaperFigure, looks
from genconv.store.collection import Collection
from genconv.store.files import one_line


def build_page(collection: Collection, title: str, command: str | None = None, choice: Choice = MEDIAN) -> str:
    """Make the page as HTML text without what the results do not have; `InputError` if `choice` fits none of them."""
    choice.check(collection.cells)
    cells = [cell for group in by_dataset(collection.cells).values() for cell in group]
    curves = [cell.curves for cell in cells]
    summaries = [summarise(cell, "corrected") for cell in curves]
    names = page_rows.metric_names(summaries)
    template = _environment().get_template("page.html.jinja")
    return template.render(
        title=title,
        command=command,
        headline=page_rows.headline(curves),
        problems=collection.problems,
        metrics=[name.replace("_", " ") for name in names],
        rows=[(summary, page_rows.metric_row(summary, names)) for summary in summaries],
        variants=any(summary.variant for summary in summaries),
        datasets=_datasets(collection, choice),
        lost=page_rows.lost_rows(curves),
        runs=sum(len(cell.seeds) for cell in curves),
        configurations=page_rows.configurations(cells),
        environments=page_rows.environments(cells),
        plotly=_plotly(),
    )


def write_page(path: Path, html: str) -> Path:
    """Write `html` to `path`, whole or not at all; `WorkError` if that fails."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(html.encode("utf-8", "replace"))
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise WorkError(f"the page cannot be written to '{path}': {one_line(error)}") from None
    return path


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("genconv.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _datasets(collection: Collection, choice: Choice) -> list[dict[str, Any]]:
    groups = by_dataset(collection.cells)
    safe = file_names(groups)
    colours = looks(series(cell) for cell in collection.curves)
    sections = []
    for dataset, cells in groups.items():
        curves = [cell.curves for cell in cells]
        figures = dataset_figures(collection, dataset, choice)
        interactive = interactive_curves(curves, colours)
        section = {
            "name": dataset,
            "slug": safe[dataset],
            "reference": next((text for text in map(page_rows.reference_text, curves) if text), ""),
            "curves": script_json(interactive),
            "has_log": interactive["ranges"]["log"] is not None,
            "caption": figures["curves"].caption,
            "bars": inline_svg(figures["bars"], f"bars-{safe[dataset]}"),
            "bars_caption": figures["bars"].caption,
            "densities": _picture(figures.get("densities"), 160),
            "samples": _picture(figures.get("samples"), RESOLUTION),
            "pictures": [_pictures(cell) for cell in pictured(cells, choice)],
        }
        sections.append(section)
    return sections


def _picture(figure: PaperFigure | None, resolution: int) -> dict[str, str] | None:
    """A figure as an image with its words."""
    if figure is None:
        return None
    return {"source": png_source(figure, resolution), "alt": figure.alt, "caption": figure.caption}


def _pictures(cell: PicturedCell) -> dict[str, Any]:
    """What a cell's fold-out holds: stills first, then what moves."""
    stills = [_picture(figure, RESOLUTION) for figure in cell.figures().values()]
    moving = [
        {"source": gif_source(each.data), "alt": each.alt, "caption": each.caption}
        for each in cell.animations().values()
    ]
    return {"title": cell.label, "stills": stills, "moving": moving}


def _plotly() -> Markup:
    """Give Plotly's own program, for the inside of a `<script>` element."""
    return Markup(get_plotlyjs().replace("</script", "<\\/script"))  # noqa: S704 (a library's text, not a user's)
