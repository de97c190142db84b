"""A store of somebody else: what may be read is read, what may not is one line, and nothing is written into it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from genconv.errors import Stopped
from genconv.experiment.execute import run_study
from genconv.store.checkpoints import FOLDER
from genconv.store.lock import held
from tests.experiment.small_study import StopsAfter, study
from tests.experiment.synthetic_runs import cell, store

if not hasattr(os, "setresuid") or os.geteuid() != 0:
    pytest.skip("only root can become another user", allow_module_level=True)

_AS_NOBODY = """
import contextlib, io, json, os, sys
from genconv.cli.app import run

def said(words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    return [code, out.getvalue(), err.getvalue()]

every = json.loads(sys.argv[1])
for words in every:  # what is imported late may lie where only root may look
    said(words)
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
print(json.dumps([said(words) for words in every]))
"""


def as_nobody(*every: tuple[str | Path, ...]) -> list[Any]:
    """Exit code, output and error of each command, given by a user without rights."""
    words = json.dumps([list(map(str, one)) for one in every])
    done = subprocess.run([sys.executable, "-c", _AS_NOBODY, words], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may enter, unlike those of pytest, and write into, as a folder of results."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def runs(place: Path) -> Path:
    """Two cells of three runs each, and one that was interrupted, written under the umask of most systems."""
    before = os.umask(0o022)
    try:
        store(place / "runs")
        store(place / "runs", of=cell(model="flow"))
        with pytest.raises(Stopped):
            run_study(study(), place / "runs", StopsAfter(1, Stopped(15)))
    finally:
        os.umask(before)
    return place / "runs"


def paths(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_everything_that_reads_works(runs: Path, place: Path) -> None:
    before = paths(runs)
    commands = ("metrics", "compare", "verify", "status")
    page = place / "page.html"
    done = as_nobody(*((command, runs) for command in commands), ("report", runs, "-o", page))
    assert [(code, err) for code, _, err in done] == [(0, "")] * 5
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "interrupted" in done[3][1]
    assert paths(runs) == before


def test_what_is_in_training_by_another_user_is_told(runs: Path) -> None:
    (folder,) = [path for path in (runs / FOLDER).glob("*/*") if path.is_dir()]
    with held(folder.with_suffix(".lock")):
        folder.with_suffix(".lock").chmod(0o755)
        ((code, out, err),) = as_nobody(("status", runs))
    assert (code, err) == (0, "")
    assert f"process {os.getpid()} on" in " ".join(out.split())


def test_what_may_not_be_read_is_a_line_each(runs: Path, place: Path) -> None:
    first, second, *_ = sorted(path for path in runs.iterdir() if not path.name.startswith("."))
    first.chmod(0)
    (second / "weights.safetensors").chmod(0o600)
    (runs / FOLDER).chmod(0o700)
    done = as_nobody(*((command, runs) for command in ("metrics", "verify", "status")))
    for code, _, err in done[:2]:
        assert code == 1
        assert [line.split(":")[2].strip() for line in err.splitlines()] == [
            str(first / "config.json"),
            str(second / "weights.safetensors"),
        ]
    code, out, err = done[2]
    assert (code, err) == (1, f"genconv: error: {runs / FOLDER}: may not be read\n")
    assert " ".join(out.split()).count("may not be read") == 2
    assert "damaged" not in out


def test_a_closed_store_is_one_line(runs: Path) -> None:
    runs.chmod(0o700)
    for code, out, err in as_nobody(("metrics", runs), ("status", runs)):
        assert (code, out) == (2, "")
        assert err.count("\n") == 1


def test_training_into_it_is_refused_in_one_line(runs: Path) -> None:
    from tests.experiment.compiling import TINY_VAE  # noqa: PLC0415

    words = ("train", "-m", "vae", "-d", "moons", "-e", "1", "-o", runs, "--quiet", *TINY_VAE)
    ((code, out, err),) = as_nobody(words)
    assert (code, out) == (2, "")
    assert err == f"genconv: error: output folder '{runs}' cannot be written: Permission denied\n"
