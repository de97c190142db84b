"""Running a command inside this process, and as a process of its own."""

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from genconv.cli.app import run


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line on standard error, after `genconv: error: `."""
        assert self.err.startswith("genconv: error: "), self.err
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert "Traceback" not in self.err + self.out
        return self.err.removeprefix("genconv: error: ").removesuffix("\n")


def genconv(*arguments: str | Path) -> Done:
    """A command through the function behind `main`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    return Done(code, out.getvalue(), err.getvalue())


def genconv_process(*arguments: str | Path, **environment: str) -> Done:
    """A command as the shell runs it."""
    words = [sys.executable, "-m", "genconv", *map(str, arguments)]
    done = subprocess.run(  # noqa: S603
        words, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **environment}
    )
    return Done(done.returncode, done.stdout, done.stderr)
