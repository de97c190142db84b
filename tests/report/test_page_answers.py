"""What the page says first, and its tables, on results of every kind."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_cells import curves, imported, stored
from test_page import Page

from genconv.curves import CellCurves
from genconv.measure import ELBO, EXACT, Measure
from genconv.report.page.build import build_page
from genconv.report.page.overview import overview
from genconv.report.sentences import verdict_sentence
from genconv.statistics.compare import compare_cells
from genconv.statistics.summary import estimate
from genconv.store.load import load
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


@pytest.fixture(scope="module")
def plain() -> Page:
    """Two models on one dataset."""
    return _page(curves(), curves("vae"))


@pytest.fixture(scope="module")
def rich() -> Page:
    """Two models on two datasets: a bound beside exact values, diverged runs, and a model above the Gaussian."""
    vae = curves("vae", measure=ELBO)
    worse = replace(vae, validation=vae.validation + 6.0)
    moons = [curves("flow", dataset="moons"), curves("vae", dataset="moons", measure=ELBO)]
    return _page(curves(died={0: 3, 2: 5}), worse, *moons)


def test_the_verdict_stands_before_the_table():
    collection = imported(curves(), curves("vae"))
    text = build_page(collection, "x")
    page = Page(text)
    (one,) = compare_cells(collection.cells).results
    assert verdict_sentence(one) not in page.text  # the forest shows it, and the table below has its numbers
    assert ": 4 runs of a cell decide almost nothing, run 10." in page.text
    assert text.index("Answers") < text.index('class="lead"') < text.index("Loss curves") < text.index("<table")
    assert "Which of flow and vae converges lower on 8gaussians" in page.text


def test_diverged_runs_are_told_with_the_interval_of_their_rate(rich: Page):
    assert "Diverged: flow 2 of 4 (rate 7 to 93 %)." in rich.text


def test_what_lies_above_the_gaussian_is_said_first(plain: Page, tmp_path: Path):
    assert "end above the Gaussian" not in plain.text
    vae = curves("vae", measure=ELBO)
    stored(tmp_path, curves(measure=ELBO))
    stored(tmp_path, replace(vae, validation=vae.validation + 6.0))
    page = Page(build_page(load([tmp_path]), "x"))
    assert "Runs of vae (4 of 4) end above the Gaussian by the bound: no bound shows" in page.text
    assert "standard error of 0.03" in page.text
    assert page.text.count("above the Gaussian by the bound") >= 5  # and of each run in the table


def test_a_likelihood_in_error_wins_nothing(tmp_path: Path):
    wrong = curves("wrong")
    stored(tmp_path, curves())
    stored(tmp_path, replace(wrong, validation=wrong.validation - 6.0))
    page = Page(build_page(load([tmp_path]), "x"))
    answer = page.text.index(
        "The likelihood of wrong is in error, for it lies below the entropy: no comparison with it"
    )
    assert answer < page.text.index("wrong's")
    assert "Runs of wrong (4 of 4) end below the floor" in page.text


def test_curves_without_their_points_are_not_held_against_a_line(rich: Page):
    assert "end above the Gaussian" not in rich.text
    assert "On how many points the runs of any cell were evaluated is not on record" in rich.text
    assert "so no run is held against the entropy or the Gaussian" in rich.text


def test_an_exact_value_beside_a_bound_is_never_a_ranking(rich: Page):
    lead = rich.text[rich.text.index("Answers") : rich.text.index("A row is a cell")]
    assert "vae's own NLL may be lower" in lead
    assert "converges lowest," not in lead
    chart = rich.chart()
    assert [cell["name"] for cell in chart["cells"]] == ["vae: NLL bound (ELBO)", "flow: NLL"]
    assert (chart["label"], chart["unit"]) == ("NLL or its bound, nats", "nats")
    assert rich.text.count("the NLL of a model with a bound may be lower") >= 2
    assert "in the table of all metrics. Numbers are taken as they are: the NLL of a model with a bound" in rich.text
    kinds = {(row["model"], row["kind"], row["unit"], row["method"]) for row in _csv(rich, "overview")}
    assert {("flow", "exact", "nats", ""), ("vae", "bound", "nats", "ELBO")} <= kinds


def test_losses_that_share_no_axis_get_charts_of_their_own():
    hinge = Measure("loss", "", "", "hinge")
    page = _page(curves(), curves("gan", measure=hinge), curves("wgan", measure=hinge))
    assert "Loss curves: NLL, nats" in page.text
    assert "Loss curves: hinge" in page.text
    charts = {name: json.loads(text) for name, text in page.scripts.items() if name.startswith("figure-")}
    assert [chart["label"] for chart in charts.values()] == ["NLL, nats", "hinge"]
    assert [line["name"] for line in charts["figure-8gaussians_hinge"]["lines"]] == []
    excess = {row["model"] for row in _csv(page, "overview") if row["metric"] == "excess"}
    assert excess == {"flow"}
    assert "the lowest median final loss first; where the losses of two cells do not compare, each kind" in page.text


def test_an_exact_value_by_a_method_is_called_an_nll():
    measures = {"flow": EXACT, "flow-matching": Measure("exact", "nats", "ODE, 32 steps")}
    cells = [estimate(curves(name, measure=measure), "corrected", "t") for name, measure in measures.items()]
    says = [row[1].replace("\N{NO-BREAK SPACE}", " ") for row in overview(cells, ["a", "b"]).rows]
    assert says == ["NLL", "NLL (ODE, 32 steps)"]


def test_csv_tables_hold_full_precision(plain: Page):
    cell = curves()
    row = next(row for row in _csv(plain, "overview") if (row["model"], row["metric"]) == ("flow", "last"))
    last = estimate(cell, "corrected", "t").estimates["last"]
    assert float(row["mean"]) == np.sort(cell.validation[:, -1]).mean()
    assert (float(row["mean_low"]), float(row["mean_high"])) == (last.mean_interval.low, last.mean_interval.high)
    assert len(_csv(plain, "comparisons-8gaussians")) == 1
    assert {row["k"] for row in _csv(plain, "stability-8gaussians")} == {"1", "2", "3", "4"}
    seeds = _csv(plain, "cell-8gaussians-flow-corrected-seeds")
    assert [float(row["last"]) for row in seeds] == cell.validation[:, -1].tolist()


def test_several_datasets_are_put_on_one_scale(plain: Page, rich: Page):
    assert [row["model"] for row in _csv(rich, "over-datasets")] == ["flow", "vae"]
    assert "Over all datasets" not in plain.text


def test_rankings_that_flip_are_told_and_every_cell_has_a_link_of_its_own():
    fall = np.array([[5.0, 1.0, 3.0], [5.0, 1.1, 3.1]])
    steady = np.array([[5.0, 2.0, 2.0], [5.0, 2.1, 2.1]])
    cells = [
        CellCurves("a b", name, "imported", (0, 1), losses, losses, (None, None))
        for name, losses in (("dips/1", fall), ("steady", steady))
    ]
    page = _page(*cells)
    assert "Of the runs left steady has the lower mean of last, dips/1 of min." in page.text
    ids = {attributes.get("id") for tag, attributes in page.tags if tag == "details"}
    assert {"cell-a_b-dips_1-imported", "cell-a_b-steady-imported"} <= ids


def test_a_study_of_the_published_size_stays_small():
    models = [curves(f"model{i}", seeds=10, epochs=500, dataset=f"d{i % 3}", died={0: 9}) for i in range(13)]
    assert len(build_page(Results(imported(*models).cells), "x").encode()) < 3e6


def test_a_panel_with_nothing_to_show_is_one_line():
    few = _page(curves(seeds=3), curves("vae", seeds=3))
    assert "3 runs of a cell cannot tell what fewer would have said: run 10." in few.text
    assert "No cell has more than 3 runs left, too few to rank: run 10." in few.text
    vae = curves("vae", seeds=7)
    steady = _page(curves(seeds=7), replace(vae, validation=vae.validation + 1.0))
    assert "any one run of each cell puts flow first, by every metric" in steady.text
    labels = [plot.get("data-alt") or "" for plot in (*few.named("div"), *steady.named("div"))]
    assert not any("names another winner" in label for label in labels)
    assert sum("rank correlation" in label for label in labels) == 1
