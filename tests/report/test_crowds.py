"""Very many cells, seeds and pairs: a named part is drawn, all are in the numbers, and the page stays small."""

import csv
import io
import json
import re
from typing import Any

import numpy as np
import pytest
from synthetic_cells import curves, imported

from genconv.curves import CellCurves
from genconv.report import limits as crowds
from genconv.report.choice import Choice
from genconv.report.figures.catalogue import figures_of, group_figures
from genconv.report.figures.studied import Studied
from genconv.report.limits import drawn_cells, drawn_runs, main_pairs
from genconv.report.page.build import build_page
from genconv.statistics.compare import compare_cells

CELLS = 40


def cell(number: int, seeds: int = 3, epochs: int = 8) -> CellCurves:
    """The higher the number, the higher the losses."""
    one = curves(f"m{number:02}", seeds=seeds, epochs=epochs)
    shift = 0.05 * number + 0.01 * np.random.default_rng(number).normal(size=(seeds, 1))
    return CellCurves(**{**vars(one), "validation": one.validation + shift})


@pytest.fixture(scope="module")
def many() -> str:
    return build_page(imported(*map(cell, range(CELLS))), "Many").replace("\N{NO-BREAK SPACE}", " ")


def data(page: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_of_many_cells_the_lowest_are_drawn_and_all_are_tabled(many: str) -> None:
    chart = data(many, "figure-8gaussians")
    assert [one["name"] for one in chart["cells"]] == [f"m{number:02}" for number in range(crowds.MOST_CELLS)]
    assert many.count(f"Drawn: the {crowds.MOST_CELLS} of {CELLS} cells with the lowest median final loss.") > 3
    rows = csv.DictReader(io.StringIO(data(many, "csv-metrics-table")))
    assert len({row["model"] for row in rows}) == CELLS
    assert len(many) < 2e6


def test_of_many_pairs_those_of_the_lowest_cell_are_shown_and_all_are_in_the_file(many: str) -> None:
    pairs = CELLS * (CELLS - 1) // 2
    note = f"Shown: {crowds.NEAREST} of {pairs} comparisons, those of m00, which leads, nearest first."
    assert many.count(note) == 2
    assert len(list(csv.reader(io.StringIO(data(many, "csv-comparisons-8gaussians"))))) == 1 + pairs
    assert many.count("m00 below m") <= crowds.NEAREST + 2
    assert "others" in many


def test_of_many_seeds_some_are_drawn_and_all_are_in_median_and_table() -> None:
    crowd = curves(seeds=400, epochs=300, died={7: 5})
    page = build_page(imported(crowd), "Seeds")
    (drawn,) = data(page, "figure-8gaussians")["cells"]
    assert len(drawn["seeds"]) == len(drawn["y"]) == crowds.MOST_LINES
    alive = np.delete(crowd.validation, 7, axis=0)
    np.testing.assert_allclose(drawn["median"], np.median(alive, axis=0), rtol=1e-5)
    assert f"Thin lines: {crowds.MOST_LINES} of 400 runs" in page
    table = data(page, "csv-cell-8gaussians-flow-corrected-seeds")
    assert len(list(csv.reader(io.StringIO(table)))) == 401
    assert len(page) < 2.5e6


def test_the_best_and_the_worst_seed_are_drawn() -> None:
    crowd = curves(seeds=50)
    ends = crowd.validation[:, -1]
    drawn = drawn_runs(crowd, crowds.MOST_LINES // 10)
    assert len(drawn) == 10
    assert {int(ends.argmin()), int(ends.argmax())} <= set(drawn)
    assert drawn_runs(crowd, 2) == list(range(50))
    assert drawn_runs(crowd, 10_000) == [int(ends.argmin())]


def test_a_cell_that_lost_every_seed_gives_way() -> None:
    lost = curves("a", seeds=2, died={0: 0, 1: 0})
    cells = imported(lost, *(cell(number) for number in range(crowds.MOST_CELLS))).cells
    assert [one.curves.model for one in drawn_cells(cells)] == [one.curves.model for one in cells[1:]]
    assert drawn_cells(cells[:5]) == list(cells[:5])


def test_few_pairs_are_all_shown_unless_other_datasets_have_many() -> None:
    judged = compare_cells(imported(*map(cell, range(4))).cells).results
    assert main_pairs(judged, len(judged)) == list(judged)
    shown = main_pairs(judged, crowds.MOST_COMPARISONS + 1)
    assert [(one.comparison.a.label, one.comparison.b.label) for one in shown] == [
        ("m00", "m01"), ("m00", "m02"), ("m00", "m03")
    ]  # fmt: skip


def test_figures_of_a_crowd_stay_small_and_say_so() -> None:
    collection = imported(*(cell(number, seeds=2) for number in range(CELLS)))
    figures = figures_of(collection, kinds=["forest", "metrics", "gap"])
    assert all(figure.get_figheight() < 15 for figure in figures.values())
    assert all("of 780 comparisons" in one.caption or "20 of 40 cells" in one.caption for one in figures.values())
    few = Studied(imported(cell(0), cell(1)), Choice())
    assert not any("Drawn:" in one.caption for one in group_figures(few, few.groups["8gaussians"][0], "gap").values())
