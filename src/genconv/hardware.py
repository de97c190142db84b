"""What the processors of this machine are, and where compiled programs are kept for them."""

import hashlib
import os
import platform
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

import platformdirs


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


def memory() -> int:
    """Bytes that this process may use at most: the least of the machine's memory and the limits of container, user and
    shell.
    """
    return min(_physical(), *_limits())


def free_memory() -> int:
    """Bytes that are free of it now, as far as the system tells."""
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        available = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
        return min(available * 1024, *_limits())
    return memory()


def resident_memory() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    with suppress(OSError, ValueError, AttributeError, IndexError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _physical() -> int:
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return sys.maxsize


def _limits() -> list[int]:
    """The container's (version 2 and 1 of Linux's control groups) and that of the address space."""
    found = [sys.maxsize]
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            found.append(int(Path(file).read_text(encoding="ascii")))
    with suppress(ImportError):
        import resource  # noqa: PLC0415  not on Windows

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        found += [] if limit == resource.RLIM_INFINITY else [limit]
    return found


def configure() -> None:
    """Let JAX see each CPU core as a device, and keep its compiled programs: the one place that changes JAX's settings.

    The commands that train call it first; a program that uses genconv as a library calls it if it wants the same.
    Without effect on the devices once JAX has started.
    """
    configure_cpu_devices()
    enable_compilation_cache()


_LARGEST = 2**30
"""Bytes that are kept; the least recently used programs go first."""


def enable_compilation_cache() -> None:
    """Let JAX keep its compiled programs in the user's cache folder, apart for each processor, its cores and version.

    `JAX_COMPILATION_CACHE_DIR` names another folder; `JAX_ENABLE_COMPILATION_CACHE=false` turns it off.
    """
    import jax  # noqa: PLC0415  JAX is imported late

    if jax.config.values["jax_compilation_cache_dir"] is None:
        jax.config.update("jax_compilation_cache_dir", str(_folder()))
        jax.config.update("jax_compilation_cache_max_size", _LARGEST)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _folder() -> Path:
    """A program compiled for one processor may use instructions that another has not."""
    chip = processor()
    machine = "\n".join(
        (
            platform.machine(),
            chip.name,
            *chip.features,
            str(cores()),
            version("jaxlib"),
            os.environ.get("XLA_FLAGS", ""),
        )
    )
    name = hashlib.sha256(machine.encode()).hexdigest()[:16]
    return platformdirs.user_cache_path("genconv") / "compiled" / name


def configure_cpu_devices() -> None:
    """Let JAX see each CPU core as a device, so that seeds run side by side; without effect once JAX has started."""
    import jax  # noqa: PLC0415  JAX is imported late

    try:
        jax.config.update("jax_num_cpu_devices", cores())
    except RuntimeError:
        return
