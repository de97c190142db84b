"""One self-contained HTML page about a collection of results: it opens offline and fetches nothing."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from genconv.errors import InputError
from genconv.report.choice import Choice
from genconv.report.figures.studied import Studied
from genconv.report.labels import dataset_words
from genconv.report.page.answers import answers
from genconv.report.page.cells import cell_ids, cell_parts
from genconv.report.page.colours import dark_rules
from genconv.report.page.embed import script_json
from genconv.report.page.facts import configurations, diverged_table, environments, imports, uncounted_table
from genconv.report.page.methods import methods
from genconv.report.page.overview import aggregate_table, metrics_table, overview
from genconv.report.page.path import paths
from genconv.report.page.prose import findings, headline, question
from genconv.report.page.registry import registry
from genconv.report.page.sections import dataset_sections
from genconv.report.page.seeds import seed_parts
from genconv.report.tables.metrics import shown_metrics
from genconv.report.unbroken import unbroken
from genconv.statistics.summary import estimate
from genconv.store.files import unwritten
from genconv.store.results import Results
from genconv.store.uncounted import lines as uncounted_lines
from genconv.store.writing import remove_abandoned, write_file


def build_page(
    results: Results,
    title: str,
    command: str | None = None,
    choice: Choice | None = None,
    threshold: float | None = None,
    *,
    description: str = "",
    live: bool = False,
) -> str:
    """Make the page as HTML text without what the results do not have; `InputError` if `choice` fits none of them.

    `description` says below the title what the runs are for.
    One that is `live` asks where it comes from for what is in training.
    """
    if not results.cells:
        raise InputError(f"no page: no run has a number ({'; '.join(uncounted_lines(results.uncounted)) or 'no cell'})")
    choice = choice or Choice()
    choice.check(results.cells)
    studied = Studied(results, choice, threshold)
    cells = [cell for group in studied.datasets.values() for cell in group]
    curves = [cell.curves for cell in cells]
    estimates = [estimate(cell, "corrected", "t") for cell in curves]
    entropy = any(cell.reference is not None and cell.measure.says_nll for cell in curves)
    found, mixed = studied.comparisons, len({cell.measure.kind for cell in curves} - {"loss"}) > 1
    ids = cell_ids(cells)
    said = findings(studied.datasets, found, estimates, results.looks, results.uncounted)
    template = environment().get_template("page.html.jinja")
    return template.render(
        title=title,
        description=description,
        live=live,
        command=command,
        registry=script_json(registry(cells, studied.colours, ids)),
        question=question(curves),
        headline=headline(curves, results.uncounted),
        problems=results.problems,
        answers=answers(studied, said, ids),
        overview=overview(estimates, list(ids.values())),
        aggregates=[] if found is None else [aggregate_table(scores, mixed) for scores in found.aggregates],
        metrics=metrics_table(estimates, list(ids.values())),
        datasets=dataset_sections(studied, ids, estimates),
        paths=paths(results),
        seeds=seed_parts(studied),
        diverged=diverged_table(curves),
        uncounted=uncounted_table(results.uncounted),
        lost=uncounted_lines(results.uncounted),
        runs=sum(len(cell.seeds) for cell in curves),
        cells=cell_parts(cells, estimates),
        methods=methods(shown_metrics(estimates), entropy),
        configurations=configurations(cells),
        imports=imports(cells),
        environments=environments(cells),
    )


def write_page(path: Path, html: str) -> Path:
    """Write `html` to `path`, whole or not at all; `WorkError` if that fails."""
    try:
        remove_abandoned(path.parent, path.name)
        write_file(path, lambda temporary: temporary.write_bytes(html.encode("utf-8", "replace")), durable=False)
    except OSError as error:
        raise unwritten(f"the page cannot be written to '{path}'", path.parent, error) from None
    return path


@cache
def environment() -> Environment:
    """Where the templates are."""
    made = Environment(
        loader=PackageLoader("genconv.report.page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["unbroken"] = unbroken
    made.filters["named"] = dataset_words
    made.globals["dark_rules"] = dark_rules
    return made
