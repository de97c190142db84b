"""`genconv sample`: plain arrays, as many as asked for, the same every time."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

import genconv as genconv_api
from tests.cli.commands import genconv
from tests.cli.conftest import Grown, Ran


@pytest.fixture(scope="module")
def runs(grown: Grown) -> list[Path]:
    return sorted(grown.folder.iterdir())[:2]


def test_one_file_a_run_without_pickle(runs: list[Path], quickly: None, tmp_path: Path) -> None:
    done = genconv("sample", *runs, "-n", "50", "-o", tmp_path / "a")
    assert done.code == 0
    assert done.out.splitlines() == [str(tmp_path / "a" / f"{run.name}.npy") for run in runs]
    arrays = [np.load(path, allow_pickle=False) for path in done.out.splitlines()]
    for array in arrays:
        assert (array.shape, array.dtype) == ((50, 2), np.float32)
        assert np.isfinite(array).all()
    assert not np.array_equal(*arrays)


def test_the_same_samples_every_time(runs: list[Path], quickly: None, tmp_path: Path) -> None:
    for name in "ab":
        genconv("sample", runs[0], "-n", "50", "-o", tmp_path / name)
    one, other = (next((tmp_path / name).iterdir()).read_bytes() for name in "ab")
    assert one == other


class Heard(genconv_api.Observer):
    """What is told of samples."""

    def __init__(self) -> None:
        self.drawn: list[int] = []

    def samples_drawn(self, run: str, drawn: int, count: int) -> None:
        assert count == MANY
        self.drawn.append(drawn)


MANY = 70_001
"""More than are drawn at a time."""


def test_many_samples_come_in_parts_of_one_size_which_are_told(runs: list[Path], quickly: None) -> None:
    heard = Heard()
    samples = genconv_api.sample(runs[0], MANY, observer=heard)
    assert heard.drawn == [0, 35_001, MANY]
    assert samples.shape == (MANY, 2)
    assert len(np.unique(samples, axis=0)) == MANY, "no part repeats another"


def test_samples_are_interrupted_between_parts(runs: list[Path], quickly: None) -> None:
    class Impatient(genconv_api.Observer):
        def samples_drawn(self, run: str, drawn: int, count: int) -> None:
            if drawn:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        genconv_api.sample(runs[0], MANY, observer=Impatient())


def test_an_exact_model_too(ran: Ran, quickly: None, tmp_path: Path) -> None:
    (run, *_) = sorted(ran.folder.glob("rings-flow-*"))
    done = genconv("sample", run, "-n", "7", "-o", tmp_path)
    assert done.code == 0
    assert np.load(done.out.strip(), allow_pickle=False).shape == (7, 2)


def test_weights_that_do_not_fit_are_named(runs: list[Path], tmp_path: Path) -> None:
    from tests.experiment.synthetic_runs import store  # noqa: PLC0415

    (folder,) = store(tmp_path / "runs", 1)
    done = genconv("sample", folder, "-o", tmp_path / "samples")
    assert f"{folder}: its weights do not fit model 'vae'" in done.error
    assert done.code == 2


def test_a_full_disk_is_told_and_leaves_no_part_of_a_file(runs: list[Path], quickly: None, tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("a tmpfs cannot be mounted here")
    try:
        done = genconv("sample", runs[0], "-n", "50000", "-o", tmp_path)
        assert done.code == 1
        assert "cannot write samples to" in done.error
        assert "not enough space" in done.error
        assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)  # noqa: S603, S607


def test_many_samples_are_drawn_some_at_a_time(
    runs: list[Path], quickly: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genconv.experiment import sampling  # noqa: PLC0415

    monkeypatch.setattr(sampling, "_ROWS", 20)
    done = genconv("sample", runs[0], "-n", "50", "-o", tmp_path)
    samples = np.load(done.out.strip(), allow_pickle=False)
    assert (samples.shape, samples.dtype) == ((50, 2), np.float32)
    assert len(np.unique(samples, axis=0)) == 50


def test_more_samples_than_there_is_room_for_are_refused(
    runs: list[Path], quickly: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genconv.experiment import sampling  # noqa: PLC0415

    monkeypatch.setattr(sampling, "_BYTES", 800)
    done = genconv("sample", runs[0], "-n", "101", "-o", tmp_path)
    assert (done.code, done.error) == (2, "number of samples = 101: must be at most 100")
