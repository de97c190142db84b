"""Commands on input that nobody should trust: a result or one clear line, nothing written elsewhere."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.commands import Done, genconv

OUT = "out"
"""The only place under a case's folder where anything may be written."""
_LIMIT = 3 << 30
"""Bytes of address space: libraries reserve some that they never use."""
_LIMITED = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({_LIMIT}, {_LIMIT}))
from genconv.cli.app import run
code = run(sys.argv[1:])
assert "jax" not in sys.modules
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
sys.exit(100 if int(peak) > 1 << 20 else code)
"""


def limited(*words: str | Path) -> str:
    """What a command says, run with little memory; it has to fail with exit code 2 and one line."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _LIMITED, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "POLARS_MAX_THREADS": "2", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("genconv: error: ")
    return done.stderr


def harmless(words: tuple[str | Path, ...], folder: Path) -> Done:
    """A command in a folder: whatever its exit code, it writes nothing but `OUT`, and its lines are printable."""
    before = _listing(folder)
    with contextlib.chdir(folder):
        done = genconv(*words)
    assert _listing(folder) == before
    assert done.code in {0, 1, 2}
    assert done.code != 2 or done.error
    for line in done.err.splitlines():
        assert line.startswith("genconv: "), line
        assert line.isprintable()
    assert "Traceback" not in done.out + done.err
    return done


def _listing(folder: Path) -> dict[str, int]:
    """Every path outside `OUT` with its time of change; links are not followed."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*")}
    return {
        name: path.lstat().st_mtime_ns
        for name, path in found.items()
        if name.split("/", maxsplit=1)[0] != OUT and (path.is_symlink() or not path.is_dir())
    }
