"""Two containers with one host name, in which the same process ids mean different processes, share a store."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genconv.store.folders import prepare

_CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--mount", "--fork", "--kill-child"]
_WRITES = """
import os, socket, sys
from pathlib import Path
from genconv.store.writing import write_folder

def waits(path):
    path.write_text("half")
    print(os.getpid(), socket.gethostname(), flush=True)
    sys.stdin.readline()

write_folder(Path(sys.argv[1]) / "run", {"a": waits})
"""
_STARTS = """
import os, socket, sys
from pathlib import Path
from genconv.store.folders import prepare

print(os.getpid(), socket.gethostname(), flush=True)
prepare(Path(sys.argv[1]))
"""


def in_a_container(code: str, root: Path) -> "subprocess.Popen[str]":
    """A program in process-id, user and mount namespaces of its own."""
    return subprocess.Popen(  # noqa: S603
        [*_CONTAINER, sys.executable, "-c", code, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(autouse=True)
def _containers() -> None:
    try:
        done = subprocess.run([*_CONTAINER, "true"], capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        pytest.skip("namespaces need Linux: there is no unshare")
    if done.returncode:
        pytest.skip(f"namespaces are not permitted here: {done.stderr.strip()}")


@pytest.mark.parametrize("dies", [False, True])
def test_what_a_living_writer_writes_stays_and_goes_when_it_is_dead(dies: bool, tmp_path: Path) -> None:
    with in_a_container(_WRITES, tmp_path) as writer:
        assert writer.stdout is not None
        who = writer.stdout.readline()
        with in_a_container(_STARTS, tmp_path) as other:
            out, err = other.communicate(timeout=60)
        assert (out, other.returncode) == (who, 0), err
        (half,) = tmp_path.glob(".writing-run-*/a")
        assert half.read_text() == "half"
        if dies:
            writer.kill()
        writer.communicate("\n", timeout=60)
    if dies:  # of another container nothing is known but how long it has been silent
        prepare(tmp_path)
        (left,) = tmp_path.iterdir()
        os.utime(left, (time.time() - 90_000,) * 2)
        prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ([] if dies else ["run"])
    assert dies or {path.name for path in (tmp_path / "run").iterdir()} == {"a", "manifest.json"}
