"""Cells and runs are chosen by settings, of own runs and of imported ones alike."""

import numpy as np
import pytest
from tests.experiment.synthetic_runs import cell, store
from tests.readers.foreign_files import mlflow_run

from genconv.config.training import TrainingConfig
from genconv.errors import InputError
from genconv.readers.into_store import import_into
from genconv.readers.options import ImportOptions
from genconv.store.load import load
from genconv.store.results import Results
from genconv.store.selection import grouped, is_value, with_settings


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two cells that differ in the batch size, and one with another learning rate besides."""
    root = tmp_path_factory.mktemp("own")
    store(root, 3, cell(training=TrainingConfig(epochs=7, batch_size=128)))
    store(root, 2, cell(training=TrainingConfig(epochs=7, batch_size=256)))
    store(root, 1, cell(training=TrainingConfig(epochs=7, batch_size=256, learning_rate=0.5)))
    return load([root])


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """One imported cell, whose runs differ in a learning rate and agree in a depth."""
    root = tmp_path_factory.mktemp("foreign")
    for number, rate in enumerate(("0.1", "0.01", "0.1")):
        losses = {"loss": [9.0 - number, 3.0], "val_loss": [8.0 - number, 2.0]}
        mlflow_run(root / "mlruns", f"r{number}", losses, {"seed": str(number), "lr": rate, "depth": "2"})
    import_into(root / "runs", [root / "mlruns"], ImportOptions("m", "d"))
    return load([root / "runs"])


def test_cells_with_a_setting(own: Results) -> None:
    assert [len(one.curves.seeds) for one in with_settings(own, {"training.batch_size": ["128"]})] == [3]
    assert len(with_settings(own, {"training.batch_size": ["128", "256"]})) == 3
    both = with_settings(own, {"training.batch_size": ["256"], "training.learning_rate": ["5e-1"]})
    assert [one.settings["training.learning_rate"] for one in both] == [0.5]
    assert both.notes == ("--where: 1 of 3 cells, 1 of 6 runs",)


def test_a_setting_or_a_value_that_no_cell_has(own: Results) -> None:
    with pytest.raises(InputError, match=r"unknown setting 'training.batchsize': did you mean 'training.batch_size'"):
        with_settings(own, {"training.batchsize": ["1"]})
    with pytest.raises(InputError, match=r"no cell has training.batch_size = 7: values are '(128|256)', '(128|256)'"):
        with_settings(own, {"training.batch_size": ["7"]})


def test_runs_of_an_imported_cell_are_chosen_by_the_setting_in_which_they_differ(foreign: Results) -> None:
    (one,) = with_settings(foreign, {"lr": ["1e-1"]})
    assert one.curves.seeds == (0, 2)
    np.testing.assert_array_equal(one.curves.validation, [[8.0, 2.0], [6.0, 2.0]])
    assert one.settings == {"depth": "2", "lr": "0.1"}
    assert len(with_settings(foreign, {"depth": ["2"]})) == 1
    with pytest.raises(InputError, match=r"no cell has lr = 5: values are '0.1', '0.01'"):
        with_settings(foreign, {"lr": ["5"]})


def test_an_imported_cell_is_split_by_a_setting(foreign: Results) -> None:
    found = grouped(foreign, ["lr", "depth"])
    assert {one.curves.variant: one.curves.seeds for one in found} == {
        "lr=0.1, depth=2": (0, 2),
        "lr=0.01, depth=2": (1,),
    }
    with pytest.raises(InputError, match="unknown setting 'rate': known are depth, lr"):
        grouped(foreign, ["rate"])


def test_cells_that_agree_in_what_groups_them_are_not_merged(own: Results) -> None:
    message = r"differ in 'training.learning_rate': --where training.learning_rate=… chooses one, --group-by training"
    with pytest.raises(InputError, match=message):
        grouped(own, ["training.batch_size"])
    named = grouped(own, ["training.batch_size", "training.learning_rate"])
    assert sorted(one.curves.variant for one in named)[0].startswith("batch_size=128, learning_rate=")


@pytest.mark.parametrize(
    ("recorded", "text", "same"),
    [
        (0.001, "1e-3", True),
        ("0.001", "1e-3", True),
        (True, "true", True),
        (True, "1", False),
        (None, "none", True),
        ([8, 8], "[8, 8]", True),
        ("adam", "adamw", False),
    ],
)
def test_values_are_compared_as_what_they_are(recorded: object, text: str, same: bool) -> None:
    assert is_value(recorded, text) is same
