"""Folders of trained runs that the tests of the commands share: each is trained once."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.commands import Done, genconv
from tests.experiment.compiling import TINY, TINY_VAE, quick_compilation

VAE = ["train", "-m", "vae", "-d", "rings", "-e", "2", *TINY_VAE]

STUDY = """
name = "grid"
seeds = [3, 1]
seed = 5

[training]
epochs = 3
learning_rate = 0.5

[streams]
init = 4

[[cells]]
models = ["vae"]
datasets = ["rings", "moons"]
[cells.model]
hidden = [4]
latent = 1
[cells.training]
learning_rate = 0.001

[[cells]]
models = ["flow"]
datasets = ["rings", "moons"]
[cells.model]
hidden = [4]
couplings = 1
[cells.streams]
init = "seed"
"""


@dataclass(frozen=True)
class Grown:
    """Ten seeds of one cell, trained three first and then the rest."""

    folder: Path
    first: Done
    files: dict[str, tuple[int, bytes]]
    """Time of change and content of every file after the first three, by path."""
    second: Done


@dataclass(frozen=True)
class Ran:
    """A study file that was run."""

    file: Path
    folder: Path
    done: Done


@pytest.fixture(scope="session")
def quickly() -> Iterator[None]:
    with quick_compilation():
        yield


def files_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def grown(quickly: None, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    folder = tmp_path_factory.mktemp("grown") / "runs"
    first = genconv(*VAE, "-n", "3", "-o", folder)
    files = files_of(folder)
    return Grown(folder, first, files, genconv(*VAE, "-n", "10", "-o", folder))


@pytest.fixture(scope="session")
def ran(quickly: None, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("ran")
    file = folder / "grid.toml"
    file.write_text(STUDY)
    done = genconv("run", file, "-o", folder / "runs", "training.epochs=2", *TINY, "--quiet")
    return Ran(file, folder / "runs", done)


@pytest.fixture
def copied(grown: Grown, tmp_path: Path) -> list[Path]:
    """The run folders of the ten seeds, to be damaged."""
    shutil.copytree(grown.folder, tmp_path / "copied")
    return sorted((tmp_path / "copied").iterdir())
