"""What is exported and imported again has the same numbers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.experiment.synthetic_runs import cell, record
from tests.readers.foreign_files import csv

from genconv.config.training import TrainingConfig
from genconv.curves import Divergence
from genconv.errors import InputError
from genconv.export.targets import Target, write
from genconv.readers.into_store import import_into
from genconv.readers.options import ImportOptions
from genconv.store.load import load
from genconv.store.results import Results
from genconv.store.runs import RunRecord, save_run

Losses = dict[tuple[str, str], tuple[tuple[int | str, ...], list[list[float]], list[list[float]]]]


def lost(record: RunRecord, epoch: int) -> RunRecord:
    """A run that was frozen at an epoch: nothing but NaN from there on."""
    for name, values in record.curves.items():
        if name.endswith(".loss"):
            values[epoch:] = np.nan  # type: ignore[index]
    return record


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Two models, one with two batch sizes, a diverged run, and an imported cell with one loss."""
    root = tmp_path_factory.mktemp("out")
    for seed in (0, 3):
        save_run(root, record(seed, cell(model="flow")))
        save_run(root, record(seed))
        save_run(root, record(seed, cell(training=TrainingConfig(epochs=7, batch_size=64))))
    save_run(root, lost(record(5, divergence=Divergence(4, "non-finite loss", 17)), 4))
    source = csv(root / "source.csv", "seed,step,val_loss", "1,10,0.1", "1,25,0.2", "2,10,0.3", "2,25,0.4")
    import_into(root, [source], ImportOptions("tree", "rings"))
    return load([root])


def losses(results: Results) -> Losses:
    found: Losses = {}
    for one in results:
        curves = one.curves
        name = f"{curves.model} ({curves.variant})" if "batch_size" in curves.variant else curves.model
        training = np.nan_to_num(curves.training, nan=-1).tolist()
        validation = np.nan_to_num(curves.validation, nan=-1).tolist()
        found[curves.dataset, name] = (curves.seeds, training, validation)
    return found


def again(root: Path, *sources: Path) -> Results:
    import_into(root, sources, ImportOptions(datasets=("rings",)))
    return load([root])


@pytest.mark.parametrize("target", ["csv", "parquet"])
def test_tables(results: Results, tmp_path: Path, target: Target) -> None:
    paths = write(results, target, tmp_path / "out")
    assert [path.stem for path in paths] == ["curves_by_epoch", "curves_by_step", "recorded", "runs"]
    found = again(tmp_path / "store", *paths[:2])
    assert losses(found) == losses(results)
    by_name = {one.curves.model: one.curves for one in found}
    assert by_name["flow"].steps_at is None
    assert by_name["tree"].steps_at is not None
    assert by_name["tree"].steps_at.tolist() == [10, 25]
    assert sum(int(one.curves.diverged.sum()) for one in found) == 1


def test_event_files(results: Results, tmp_path: Path) -> None:
    paths = write(results, "tensorboard", tmp_path / "out")
    assert len(paths) == 9
    found = again(tmp_path / "store", tmp_path / "out")
    values = {seeds_and_losses for _, seeds_and_losses in sorted(map_to_text(losses(found)))}
    assert values == {seeds_and_losses for _, seeds_and_losses in sorted(map_to_text(losses(results)))}


def map_to_text(found: Losses) -> list[tuple[str, str]]:
    return [(name, repr(values)) for (_, name), values in found.items()]


@pytest.mark.filterwarnings("ignore")  # of their packages
@pytest.mark.parametrize(("target", "package"), [("wandb", "wandb"), ("mlflow", "mlflow")])
def test_trackers(results: Results, tmp_path: Path, target: Target, package: str) -> None:
    pytest.importorskip(package)
    write(results, target, tmp_path / "out")
    found = again(tmp_path / "store", tmp_path / "out")
    assert losses(found) == losses(results)
    assert {one.settings.get("training.epochs") for one in found} == {"7", None}


def test_tensorboard_itself_reads_what_is_written(results: Results, tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    tensors: Callable[..., np.ndarray] = pytest.importorskip("tensorboard.util.tensor_util").make_ndarray
    write(results.where(model="flow"), "tensorboard", tmp_path)
    read = accumulator.EventAccumulator(str(tmp_path / "flow_rings/seed_3"))
    read.Reload()
    (flow,) = results.where(model="flow")
    values = [float(tensors(event.tensor_proto)) for event in read.Tensors("val_loss")]
    assert values == flow.curves.validation[1].tolist()


def test_a_package_that_is_missing_is_named(results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wandb", None)
    with pytest.raises(InputError, match=r"wandb is not installed: pip install 'genconv\[wandb\]'"):
        write(results, "wandb", tmp_path)


def test_a_second_export_to_mlflow_is_refused(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("mlflow")
    (tmp_path / "mlflow.db").touch()
    with pytest.raises(InputError, match="exists: its runs would be there twice"):
        write(results, "mlflow", tmp_path)
