"""TensorBoard, MLflow and W&B, from files as those tools write them."""

import math
from pathlib import Path

import numpy as np
import pytest
from tests.readers.foreign_files import crc32c, event_file, mlflow_database, mlflow_run, wandb_file

from genconv.errors import InputError
from genconv.readers.cells import Import, read_cells
from genconv.readers.options import ImportOptions
from genconv.store.imported import open_imported, save_imported
from genconv.store.load import load

CURVES = {"loss/train": [4.0, 3.0, 2.0], "loss/val": [4.5, 3.5, 2.5], "accuracy": [0.1, 0.2, 0.3]}
PARAMETERS = {"seed": "11", "model": "flow", "dataset": "rings", "lr": "0.1"}


def one(path: Path, **options: object) -> Import:
    (found,) = read_cells([path], ImportOptions(**options))[0]  # type: ignore[arg-type]
    return found


def test_the_checksum_of_the_standard() -> None:
    assert crc32c(b"123456789") == 0xE3069283


@pytest.mark.parametrize("tensor", [False, True])
def test_event_files(tmp_path: Path, tensor: bool) -> None:
    for seed in (7, 3):
        event_file(tmp_path / f"vae/seed_{seed}", CURVES, tensor)
    cell = one(tmp_path / "vae", dataset="rings").cell
    assert (cell.model, cell.seeds) == ("vae", (3, 7))
    np.testing.assert_array_equal(cell.training, [CURVES["loss/train"]] * 2)
    np.testing.assert_array_equal(cell.validation, [CURVES["loss/val"]] * 2)


def test_event_files_of_keras_in_folders_of_splits(tmp_path: Path) -> None:
    event_file(tmp_path / "run1/train", {"epoch_loss": [3, 2]}, tensor=True)
    event_file(tmp_path / "run1/validation", {"epoch_loss": [4, 3]}, tensor=True)
    cell = one(tmp_path, model="m", dataset="d").cell
    np.testing.assert_array_equal(cell.training, [[3, 2]])
    np.testing.assert_array_equal(cell.validation, [[4, 3]])
    assert cell.seeds == (1,)
    assert (cell.epochs_at, cell.steps_at) == (None, None)  # epochs 0 and 1


def test_folders_of_the_splits_train_and_test(tmp_path: Path) -> None:
    event_file(tmp_path / "20240513-101010/train", {"loss": [3, 2]})
    event_file(tmp_path / "20240513-101010/test", {"loss": [4, 3]})
    cell = one(tmp_path, model="m", dataset="d").cell
    np.testing.assert_array_equal(cell.training, [[3, 2]])
    np.testing.assert_array_equal(cell.validation, [[4, 3]])


def test_hyper_parameters_that_lightning_writes_beside_event_files(tmp_path: Path) -> None:
    for version, rate in enumerate((0.1, 0.2)):
        event_file(tmp_path / f"version_{version}", {"val_loss": [4, 3.0 - version]})
        (tmp_path / f"version_{version}/hparams.yaml").write_text(
            f"lr: {rate}\nseed: {41 + version}\nnet:\n  depth: 2\n"
        )
    found = one(tmp_path, model="m", dataset="d")
    assert found.cell.seeds == (41, 42)
    assert any("the runs differ in lr (0.1, 0.2)" in note for note in found.notes)
    assert found.cell.common_settings == {"net.depth": "2"}


