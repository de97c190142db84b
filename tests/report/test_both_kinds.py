"""Exact values beside bounds: every figure that shows both says what that means."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic_cells import curves

from genconv.measure import ELBO, EXACT, Measure, importance_weighted
from genconv.report.figures.catalogue import figures_of
from genconv.report.figures.style import PaperFigure
from genconv.store.results import Results, StoredCell

NOTE = "the NLL of a model with a bound may be lower"
IWAE = importance_weighted(64)
WITHIN_A_MODEL = ("early", "divergence", "variance", "twins", "warning", "samples", "densities")
"""Figures that hold no number of one model against one of another."""


def _evaluated(model: str, dataset: str, start: float, measure: Measure, died: int | None = None) -> StoredCell:
    runs = np.linspace(0.0, 0.3, 10)[:, np.newaxis]
    losses = start + runs + np.arange(11.0, -1, -1) / 4
    dead = {} if died is None else {died: 5}
    cell = replace(
        curves(model, dataset=dataset, seeds=10, died=dead, measure=EXACT if measure == EXACT else ELBO),
        training=losses,
        validation=losses,
        measures={"importance_weighted" if measure == IWAE else "loss": measure},
        evaluation={"importance_weighted" if measure == IWAE else "loss": losses[:, -1]},
    )
    return StoredCell(cell)


@pytest.fixture(scope="module")
def figures() -> dict[str, PaperFigure]:
    cells = [
        _evaluated(name, dataset, start, measure, died)
        for dataset in ("8gaussians", "rings", "moons", "cos", "pinwheel", "checkerboard")
        for name, start, measure, died in (("flow", 3.0, EXACT, 3), ("vae", 3.1, IWAE, None), ("maf", 4.0, EXACT, None))
    ]
    return figures_of(Results(tuple(cells)))


def test_every_figure_of_both_kinds_says_so(figures: dict[str, PaperFigure]) -> None:
    kinds = {name.partition("-")[0] for name in figures}
    assert kinds >= {"curves", "metrics", "gap", "survival", "forest", "improvement", "profile", "ranks"}
    for name, figure in figures.items():
        if not name.startswith(WITHIN_A_MODEL):
            assert figure.caption.count(NOTE) == 1, name


def test_figures_of_one_kind_do_not() -> None:
    cells = [_evaluated(name, "rings", 3.0, EXACT) for name in ("flow", "maf")]
    assert not any(NOTE in figure.caption for figure in figures_of(Results(tuple(cells))).values())


def test_the_forest_calls_a_bound_one() -> None:
    cells = (_evaluated("flow", "rings", 3.0, EXACT), _evaluated("vae", "rings", 4.0, IWAE))
    figure = figures_of(Results(cells), kinds=["forest"])["forest-rings"]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "flow below vae's bound" in texts
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["decided"]
