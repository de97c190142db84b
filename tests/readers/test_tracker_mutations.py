"""A change of what a tracker recorded changes the answer, or is named: nothing goes by without a word."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.readers.tracker_sources import WRITERS, Points, Runs

from genconv.errors import InputError
from genconv.readers.cells import read_cells
from genconv.readers.options import ImportOptions

SEEDS, STEPS = (1, 2, 3), 6
Change = Callable[[dict[str, Points]], dict[str, Points]]


def runs() -> dict[int, dict[str, Points]]:
    return {
        seed: {
            name: [(step, 9.0 - step + seed / 4 + shift) for step in range(STEPS)]
            for name, shift in (("train_loss", 0.0), ("val_loss", 0.5))
        }
        for seed in SEEDS
    }


def answer(folder: Path, writer: Callable[[Path, Runs], None], source: Runs) -> Any:
    """Curves and divergences of the cell, and everything that is said, but for paths; the error if it is refused."""
    writer(folder, source)
    try:
        (found,), lines = read_cells([folder], ImportOptions("m", "d"))
    except InputError as error:
        return str(error).replace(str(folder), "")
    cell = found.cell
    losses = (cell.training, cell.validation)
    curves = tuple(None if one is None else np.nan_to_num(one, nan=-1).tolist() for one in losses)
    said = [text.replace(str(folder), "") for text in (*found.notes, *lines)]
    return cell.seeds, curves, cell.divergences, said


def without(points: Points, *steps: int) -> Points:
    return [(step, value) for step, value in points if step not in steps]


def with_value(points: Points, at: int, number: float) -> Points:
    return [(step, number if step == at else value) for step, value in points]


CHANGES: dict[str, Change] = {
    "a validation is lost": lambda run: {**run, "val_loss": without(run["val_loss"], 2)},
    "a validation is NaN": lambda run: {**run, "val_loss": with_value(run["val_loss"], 2, math.nan)},
    "the last validation is NaN": lambda run: {**run, "val_loss": with_value(run["val_loss"], STEPS - 1, math.nan)},
    "a validation is infinite": lambda run: {**run, "val_loss": with_value(run["val_loss"], 3, math.inf)},
    "a training loss is NaN": lambda run: {**run, "train_loss": with_value(run["train_loss"], 2, math.nan)},
    "the training losses are lost": lambda run: {"val_loss": run["val_loss"]},
    "the run is cut short": lambda run: {name: without(points, 4, 5) for name, points in run.items()},
    "the run has no losses": lambda run: {"accuracy": run["val_loss"]},
    "a loss is another one": lambda run: {**run, "val_loss": with_value(run["val_loss"], 4, 1.0)},
}


@pytest.mark.parametrize("name", WRITERS)
def test_all_formats_say_the_same(name: str, tmp_path: Path) -> None:
    seeds, (training, validation), divergences, _ = answer(tmp_path / "a", WRITERS[name], runs())
    assert seeds == SEEDS
    assert training == [[value for _, value in run["train_loss"]] for run in runs().values()]
    assert validation == [[value for _, value in run["val_loss"]] for run in runs().values()]
    assert divergences == (None,) * 3


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", WRITERS)
def test_a_change_of_one_run_is_not_passed_over(name: str, change: str, tmp_path: Path) -> None:
    before = runs()
    after = {**before, 2: CHANGES[change](before[2])}
    told = answer(tmp_path / "after", WRITERS[name], after)
    assert told != answer(tmp_path / "before", WRITERS[name], before)
    if change == "the run is cut short":
        assert isinstance(told, str)
        assert "ends after 4" in told
    if change == "the run has no losses":
        text = told if isinstance(told, str) else " ".join(told[3])
        assert "left out: 1 run" in text or "no column" in text or "no loss" in text


@pytest.mark.parametrize("name", WRITERS)
def test_a_loss_that_is_called_otherwise_is_no_loss_in_silence(name: str, tmp_path: Path) -> None:
    renamed = {seed: {"train_loss": run["train_loss"], "score": run["val_loss"]} for seed, run in runs().items()}
    if name == "trainer":
        pytest.skip("its names are fixed")
    told = answer(tmp_path, WRITERS[name], renamed)
    assert isinstance(told, str) or any("one loss only" in text for text in told[3])
