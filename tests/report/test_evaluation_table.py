"""Losses on held-out data and units in use, a row a cell."""

import csv
import io
from typing import Any

import numpy as np
import pytest

from genconv.curves import CellCurves, Divergence
from genconv.report.page.build import build_page
from genconv.report.page.panels import evaluation_table
from genconv.store.results import Results, StoredCell

EVALUATION = {
    "loss": [90.0, 92.0, 1e9],
    "reconstruction": [70.0, 71.0, 1e9],
    "kl": [20.0, 21.0, 1e9],
    "importance_weighted": [88.0, 89.0, 1e9],
    "redraw_sd": [0.1, 0.1, 1e9],
    "halves_difference": [0.4, -0.4, 1e9],
    "active_units_1": [30.0, 31.0, 0.0],
    "active_units_2": [4.0, 4.0, 0.0],
}


def cell(**evaluation: Any) -> StoredCell:
    curves = np.linspace(100, 90, 12).reshape(3, 4)
    died = (None, None, Divergence(1, "blow-up"))
    values = {name: np.array(numbers) for name, numbers in evaluation.items()}
    return StoredCell(CellCurves("mnist", "lvae", "corrected", (0, 1, 2), curves, curves, died, None, values))


def test_means_units_and_noise_of_the_survivors() -> None:
    table = evaluation_table([cell(**EVALUATION)], "mnist")
    assert table is not None
    (row,) = table.rows
    assert row == (
        *("corrected", "lvae", "91.000 ± 1.414", "70.500 ± 0.707", "20.500 ± 0.707", "88.500 ± 0.707"),
        *("30.5 / 4", "1.414", "0.100", "0.200"),
    )
    (data,) = csv.DictReader(io.StringIO(table.csv))
    assert (data["seeds"], float(data["loss"]), data["active_units"]) == ("2", 91.0, "30.5 4.0")


def test_an_exact_likelihood_has_no_bound_and_no_units() -> None:
    exact = {name: EVALUATION[name] for name in ("loss", "reconstruction", "kl", "halves_difference")}
    table = evaluation_table([cell(**exact)], "rings")
    assert table is not None
    assert table.rows[0][5:7] == ("–", "–")


def test_imported_curves_have_no_table() -> None:
    assert evaluation_table([cell()], "mnist") is None


@pytest.mark.parametrize("evaluated", [True, False])
def test_the_page_shows_it(evaluated: bool) -> None:
    page = build_page(Results((cell(**(EVALUATION if evaluated else {})),)), "a", None)
    assert ("On held-out data" in page) is evaluated
    assert ("30.5 / 4" in page) is evaluated
