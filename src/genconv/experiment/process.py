"""One process of a launched command: no shell, output of bounded size, time-out, peak memory."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from genconv.errors import InputError

if sys.platform != "win32":
    import fcntl
    import resource

KEPT = 1 << 19
"""Bytes of output that are kept of its beginning, and of its end."""
_GRACE = 5.0
"""Seconds between the signals SIGTERM and SIGKILL."""
_NAP = 0.01


@dataclass(frozen=True)
class ProcessEnd:
    """How a process ended."""

    exit_code: int | None
    """None for one that a signal ended."""
    signal: str | None
    timed_out: bool
    stopped: bool
    """Whether it was ended because the launcher was."""
    seconds: float
    peak_memory: int | None
    """Bytes; None for a process that was over before it was seen."""

    def as_json(self) -> dict[str, object]:
        """A plain dictionary."""
        return asdict(self)


class Held:
    """The lock on the output of a run: it lasts as long as a process has its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def close(self) -> None:
        """Give it up here; a process that inherited it goes on holding it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def hold(output: Path) -> Held | None:
    """The lock on the file; None while a process that inherited it, even of a dead launcher, is alive."""
    if sys.platform == "win32":
        raise InputError("launch: needs a system with process groups, such as Linux or macOS")
    descriptor = os.open(output, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return Held(descriptor)


def run_process(
    words: Sequence[str],
    environment: Mapping[str, str],
    output: Path,
    timeout: float | None,
    stop: threading.Event,
    held: Held,
) -> ProcessEnd:
    """Run a command to its end, with both streams of its output in a file.

    Args:
        words: The command; no shell interprets it.
        environment: All variables of the process.
        output: The file of its output; of more than 2 × `KEPT` bytes the middle is left out.
        timeout: Seconds until it is ended; None for no limit.
        stop: Set from another thread to end it.
        held: What `hold` gave. The process alone holds it from here on, as long as it lives: this one may stand still
            while others go on with the run.

    Raises:
        InputError: If the command cannot be started.

    """
    if sys.platform == "win32":
        raise InputError("launch: needs a system with process groups, such as Linux or macOS")
    begin = time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603  the user's own command
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=dict(environment),
            pass_fds=(held.descriptor,),
        )
    except (OSError, ValueError) as error:
        raise InputError(f"'{words[0]}' cannot be started ({error})") from None
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    held.close()
    assert process.stdout is not None  # noqa: S101  a pipe was asked for
    keeper = threading.Thread(target=_keep, args=(process.stdout, output), daemon=True)
    keeper.start()
    status, usage, seen, timed_out, stopped = _wait(process.pid, begin, timeout, stop)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever it has left behind
    process.returncode = os.waitstatus_to_exitcode(status)
    keeper.join(_GRACE)
    code = process.returncode
    return ProcessEnd(
        exit_code=code if code >= 0 else None,
        signal=signal.Signals(-code).name if code < 0 else None,
        timed_out=timed_out,
        stopped=stopped,
        seconds=time.monotonic() - begin,
        peak_memory=_peak(usage, ours, seen),
    )


def _peak(usage: int, ours: int, seen: int) -> int | None:
    """Peak memory of a process in bytes.

    Args:
        usage: As the system tells it at the end. Linux counts the memory of the parent that has started it, too, so
            that it says something only if it is above that.
        ours: Of this process, in the same unit.
        seen: Bytes of the process itself, as seen while it ran; 0 if it was not.

    """
    if sys.platform == "darwin":
        return usage
    return usage * 1024 if usage > ours else seen or None


def _high_water(pid: int) -> int:
    """The most memory that a process has had so far, in bytes; 0 if the system does not tell."""
    with suppress(OSError, ValueError, IndexError), Path(f"/proc/{pid}/status").open("rb") as file:
        return int(file.read().partition(b"VmHWM:")[2].split()[0]) * 1024
    return 0


def _wait(pid: int, begin: float, timeout: float | None, stop: threading.Event) -> tuple[int, int, int, bool, bool]:
    """Status of the process, two values of its peak memory, and whether the time ended it, or `stop`."""
    timed_out = stopped = False
    killed_at: float | None = None
    seen = 0
    while True:
        seen = _high_water(pid) or seen
        found, status, usage = os.wait4(pid, os.WNOHANG)
        if found:
            return status, usage.ru_maxrss, seen, timed_out, stopped
        now = time.monotonic()
        if killed_at is None and (stop.is_set() or (timeout is not None and now - begin > timeout)):
            stopped, timed_out = stop.is_set(), not stop.is_set()
            killed_at = now
            _signal(pid, signal.SIGTERM)
        elif killed_at is not None and now - killed_at > _GRACE:
            _signal(pid, signal.SIGKILL)
        time.sleep(_NAP)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _keep(stream: IO[bytes], output: Path) -> None:
    """Copy the output until it ends: its beginning as it comes, its end when it is over."""
    head, left_out = 0, 0
    tail = bytearray()
    with stream, suppress(OSError), output.open("wb", buffering=0) as file:
        while chunk := os.read(stream.fileno(), 1 << 16):
            part = chunk[: KEPT - head]
            head += len(part)
            with suppress(OSError):  # a full disk; whoever writes must not wait for ever
                file.write(part)
            tail += chunk[len(part) :]
            if len(tail) > 2 * KEPT:
                left_out += len(tail) - KEPT
                del tail[:-KEPT]
        if len(tail) > KEPT:
            left_out += len(tail) - KEPT
            del tail[:-KEPT]
        if left_out:
            file.write(f"\n[{left_out} bytes are left out]\n".encode())
        file.write(tail)
