"""A store of format 2 gives the numbers that the version gave that wrote it, and counts as finished."""

from pathlib import Path

import pytest

from genconv.experiment.execute import run_study
from genconv.measure import ELBO, EXACT, Measure
from genconv.store.load import load
from genconv.store.results import Results
from tests.cli.commands import genconv
from tests.golden.stores import HERE, TrainsNothing, assert_as_before, copy_of, expected_metrics, metrics_of, studies

STORE = HERE / "format-2"


@pytest.fixture(scope="module")
def results() -> Results:
    return load([STORE])


def test_the_table_of_metrics_is_equal_to_the_last_digit() -> None:
    for row, was in zip(metrics_of(STORE), expected_metrics("format-2"), strict=True):
        assert_as_before(row, was)


def test_its_studies_train_nothing(tmp_path: Path) -> None:
    folder = copy_of("format-2", tmp_path)
    found = [path for study in studies("format-2") for path in run_study(study, folder, TrainsNothing())]
    names = {path.name for path in folder.iterdir() if path.name != ".studies" and "imported" not in path.name}
    assert {path.name for path in found} == names


def test_every_folder_is_as_it_was_written() -> None:
    done = genconv("verify", STORE)
    assert (done.code, done.err) == (0, "")


def test_a_factorial_of_streams_is_one_cell(results: Results) -> None:
    (cell,) = results.where(model="vae")
    assert cell.curves.seeds == ("init 0, noise 0", "init 0, noise 1", "init 1, noise 0", "init 1, noise 1")


def test_every_number_says_what_it_is(results: Results) -> None:
    said = {cell.curves.model: cell.curves.measure for cell in results}
    assert said == {"vae": ELBO, "lvae": ELBO, "flow": EXACT, "svm": Measure(unit="hinge")}
    (flow,) = results.where(model="flow")
    assert flow.runs[0].examples["loss"].shape == (64,)
    assert flow.curves.evaluation["loss"][0] == pytest.approx(flow.runs[0].examples["loss"].mean(), rel=1e-6)


def test_numbers_that_are_not_stored_any_more_are_left_out(results: Results) -> None:
    (flow,) = results.where(model="flow")
    assert "halves_difference" in (flow.runs[0].path / "outcome.json").read_text()
    assert flow.curves.evaluation.keys() == {"loss"}
