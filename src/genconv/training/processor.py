"""What the processors of this machine are and can do: a compiler chooses its instructions by it."""

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Processor:
    """A processor by name, and its features by the kernel's names; none where the kernel does not tell."""

    name: str
    features: tuple[str, ...]


def cores() -> int:
    """How many cores this process may use: on a CPU, products and sums are shared out among so many threads."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def processor() -> Processor:
    """The processor of this machine."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        lines = []
    table = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    features = (table.get("flags") or table.get("features") or "").split()
    name = table.get("model name") or platform.processor() or platform.machine()
    return Processor(name, tuple(sorted(features)))
