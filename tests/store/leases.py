"""Processes that hold a lock, to be paused and killed by tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLDS = """
import sys
from pathlib import Path
from genconv.store.lock import TakenOverError, claim

lock = claim(Path(sys.argv[1]))
print(lock is not None, flush=True)
for line in sys.stdin:
    try:
        lock.check() if line == "check\\n" else lock.fence()
        print("mine", flush=True)
    except TakenOverError as error:
        print("taken over", flush=True)
"""


@contextmanager
def holding(path: Path, life: float = 1.0, *around: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the lock, and answers on its input whether it still does."""
    with subprocess.Popen(  # noqa: S603
        [*around, sys.executable, "-c", _HOLDS, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "GENCONV_LEASE_SECONDS": str(life)},
    ) as process:
        try:
            assert says(process) == "True"
            yield process
        finally:
            process.kill()


def says(process: "subprocess.Popen[str]", asked: str = "") -> str:
    """What it says next, after a question."""
    assert process.stdin is not None
    assert process.stdout is not None
    if asked:
        process.stdin.write(f"{asked}\n")
        process.stdin.flush()
    return process.stdout.readline().strip()
