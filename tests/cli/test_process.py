"""What only a process of its own can show: speed, late imports, broken pipes, full disks."""

import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from genconv.store.folders import stored_runs
from tests.cli.commands import genconv_process
from tests.experiment.compiling import TINY_VAE, variables


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


TINY_RUN = ["train", "-m", "vae", "-d", "rings", "-e", "3", *TINY_VAE]


def test_a_reader_of_the_progress_that_leaves_does_not_stop_the_training(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "genconv", *TINY_RUN, "-o", str(tmp_path)],
            stdout=closed, stderr=closed, check=False, env={**os.environ, **variables()},
        )  # fmt: skip
    assert done.returncode == 0
    assert len(stored_runs(tmp_path)) == 1


def test_closed_streams_and_a_full_disk_under_the_log_do_not_stop_the_training(tmp_path: Path) -> None:
    words = shlex.join([sys.executable, "-m", "genconv", *TINY_RUN, "-o", str(tmp_path), "--log", "/dev/full"])
    done = subprocess.run(  # noqa: S602
        f"{words} >&-", shell=True, stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, **variables()}
    )
    assert done.returncode == 0, done.stderr
    assert "warning: --log /dev/full: ends here (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(stored_runs(tmp_path)) == 1
