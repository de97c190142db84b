"""What every command owes to every input: a result or one clear line, soon, and nothing written elsewhere."""

import contextlib
import resource
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from unittest import mock

from genconv.errors import GenconvError, InputError
from tests.cli.commands import genconv

SECONDS = 10.0
MEMORY = 2 << 30
LONGEST_LINE = 2100
OUT = "out"
"""The only place under a case's folder where anything may be written."""

RESOLVED = "every number is filled in, nothing is trained here"

Step = tuple[str | Path, ...] | Callable[[], object]
"""The words of a command, or a function of the library."""


class ViolationError(AssertionError):
    """The promise was broken."""


class _TooLong(BaseException):
    pass


@dataclass(frozen=True)
class Verdict:
    """How a step ended."""

    code: int
    seconds: float


def check(step: Step, folder: Path, codes: tuple[int, ...] = (0, 2)) -> Verdict:
    """Run a step with `folder` as the working folder; `ViolationError` if it breaks the promise."""
    _load()
    before, peak, now = _listing(folder), peak_memory(), _memory()
    began = time.monotonic()
    try:
        with contextlib.chdir(folder), _alarm(), untrained():
            code = _library(step) if callable(step) else _command(step, codes)
    except _TooLong:
        raise ViolationError(f"{_words(step)}: takes longer than {SECONDS:g} s") from None
    except ViolationError:
        raise
    except BaseException:
        raise ViolationError(f"{_words(step)}: {traceback.format_exc()}") from None
    seconds = time.monotonic() - began
    if (after := _listing(folder)) != before:
        raise ViolationError(f"{_words(step)}: changed {sorted(set(after.items()) ^ set(before.items()))[:4]}")
    if peak_memory() > max(peak, now + MEMORY):
        raise ViolationError(f"{_words(step)}: took {peak_memory() - now:,} bytes")
    shutil.rmtree(folder / OUT, ignore_errors=True)
    return Verdict(code, seconds)


@cache
def _load() -> None:
    """Import what the commands import late, once, so that no case waits for it."""
    import genconv.report.page.build  # noqa: PLC0415
    from genconv.config.study import load_study  # noqa: PLC0415
    from genconv.experiment.resolve import resolve  # noqa: PLC0415

    assert len(resolve(load_study("published"))) == 17
    assert genconv.report.page.build


def peak_memory() -> int:
    """Most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _memory() -> int:
    """What it has now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@contextlib.contextmanager
def untrained() -> Iterator[None]:
    """Studies are read and every number of their cells is filled in, but nothing is trained."""
    from genconv.experiment.resolve import resolve  # noqa: PLC0415  JAX is imported late

    def only_resolved(study: object, *_: object, **__: object) -> list[Path]:
        resolve(study)  # type: ignore[arg-type]
        raise InputError(RESOLVED)

    with mock.patch("genconv.experiment.execute.run_study", only_resolved):
        yield


def _command(words: tuple[str | Path, ...], codes: tuple[int, ...]) -> int:
    done = genconv(*words)
    lines = done.err.splitlines(keepends=True)
    if done.err.endswith(f"{RESOLVED}\n"):
        return 0
    said = _words(words)
    if done.code not in codes:
        raise ViolationError(f"{said}: exit code {done.code}: {done.err[:400]}")
    if done.code == 2 and len(lines) != 1:
        raise ViolationError(f"{said}: {len(lines)} lines on standard error: {done.err[:400]}")
    if done.code == 0 and lines:
        raise ViolationError(f"{said}: exit code 0 and {done.err[:400]}")
    for line in lines:
        text = line.removesuffix("\n")
        if not text.startswith("genconv: error: ") or not text.isprintable() or len(text) > LONGEST_LINE:
            raise ViolationError(f"{said}: says {line[:400]!r}")
    if "\x1b" in done.out or "\0" in done.out or "Traceback" in done.out:
        raise ViolationError(f"{said}: writes {done.out[:400]!r}")
    return done.code


def _library(step: Callable[[], object]) -> int:
    try:
        step()
    except GenconvError as error:
        return error.exit_code
    return 0


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(number: int, frame: FrameType | None) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Every path outside `OUT` with its size and time of change; links are not followed."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if name.split("/", maxsplit=1)[0] != OUT and not path.is_dir():
            status = path.lstat()
            found[name] = (status.st_size, status.st_mtime_ns)
    return found


def _words(step: Step) -> str:
    return repr(step if callable(step) else tuple(map(str, step)))[:300]
