"""Every recorded quantity can be chosen in the chart, along epochs, steps or wall time where these are on record."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from synthetic_cells import curves, imported, stored
from test_page import Page

import genconv
from genconv.report.page.build import build_page
from genconv.store.cutting import until
from genconv.store.load import load
from genconv.store.results import Results


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("recorded")
    for model, best in (("mine", 2.0), ("other", 2.5)):
        for seed in range(2):
            with genconv.record(folder, model=model, dataset="photos", seed=seed) as run:
                for epoch in range(1, 6):
                    further = {"accuracy": 1 - 1 / epoch} if model == "mine" else {}
                    time.sleep(0.002)
                    run.log(epoch=epoch, training=best + 1 / epoch, validation=best + 1.1 / epoch, **further)
    return genconv.load([folder])


def _more(page: Page) -> dict[str, dict]:
    return json.loads(next(text for name, text in page.scripts.items() if name.startswith("more-")))


def test_what_a_script_logs_beside_its_losses_is_a_quantity_of_its_cell(recorded: Results):
    cell = next(cell for cell in recorded if cell.curves.model == "mine")
    assert cell.quantities == ("training.loss", "validation.loss", "scalar.wall_seconds", "scalar.accuracy")
    accuracy = cell.quantity("scalar.accuracy")
    np.testing.assert_array_equal(accuracy.epochs, range(5))
    np.testing.assert_allclose(accuracy.values, [[0, 1 / 2, 2 / 3, 3 / 4, 4 / 5]] * 2)
    assert (np.diff(cell.quantity("scalar.wall_seconds").values) > 0).all()
    assert until(recorded, 3)[0].quantity("scalar.wall_seconds").values.shape == (2, 3)
    rows = recorded.to_polars()
    assert rows.filter((rows["split"] == "scalar") & (rows["quantity"] == "accuracy")).height == 10


def test_the_chart_has_each_of_them_and_the_wall_time(recorded: Results):
    page = Page(build_page(recorded, "x"))
    more = _more(page)
    assert list(more) == ["training.loss", "scalar.wall_seconds", "scalar.accuracy"]
    assert more["scalar.accuracy"]["title"] == "accuracy"
    ids = [cell["id"] for cell in page.chart()["cells"]]
    assert [cell and cell["id"] for cell in more["scalar.accuracy"]["cells"]] == [ids[0], None]
    assert page.chart()["timed"]
    assert len(page.chart()["cells"][0]["times"]) == 5
    options = [option["value"] for option in page.named("option") if "." in (option["value"] or "")]
    assert options[:2] == ["validation.loss", "training.loss"]


def test_runs_of_ones_own_have_every_quantity_and_no_wall_time(tmp_path: Path):
    stored(tmp_path, curves(died={1: 5}))
    page = Page(build_page(load([tmp_path]), "x"))
    assert not page.chart()["timed"]
    training = _more(page)["training.loss"]
    assert training["title"] == "training NLL, nats"
    assert training["cells"][0]["ends"][0]["seed"] == 1


def test_a_run_has_one_name_in_every_chart_and_table():
    page = Page(build_page(imported(curves(died={1: 5}), curves("vae")), "x"))
    cells = {cell["id"]: cell for cell in json.loads(page.scripts["cells-data"])}
    charted = {cell["id"]: cell["seeds"] for cell in page.chart()["cells"]}
    assert charted == {name: cell["seeds"] for name, cell in cells.items()}
    assert cells["cell-8gaussians-flow-corrected"]["ends"][1] is None
    buttons = {button.get("data-run") for button in page.named("button") if "data-run" in button}
    assert buttons == {f"{name}/{seed}" for name, cell in cells.items() for seed in cell["seeds"]}


def test_long_quantities_are_thinned_and_it_says_so():
    cell = curves(seeds=40, epochs=12_000)
    page = Page(build_page(imported(replace(cell, training=cell.training + 1)), "x"))
    training = _more(page)["training.loss"]
    assert training["thinned"]
    assert training["epochs"] == 10_000
    assert len(training["cells"][0]["y"]) == 40
