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
from genconv.report.embed import inline_svg, png_source, script_json
from genconv.report.figures import dataset_figures
from genconv.report.groups import by_dataset, file_names, series
from genconv.report.interactive_curves import interactive_curves
from genconv.report.style import looks
from genconv.store.collection import Collection
from genconv.store.files import one_line


def build_page(collection: Collection, title: str, command: str | None = None) -> str:
    """Make the page as HTML text; what the results do not have (samples, configuration) is left out of it."""
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
        datasets=_datasets(collection),
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


def _datasets(collection: Collection) -> list[dict[str, Any]]:
    groups = by_dataset(collection.cells)
    safe = file_names(groups)
    colours = looks(series(cell) for cell in collection.curves)
    sections = []
    for dataset, cells in groups.items():
        curves = [cell.curves for cell in cells]
        figures = dataset_figures(collection, dataset)
        interactive = interactive_curves(curves, colours)
        densities = figures.get("densities")
        section = {
            "name": dataset,
            "slug": safe[dataset],
            "reference": next((text for text in map(page_rows.reference_text, curves) if text), ""),
            "curves": script_json(interactive),
            "has_log": interactive["ranges"]["log"] is not None,
            "caption": figures["curves"].caption,
            "bars": inline_svg(figures["bars"], f"bars-{safe[dataset]}"),
            "bars_caption": figures["bars"].caption,
            "densities": densities
            and {"source": png_source(densities), "alt": densities.alt, "caption": densities.caption},
        }
        sections.append(section)
    return sections


def _plotly() -> Markup:
    """Give Plotly's own program, for the inside of a `<script>` element."""
    return Markup(get_plotlyjs().replace("</script", "<\\/script"))  # noqa: S704 (a library's text, not a user's)
