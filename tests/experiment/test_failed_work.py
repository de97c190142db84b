"""What a device or a disk cannot do is failed work, told in one line; nothing half-done stays."""

from pathlib import Path
from typing import NoReturn

import jax
import pytest
from safetensors import SafetensorError

from genconv.config.study import Study
from genconv.errors import WorkError
from genconv.experiment import trained as running
from genconv.experiment.execute import run_study
from genconv.store import runs
from genconv.store.plans import FOLDER
from genconv.store.runs import save_run
from tests.experiment.synthetic_runs import record

STUDY = 'name = "a"\nseeds = 1\n[[cells]]\nmodels = "vae"\ndatasets = "rings"'


@pytest.mark.parametrize("error", [MemoryError(), jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of\nmemory")])
def test_a_device_without_memory(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(running, "CellTrainer", fail)
    with pytest.raises(WorkError, match=r"^vae on rings: the device cannot do this \(.*[Oo]ut of memory\)$"):
        run_study(Study.from_toml(STUDY, "here"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


def test_a_disk_that_fills_up_while_weights_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise SafetensorError("No space left on device")

    monkeypatch.setattr(runs, "write_arrays", fail)
    with pytest.raises(WorkError, match=r"cannot write .*: not enough space \(.* free of .*\)"):
        save_run(tmp_path, record())
    assert list(tmp_path.iterdir()) == []
