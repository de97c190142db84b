"""The study's own curves give the study's own table, and show what the table left out."""

import csv
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from genconv.curves import CellCurves
from genconv.metrics import summarise
from genconv.store.study_json import read_curve_file

pytestmark = pytest.mark.data

DIED = {  # seeds whose validation curve holds a NaN, and all of these count as diverged
    ("8gaussians", "flow"): (1, 1),
    ("checkerboard", "flow"): (5, 5),
    ("mnist", "flow"): (9, 9),
    ("8gaussians", "lvae"): (2, 2),
    ("checkerboard", "lvae"): (5, 5),
}


@cache
def folder() -> Path:
    """Where the study's curve files lie; skips the test if nowhere."""
    if "GENCONV_PUBLISHED" in os.environ:
        path = Path(os.environ["GENCONV_PUBLISHED"])
    elif "GENCONV_DATA" in os.environ:
        path = Path(os.environ["GENCONV_DATA"]) / ".." / "published"
    else:
        pytest.skip("the study's curves are not here: set GENCONV_PUBLISHED, or GENCONV_DATA beside them")
    if not path.is_dir():
        pytest.skip(f"the study's curves are not here: no folder '{path}'")
    return path


@cache
def cells() -> dict[tuple[str, str], CellCurves]:
    read = [read_curve_file(path) for path in sorted(folder().glob("*.json"))]
    return {(cell.dataset, cell.model): cell for cell in read}


def expected() -> dict[tuple[str, str], dict[str, str]]:
    table = folder() / ".." / "spec" / "published-tables.csv"
    if not table.is_file():
        pytest.skip(f"the study's table is not here: no file '{table}'")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row.pop("dataset"), row.pop("model")): row for row in rows}


def test_the_published_table() -> None:
    table = expected()
    assert set(cells()) <= set(table)
    assert {key for key in set(table) - set(cells()) if key[0] != "omniglot"} == set()
    for key, cell in cells().items():
        for name, summary in summarise(cell, "published").metrics.items():
            shown = table[key][name]
            rounded = f"{summary.mean:.6g}" if "e+" in shown else round(summary.mean, 1 + (name != "exceeds"))
            assert float(rounded) == float(shown), (key, name, summary.mean)


def test_the_published_table_leaves_out_whom_it_cannot_average() -> None:
    counted = {key: summarise(cell, "published").metrics["last"].n for key, cell in cells().items()}
    assert {key: n for key, n in counted.items() if n != 10} == {
        ("8gaussians", "lvae"): 8,
        ("checkerboard", "lvae"): 5,
    }


def test_who_diverged() -> None:
    for key, cell in cells().items():
        died = int(np.isnan(cell.validation).any(axis=1).sum())
        assert (died, summarise(cell, "corrected").diverged) == DIED.get(key, (0, 0)), key


def test_losses_are_positive_whatever_the_sign_in_the_file() -> None:
    for key, cell in cells().items():
        assert np.nanmin(cell.validation) > 0, key
