"""What only a process of its own can show: speed, late imports, broken pipes, full disks, Ctrl-C."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genconv.store.collection import load
from tests.cli.commands import genconv_process
from tests.runner.compiling import TINY, variables

STUDY = """
name = "long"
seeds = 2
[[cells]]
models = ["vae"]
datasets = ["rings"]
[cells.training]
epochs = 2
learning_rate = 0.001
[[cells]]
models = ["vae"]
datasets = ["moons"]
[cells.training]
epochs = 100000
"""


def test_help_is_quick_and_imports_nothing_heavy() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = genconv_process("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.code == 0
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5
    code = (
        "import sys, os\nfrom genconv.cli.app import run\nrun(['--help'])\n"
        "print(sorted({'jax', 'matplotlib', 'polars', 'numpy'} & sys.modules.keys()), file=sys.stderr)"
    )
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert imported.stderr == "[]\n"


@pytest.mark.parametrize("words", [["list", "studies"], ["--help"]])
def test_a_reader_that_leaves_is_no_error(words: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "genconv", *words], stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_behind_the_output_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "genconv", "list", "studies"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("genconv: error: ")
    assert done.stderr.count("\n") == 1


def test_a_terminal_that_knows_no_unicode(tmp_path: Path) -> None:
    path = tmp_path / "vae_rings_2.json"
    path.write_text('{"train": [[3, 2], [4, 3]], "val": [[3, 2], [4, 3]]}')
    done = genconv_process("metrics", path, PYTHONIOENCODING="ascii")
    assert (done.code, done.err) == (0, "")
    assert "rings" in done.out


def test_ctrl_c_keeps_finished_cells_and_leaves_no_trace(tmp_path: Path) -> None:
    file, runs = tmp_path / "long.toml", tmp_path / "runs"
    file.write_text(STUDY)
    settings = [word for setting in (*TINY, "model.hidden=[4]", "model.latent=1") for word in ("--set", setting)]
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "genconv", "run", str(file), "-o", str(runs), *settings],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables()},
    ) as process:
        assert process.stderr is not None
        try:
            said = ""
            while "moons · vae · corrected: epoch" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            out, rest = process.communicate(timeout=10)
        finally:
            process.kill()
    assert time.monotonic() - began < 10
    assert process.returncode == 130
    told = [line for line in rest.splitlines() if "epoch" not in line]
    assert told == ["genconv: interrupted: finished cells are kept; the same command goes on from there"]
    assert out == ""
    assert not list(runs.glob(".*"))
    (cell,) = load([runs]).cells
    assert (cell.curves.dataset, cell.curves.seeds) == ("rings", (0, 1))
