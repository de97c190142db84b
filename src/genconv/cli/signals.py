"""Signals by which schedulers end a process, turned into an exception that training knows."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from genconv.errors import Stopped

HEARD = ("SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP")
"""What `kill`, SLURM (at preemption, or with `--signal`) and a closing terminal send."""


@contextmanager
def heard() -> Iterator[None]:
    """Raise `Stopped` in the block when one of the signals comes; the second one finds nobody listening."""
    numbers = [getattr(signal, name) for name in HEARD if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in numbers:
        if before[number] is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
