"""The page as `genconv watch` serves it: the same page, with what is in training first, which asks for its data."""

from typing import Any

from genconv.report.page.build import build_page, environment
from genconv.report.page.embed import script_json
from genconv.report.page.training import Training
from genconv.store.results import Results

_TRAINING, _VERSION = "<!--TRAINING-->", "<!--VERSION-->"
"""Stand in a page for what is put there at each request; no name can hold them, since `<` is escaped everywhere."""
TITLE = "Convergence"


def finished_page(results: Results, title: str = TITLE) -> str:
    """The page of runs that are over, for `with_training`."""
    return build_page(results, title, live=True)


def waiting_page(store: str, problem: str = "") -> str:
    """The same while no run is over: it says so."""
    template = environment().get_template("waiting.html.jinja")
    return template.render(title=TITLE, store=store, problem=problem, live=True)


def with_training(page: str, training: Training, version: str) -> str:
    """The page with what is in training, and its version, by which it knows when to ask for a later one."""
    charts = list(training.charts())
    module: Any = environment().get_template("training.html.jinja").module
    section = module.section(training, charts, script_json(training.registry))
    return page.replace(_VERSION, version, 1).replace(_TRAINING, str(section), 1)
