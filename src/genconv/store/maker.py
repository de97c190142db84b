"""Which process on which machine, as words in the names of files; and whether it is alive, as far as can be told."""

import hashlib
import os
import re
import socket
import sys
import uuid
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Maker(NamedTuple):
    """A process. Ids mean something only on the same machine, since the same start of it, in the same container."""

    machine: str
    """A digest of the system's start and of the process-id namespace."""
    pid: int
    started: str
    """When the process started, in the system's ticks, so that a later process of the same id is another one."""

    @property
    def words(self) -> str:
        """`MACHINE~PID~STARTED`, safe in a file's name."""
        return f"{self.machine}~{self.pid}~{self.started}"

    @classmethod
    def read(cls, machine: str, pid: str, started: str) -> "Maker | None":
        """From its words; None if they are none."""
        return cls(machine, int(pid), started) if pid.isdigit() and len(pid) < 10 else None

    @property
    def is_gone(self) -> bool:
        """Whether it is known to have ended: only of processes of this machine."""
        if self.machine != _machine() or sys.platform == "win32":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False  # of another user
        state, started = _state(self.pid)
        return state in "ZX" or (bool(started) and started != self.started)


def this_process() -> Maker:
    """The process at hand."""
    return _this(os.getpid())


@cache
def host() -> str:
    """The machine's name, safe in a file's name."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", socket.gethostname())[:60] or "unnamed"


@cache
def _this(pid: int) -> Maker:
    return Maker(_machine(), pid, _state(pid)[1] or "0")


@cache
def _machine() -> str:
    try:
        booted = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        booted, namespace = socket.gethostname(), str(uuid.getnode())
    return hashlib.sha256(f"{booted} {namespace}".encode()).hexdigest()[:12]


def _state(pid: int) -> tuple[str, str]:
    """One letter for its state, and when it started; a blank and nothing where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return " ", ""
    return fields[0], fields[19]
