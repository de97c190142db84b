"""What only a process of its own can show: speed, late imports, broken pipes, full disks."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.commands import genconv_process


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
