"""Settings in a file beside the table of a run."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.readers.foreign_files import csv
from tests.readers.imports import one

from genconv.errors import InputError
from genconv.readers.cells import read_cells
from genconv.readers.options import ImportOptions


def _lightning_logs(root: Path, rates: Sequence[float], seeds: Sequence[int]) -> Path:
    """What Lightning's `CSVLogger` leaves of a run for each rate and seed."""
    for version, (rate, seed) in enumerate((rate, seed) for rate in rates for seed in seeds):
        folder = root / f"lightning_logs/version_{version}"
        csv(folder / "metrics.csv", "epoch,step,val_loss", f"0,9,{3 + rate}", f"1,19,{2 + rate + seed / 100}")
        (folder / "hparams.yaml").write_text(f"lr: {rate}\nseed: {seed}\nmodel: mlp\n")
    return root / "lightning_logs"


def test_hyper_parameters_that_lightning_writes_beside_its_tables(tmp_path: Path) -> None:
    path = _lightning_logs(tmp_path, (0.001, 0.01), (0, 1))
    said = r"seed 0 occurs twice .*'version_0' and 'version_2'.* differ in lr \(0.001, 0.01\): --model or --group-by lr"
    with pytest.raises(InputError, match=said):
        read_cells([path], ImportOptions())
    with pytest.raises(InputError, match=r"lr \(0.001, 0.01\): --group-by lr makes cells of their own"):
        read_cells([path], ImportOptions(model="unet"))
    cells, lines = read_cells([path], ImportOptions(group_by=("lr",)))
    found = [(one.cell.model, one.cell.settings, one.cell.seeds) for one in cells]
    assert found == [("mlp", {"lr": "0.001"}, (0, 1)), ("mlp", {"lr": "0.01"}, (0, 1))]
    assert "settings from 'hparams.yaml'" in lines[0]
    named, _ = read_cells([path], ImportOptions(columns={"model": "model+lr"}))
    assert [one.cell.model for one in named] == ["model=mlp, lr=0.001", "model=mlp, lr=0.01"]


def test_runs_of_other_seeds_whose_settings_differ_are_told(tmp_path: Path) -> None:
    path = _lightning_logs(tmp_path, (0.001,), (0, 1))
    (path / "version_1/hparams.yaml").write_text("lr: 0.01\nseed: 7\nmodel: mlp\n")
    found = one(path)
    assert found.cell.seeds == (0, 7)
    assert any("the runs differ in lr (0.001, 0.01)" in note for note in found.notes)


def test_settings_of_hydra_beside_a_table(tmp_path: Path) -> None:
    for job in range(2):
        csv(tmp_path / f"multirun/{job}/losses.csv", "epoch,val_loss", "0,3", f"1,{2 + job}")
        (tmp_path / f"multirun/{job}/.hydra").mkdir()
        (tmp_path / f"multirun/{job}/.hydra/config.yaml").write_text(f"seed: {5 + job}\noptimizer:\n  lr: 0.1\n")
    cell = one(tmp_path / "multirun").cell
    assert cell.seeds == (5, 6)
    assert cell.common_settings == {"optimizer.lr": "0.1"}