def test_event_files_of_tensorboards_own_writer(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto import event_pb2, summary_pb2  # noqa: PLC0415
    from tensorboard.summary.writer.event_file_writer import EventFileWriter  # noqa: PLC0415

    writer = EventFileWriter(str(tmp_path / "seed5"))
    for step, loss in enumerate([3.0, 2.0, math.nan]):
        value = summary_pb2.Summary.Value(tag="val_loss", simple_value=loss)
        writer.add_event(event_pb2.Event(step=step, summary=summary_pb2.Summary(value=[value])))
    writer.close()
    cell = one(tmp_path, model="m", dataset="d").cell
    np.testing.assert_array_equal(cell.validation, [[3, 2, np.nan]])
    assert cell.seeds == (5,)


def test_training_losses_between_validations_are_averaged(tmp_path: Path) -> None:
    names = {"train_loss": [9.0, 5.0, 3.0, 4.0, 2.0]}
    event_file(tmp_path / "seed0", names)
    rows = [{"_step": str(step), "train_loss": str(loss)} for step, loss in enumerate(names["train_loss"])]
    rows[2]["val_loss"], rows[4]["val_loss"] = "2.5", "1.5"
    found = one(wandb_file(tmp_path / "w/run-a.wandb", {}, rows), model="m", dataset="d")
    np.testing.assert_allclose(found.cell.training, [[17 / 3, 3]])
    np.testing.assert_array_equal(found.cell.validation, [[2.5, 1.5]])


def test_offline_runs_of_wandb(tmp_path: Path) -> None:
    rows = [{"train/loss": "4.0", "val/loss": "4.5", "note": '"' + "x" * 20_000 + '"'}] * 4
    rows.append({"train/loss": "3.0", "val/loss": "NaN"})
    config = {"seed": "11", "model": '"flow"', "dataset": '"rings"', "_wandb": "{}"}
    for name in "ab":
        config["seed"] = str(11 + ord(name) - ord("a"))
        wandb_file(tmp_path / f"wandb/offline-run-{name}/run-{name}.wandb", config, rows)
    cell = one(tmp_path / "wandb").cell
    assert (cell.model, cell.dataset, cell.seeds) == ("flow", "rings", (11, 12))
    np.testing.assert_array_equal(cell.validation, [[4.5] * 4 + [np.nan]] * 2)
    assert cell.provenance["labels"] == ["run-a", "run-b"]


def test_the_file_store_of_mlflow(tmp_path: Path) -> None:
    mlflow_run(tmp_path / "mlruns", "aa", CURVES, PARAMETERS)
    mlflow_run(tmp_path / "mlruns", "bb", CURVES, {**PARAMETERS, "seed": "2"})
    mlflow_run(tmp_path / "mlruns", "cc", CURVES, PARAMETERS, stage="deleted")
    cells, lines = read_cells([tmp_path / "mlruns"], ImportOptions())
    (cell,) = (found.cell for found in cells)
    assert (cell.model, cell.dataset, cell.seeds) == ("flow", "rings", (2, 11))
    np.testing.assert_array_equal(cell.training, [CURVES["loss/train"]] * 2)
    assert "left out: 1 run marked as deleted ('run cc')" in lines[0]


def test_the_database_of_mlflow(tmp_path: Path) -> None:
    losses = {"train_loss": [4.0, 3.0], "val_loss": [4.0, math.nan]}
    runs = {
        "a": (losses, PARAMETERS),
        "b": ({**losses, "val_loss": [math.inf, 1.0]}, {**PARAMETERS, "seed": "1"}),
        "deleted": (losses, PARAMETERS),
    }
    cell = one(mlflow_database(tmp_path / "mlflow.db", runs)).cell
    assert cell.seeds == (1, 11)
    np.testing.assert_array_equal(cell.validation, [[np.inf, 1], [4, np.nan]])
    assert not cell.curves().diverged.any()
    again = one(tmp_path / "mlflow.db", nan="diverged").cell
    assert [d and (d.epoch, d.cause) for d in again.curves().divergences] == [
        (0, "non-finite loss"),
        (1, "non-finite loss"),
    ]


def test_the_user_names_a_metric_and_a_parameter(tmp_path: Path) -> None:
    runs = {uuid: ({"nats": [3.0, 2.0]}, {"rng": seed}) for uuid, seed in (("a", "8"), ("b", "9"))}
    path = mlflow_database(tmp_path / "mlflow.db", runs)
    with pytest.raises(InputError, match=r"no loss among the scalars \('nats'\): choose with --columns"):
        one(path, model="m", dataset="d")
    assert one(path, model="m", dataset="d", columns={"validation": "nats", "seed": "rng"}).cell.seeds == (8, 9)
    with pytest.raises(InputError, match="has no scalar 'nuts' for validation: it has 'nats'"):
        one(path, columns={"validation": "nuts"})
    with pytest.raises(InputError, match="run 'run a': has no parameter 'sed' for seed"):
        one(path, columns={"validation": "nats", "seed": "sed"})


def test_other_scalars_are_kept_at_places_of_their_own(tmp_path: Path) -> None:
    for seed, more in ((0, {"speed": [1.0, 2.0]}), (1, {})):
        event_file(tmp_path / f"logs/vae/seed_{seed}", CURVES | more)
    cell = one(tmp_path / "logs/vae", dataset="rings").cell
    assert sorted(cell.scalars) == ["accuracy", "speed"]
    np.testing.assert_allclose(cell.scalars["accuracy"].values, [CURVES["accuracy"]] * 2)
    np.testing.assert_array_equal(cell.scalars["speed"].values, [[1, 2], [math.nan, math.nan]])
    folder, _ = save_imported(tmp_path / "store", cell)
    (stored,) = load([tmp_path / "store"])
    assert stored.quantities == ("training.loss", "validation.loss", "scalar.accuracy", "scalar.speed")
    accuracy = stored.quantity("scalar.accuracy")
    np.testing.assert_array_equal(accuracy.places, stored.curves.places)
    assert open_imported(folder).identity == cell.identity
