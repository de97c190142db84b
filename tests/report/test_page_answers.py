"""What the page says first, and its tables, on results of every kind."""

import csv
import io
import json
import re

import numpy as np
import pytest
from synthetic_cells import curves, imported
from test_page import Page

from genconv.curves import CellCurves
from genconv.measure import EXACT
from genconv.report.page.build import build_page
from genconv.report.sentences import verdict_sentence
from genconv.statistics.compare import compare_cells
from genconv.statistics.summary import estimate
from genconv.store.results import Results

ENDINGS = {
    "one seed": [curves(seeds=1), curves("vae", seeds=1)],
    "one cell": [curves()],
    "one seed of one cell": [curves(seeds=1)],
    "all diverged": [curves(died=dict.fromkeys(range(4), 3)), curves("vae", died=dict.fromkeys(range(4), 0))],
    "one cell all diverged": [curves(died=dict.fromkeys(range(4), 3))],
    "one cell left": [curves(died=dict.fromkeys(range(4), 3)), curves("vae")],
    "one epoch": [curves(epochs=1), curves("vae", epochs=1)],
    "no reference": [curves(reference=None), curves("vae", reference=None)],
    "two protocols": [curves(), curves(protocol="published")],
}


def _page(*cells: CellCurves) -> Page:
    return Page(build_page(imported(*cells), "x"))


def _csv(page: Page, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(json.loads(page.scripts[f"csv-{name}"]))))


@pytest.mark.parametrize("cells", ENDINGS.values(), ids=ENDINGS)
def test_a_page_has_no_broken_panels_and_no_stray_words(cells: list[CellCurves]):
    page = _page(*cells)
    assert "Answers" in page.text
    assert not re.search(r"\b(nan|None|inf)\b", page.text.replace("None of ", ""))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[:2] == [1, 2]


def test_the_verdict_stands_before_the_table():
    cells = (curves(), curves("vae"))
    collection = imported(*cells)
    text = build_page(collection, "x")
    page = Page(text)
    for one in compare_cells(collection.cells).results:
        assert verdict_sentence(one) in page.text
    assert text.index("Answers") < text.index("<table") < text.index("Loss curves")
    assert "Which of flow and vae converges lowest on 8gaussians" in page.text


def test_lost_seeds_are_told_with_the_interval_of_their_rate():
    text = _page(curves(died={0: 3, 2: 5}), curves("vae")).text
    assert "Diverged: flow 2 of 4 (rate 7 to 93 %)." in text


def test_what_the_ladder_flags_is_said_first():
    text = _page(curves(), curves("vae")).text
    assert "above the Gaussian: misspecification" not in text
    worse = CellCurves("8gaussians", "vae", "x", (0, 1), np.full((2, 6), 9.0), np.full((2, 6), 9.0), (None, None))
    worse = CellCurves(**{**vars(worse), "reference": curves().reference, "measure": EXACT})
    assert "Runs of vae end above the Gaussian: misspecification" in _page(curves(), worse).text


def test_csv_tables_hold_full_precision():
    cell = curves()
    page = _page(cell, curves("vae"))
    row = next(row for row in _csv(page, "overview") if (row["model"], row["metric"]) == ("flow", "last"))
    last = estimate(cell, "corrected", "t").estimates["last"]
    assert float(row["mean"]) == np.sort(cell.validation[:, -1]).mean()
    assert (float(row["mean_low"]), float(row["mean_high"])) == (last.mean_interval.low, last.mean_interval.high)
    assert len(_csv(page, "comparisons-8gaussians")) == 1
    assert {row["k"] for row in _csv(page, "stability-8gaussians")} == {"1", "2", "3", "4"}
    seeds = _csv(page, "cell-8gaussians-flow-corrected-seeds")
    assert [float(row["last"]) for row in seeds] == cell.validation[:, -1].tolist()


def test_every_cell_has_a_link_of_its_own():
    page = _page(curves(), curves("vae"), curves("a/b", dataset="a b"))
    ids = {attributes.get("id") for tag, attributes in page.tags if tag == "details"}
    assert {"cell-8gaussians-flow-corrected", "cell-8gaussians-vae-corrected", "cell-a_b-a_b-corrected"} <= ids


def test_several_datasets_are_put_on_one_scale():
    cells = [curves(model, dataset=dataset) for model in ("flow", "vae") for dataset in ("8gaussians", "moons")]
    assert [row["model"] for row in _csv(_page(*cells), "over-datasets")] == ["flow", "vae"]
    assert "Over all datasets" not in _page(curves(), curves("vae")).text


def test_rankings_that_flip_are_told():
    fall = np.array([[5.0, 1.0, 3.0], [5.0, 1.1, 3.1]])
    steady = np.array([[5.0, 2.0, 2.0], [5.0, 2.1, 2.1]])
    cells = [
        CellCurves("d", name, "imported", (0, 1), losses, losses, (None, None))
        for name, losses in (("dips", fall), ("steady", steady))
    ]
    assert "steady is lower by last, dips by min." in _page(*cells).text


def test_a_study_of_the_published_size_stays_small():
    models = [curves(f"model{i}", seeds=10, epochs=500, dataset=f"d{i % 3}", died={0: 9}) for i in range(13)]
    assert len(build_page(Results(imported(*models).cells), "x").encode()) < 3e6
