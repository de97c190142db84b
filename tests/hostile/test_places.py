"""Pipes, devices, links and names that lead elsewhere, where plain files and folders are expected."""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from genconv.coordinates import Coordinates
from genconv.errors import InputError, WorkError
from genconv.store.checkpoints import FOLDER as TRAINING
from genconv.store.checkpoints import Checkpoint, cell_folder, latest_checkpoint, save_checkpoint, set_folder
from genconv.store.folders import prepare
from genconv.store.lock import held, holder
from tests.data.images.drawings import FOLDER, drawings, png
from tests.experiment.synthetic_runs import cell, store
from tests.hostile.commands import harmless


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _directory(path: Path) -> None:
    path.mkdir()


NO_FILES = pytest.mark.parametrize("make", [_pipe, _device, _loop, _directory])


@NO_FILES
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.toml", ("run", "a.toml", "-o", "out")),
        ("vae_rings_1.json", ("metrics", "vae_rings_1.json")),
        ("vae_rings_1.json", ("import", "vae_rings_1.json", "-o", "out")),
        ("a.csv", ("import", "a.csv", "-o", "out")),
        ("a.parquet", ("import", "a.parquet", "-o", "out")),
        ("a.db", ("import", "a.db", "-o", "out")),
        ("a.npy", ("train", "-m", "vae", "-d", "./a.npy", "-o", "out")),
        ("a.npz", ("train", "-m", "vae", "-d", "./a.npz", "-o", "out")),
    ],
)
def test_no_plain_file_where_one_is_expected(
    name: str, words: tuple[str, ...], make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / name)
    assert harmless(words, tmp_path).code == 2


@NO_FILES
@pytest.mark.parametrize("name", ["config.json", "curves.safetensors", "weights.safetensors", "manifest.json"])
def test_no_plain_file_in_a_run(name: str, make: Callable[[Path], None], tmp_path: Path) -> None:
    (run,) = store(tmp_path / "runs", 1)
    (run / name).unlink()
    make(run / name)
    assert harmless(("metrics", "runs"), tmp_path).code == 2
    assert harmless(("verify", "runs"), tmp_path).code == 1


@NO_FILES
def test_no_plain_file_among_the_data(make: Callable[[Path], None], tmp_path: Path) -> None:
    for folder, name in (("mnist", "train-images-idx3-ubyte.gz"), ("omniglot", "images_background.zip")):
        (tmp_path / folder).mkdir()
        make(tmp_path / folder / name)
        assert harmless(("data", "verify", folder, "--data-dir", "."), tmp_path).code in {1, 2}


@NO_FILES
def test_no_plain_file_under_training(make: Callable[[Path], None], tmp_path: Path) -> None:
    save_checkpoint(tmp_path, cell(), Checkpoint((Coordinates.of_seed(0),), 3, {}, {"a": np.zeros(2)}))
    folder = set_folder(tmp_path, cell(), (Coordinates.of_seed(0),))
    state = folder / "000003" / "state.safetensors"
    state.unlink()
    make(state)
    make(folder / "status.json")
    make(folder / "runs.json")
    found, problems = latest_checkpoint(folder, cell())
    assert found is None
    assert "cannot be read" in problems[0]
    assert harmless(("status", "."), tmp_path).code == 0


SET = set_folder(Path(), cell(), (Coordinates.of_seed(0),))


@pytest.mark.parametrize("place", [TRAINING, str(SET.parent), str(SET)])
def test_nothing_is_saved_through_a_link(place: str, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    link = tmp_path / "runs" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="is a symbolic link"):
        prepare(tmp_path / "runs")
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_lock_that_is_a_link_is_neither_followed_nor_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("kept")
    lock = cell_folder(tmp_path, cell()).with_suffix(".lock")
    lock.parent.mkdir()
    lock.symlink_to(outside)
    with pytest.raises(WorkError, match="cannot lock"), held(lock):
        pass
    assert holder(lock) is None
    assert harmless(("status", "."), tmp_path).code == 0
    assert outside.read_text() == "kept"


def test_the_status_of_a_cell_in_training_says_who_trains_it(tmp_path: Path) -> None:
    lock = tmp_path / TRAINING / "x.lock"
    assert holder(lock) is None
    with held(lock) as ours:
        assert ours
        assert str(holder(lock)).startswith(f"process {os.getpid()} on ")
        with held(lock) as again:
            assert not again
    assert holder(lock) is None
    assert list(lock.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["../../outside", "/etc/passwd", "\0", "\ud800", "", ".."])
def test_a_manifest_that_names_other_places(name: str, tmp_path: Path) -> None:
    (run,) = store(tmp_path / "runs", 1)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"][name] = "0" * 64
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert harmless(("metrics", "runs"), tmp_path).code == 2


def test_names_in_archives_that_lead_elsewhere(tmp_path: Path) -> None:
    (picture,) = (png(one) for one in drawings(1))
    for name in (
        "",
        ".",
        "/",
        f"{FOLDER}/../../x/y.png",
        f"/{FOLDER}/a/b/c.png",
        f"{FOLDER}\\a\\b.png",
        f"{FOLDER}/a/\0.png",
    ):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo("placeholder/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), picture)
            archive.infolist()[0].filename = name
        path = tmp_path / "omniglot" / "images_background.zip"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(packed.getvalue())
        assert harmless(("data", "verify", "omniglot", "--data-dir", "."), tmp_path).code == 2
