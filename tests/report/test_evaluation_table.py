"""Losses on held-out data and units in use, a row a cell, each with what it says."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.experiment.synthetic_runs import record

from genconv.curves import CellCurves, Divergence
from genconv.measure import ELBO, EXACT, LOSS, Measure, importance_weighted
from genconv.report.page.build import build_page
from genconv.report.page.cells import cell_ids
from genconv.report.page.evaluation import evaluation_table
from genconv.report.page.table import PageTable
from genconv.store.load import load
from genconv.store.results import Results, StoredCell
from genconv.store.runs import save_run

BOUND: Mapping[str, Measure] = {"loss": ELBO, "importance_weighted": importance_weighted(64)}
EVALUATION = {
    "loss": [90.0, 92.0, 1e9],
    "reconstruction": [70.0, 71.0, 1e9],
    "kl": [20.0, 21.0, 1e9],
    "importance_weighted": [88.0, 89.0, 1e9],
    "importance_weighted_quarter": [88.5, 89.7, 1e9],
    "redraw_sd": [0.1, 0.1, 1e9],
    "active_units_1": [30.0, 31.0, 0.0],
    "active_units_2": [4.0, 4.0, 0.0],
}


def cell(measures: Mapping[str, Measure] = BOUND, **evaluation: Any) -> StoredCell:
    curves = np.linspace(100, 90, 12).reshape(3, 4)
    ended = (None, None, Divergence(1, "blow-up"))
    values = {name: np.array(numbers) for name, numbers in evaluation.items()}
    seeds, measure = (0, 1, 2), measures["loss"]
    return StoredCell(
        CellCurves("mnist", "lvae", "corrected", seeds, curves, curves, ended, None, values, "", measure, measures)
    )


def _table(cells: Sequence[StoredCell], slug: str) -> PageTable | None:
    return evaluation_table(cells, slug, cell_ids(cells))


def test_means_units_and_noise_of_the_runs_that_did_not_diverge() -> None:
    table = _table([cell(**EVALUATION)], "mnist")
    assert table is not None
    (row,) = table.rows
    assert row == (
        *("lvae", "NLL bound (ELBO), nats"),
        *("91.000 ± 1.414", "70.500 ± 0.707", "20.500 ± 0.707", "88.500 ± 0.707", "0.600"),
        *("30.5 / 4", "1.414", "0.100", "–"),
    )
    (data,) = csv.DictReader(io.StringIO(table.csv))
    assert (data["runs"], float(data["loss"]), data["active_units"]) == ("2", 91.0, "30.5 4.0")
    assert (data["kind"], data["unit"], data["method"]) == ("bound", "nats", "ELBO")
    assert (data["weighted_method"], float(data["falls"])) == ("IWAE, k = 64", pytest.approx(0.6))


def test_an_exact_likelihood_stands_in_every_column_that_bounds_have() -> None:
    table = _table([cell({"loss": EXACT}, loss=EVALUATION["loss"])], "rings")
    assert table is not None
    assert table.rows[0][1:7] == ("NLL, nats", "91.000 ± 1.414", "–", "–", "91.000 ± 1.414", "–")


def test_a_loss_is_no_likelihood() -> None:
    table = _table([cell({"loss": LOSS}, loss=EVALUATION["loss"])], "rings")
    assert table is not None
    assert table.rows[0][1:7] == ("loss", "91.000 ± 1.414", "–", "–", "–", "–")


def test_the_error_of_the_mean_loss_is_that_of_the_examples(tmp_path: Path) -> None:
    losses = np.linspace(3, 5, 401)
    for seed in range(3):
        save_run(tmp_path, replace(record(seed), examples={"loss": losses.astype(np.float32)}))
    table = _table(load([tmp_path]).cells, "rings")
    assert table is not None
    assert table.header[-1] == "error of the examples"
    error = losses.std(ddof=1) / np.sqrt(401)
    assert table.rows[0][-1] == f"{error:.3f}"
    (data,) = csv.DictReader(io.StringIO(table.csv))
    assert float(data["examples_error"]) == pytest.approx(error, rel=1e-6)


def test_imported_curves_have_no_table() -> None:
    assert _table([cell()], "mnist") is None


@pytest.mark.parametrize("evaluated", [True, False])
def test_the_page_shows_it(evaluated: bool) -> None:
    page = build_page(Results((cell(**(EVALUATION if evaluated else {})),)), "a", None)
    assert ("On held-out data" in page) is evaluated
    assert ("30.5 / 4" in page) is evaluated
