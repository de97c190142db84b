"""One self-contained HTML page about a collection of results: it opens offline and fetches nothing."""

import os
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from genconv.report.choice import Choice
from genconv.report.figures.catalogue import MEDIAN, Studied
from genconv.report.labels import file_names
from genconv.report.page import rows as page_rows
from genconv.report.page.cells import cell_ids, cell_parts
from genconv.report.page.methods import methods
from genconv.report.page.overview import aggregate_table, metrics_table, overview
from genconv.report.page.prose import findings, question
from genconv.report.page.rows import PageTable
from genconv.report.page.sections import dataset_sections
from genconv.statistics.summary import estimate
from genconv.store.files import unwritten
from genconv.store.results import Results


def build_page(collection: Results, title: str, command: str | None = None, choice: Choice = MEDIAN) -> str:
    """Make the page as HTML text without what the results do not have; `InputError` if `choice` fits none of them."""
    choice.check(collection.cells)
    studied = Studied(collection, choice)
    cells = [cell for group in studied.groups.values() for cell in group]
    curves = [cell.curves for cell in cells]
    estimates = [estimate(cell, "corrected", "t") for cell in curves]
    names = [name.replace("_", " ") for name in page_rows.metric_names(estimates)]
    template = _environment().get_template("page.html.jinja")
    return template.render(
        title=title,
        command=command,
        question=question(curves),
        headline=page_rows.headline(curves),
        problems=collection.problems,
        findings=findings(studied.groups, studied.comparisons, estimates),
        overview=overview(estimates, list(cell_ids(cells).values())),
        aggregates=[] if studied.comparisons is None else [*map(aggregate_table, studied.comparisons.aggregates)],
        metrics=metrics_table(curves, estimates),
        datasets=dataset_sections(studied),
        slugs=file_names(studied.groups),
        lost=_lost_table(page_rows.lost_rows(curves)),
        runs=sum(len(cell.seeds) for cell in curves),
        cells=cell_parts(cells, estimates),
        methods=methods(names),
        configurations=page_rows.configurations(cells),
        environments=page_rows.environments(cells),
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
        raise unwritten(f"the page cannot be written to '{path}'", path.parent, error) from None
    return path


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("genconv.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _lost_table(rows: list[list[str]]) -> PageTable | None:
    if not rows:
        return None
    caption = "Epochs and optimizer steps count from 0; a dash where the step is not on record."
    ordered = [(cell, cause, seed, epoch, step) for cell, seed, epoch, step, cause in rows]
    return PageTable("diverged-runs", caption, ("cell", "cause", "seed", "epoch", "step"), 2, ordered)
