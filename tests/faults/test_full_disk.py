"""A disk of one megabyte as output folder: one line that names the folder and the room; with more room it goes on."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from genconv.errors import WorkError
from genconv.experiment.execute import run_study
from tests.experiment.small_study import StopsAfter, contents, study


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory; only root can mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(mount("size=256k", folder), capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


def mount(options: str, folder: Path) -> list[str]:
    return ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]


def until_full(runs: Path) -> None:
    """Studies until one does not fit in any more."""
    while True:
        run_study(study("vae", f"seed={len(list(runs.rglob('config.json')))}"), runs)


@pytest.mark.parametrize("free", [0, 40_000, 90_000])
def test_it_is_told_and_goes_on_when_there_is_room(free: int, disk: Path, tmp_path: Path) -> None:
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(bytes(200_000 - free))
    runs = disk / "runs"
    with pytest.raises(
        WorkError, match=rf"cannot write {disk}/.*: not enough space \(0\.\d\d MB free of 0\.26 MB at /"
    ):
        until_full(runs)
    assert not list(disk.rglob(".writing-*"))
    finished = len(list(disk.rglob("config.json")))
    subprocess.run(mount("remount,size=64m", disk), check=True)  # noqa: S603
    watching = StopsAfter(99, KeyboardInterrupt())
    folders = run_study(study("vae", f"seed={finished}"), runs, watching)
    alone = run_study(study("vae", f"seed={finished}"), tmp_path / "alone")
    assert repr(contents(folders)) == repr(contents(alone))
