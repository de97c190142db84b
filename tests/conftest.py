"""What all tests share: every core is a device, quick compilation, little memory, no silent skip in the gate."""

import ctypes
import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import jax
import pytest

from genconv.hardware import configure_cpu_devices, enable_compilation_cache

configure_cpu_devices()
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(tempfile.gettempdir()) / f"genconv-tests-{os.getuid()}"))
jax.config.update("jax_compilation_cache_dir", os.environ["JAX_COMPILATION_CACHE_DIR"])
enable_compilation_cache()
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_disable_most_optimizations", True)  # tests compile many programs and run each for a moment
MEMORY = 2**30
"""Bytes of a worker above which its compiled programs are dropped; what needs one again reads it from the cache."""

hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile("gate")


@pytest.fixture(scope="module")
def full_optimisation() -> Iterator[None]:
    """Compile as a user's run does; for tests whose point is what the compiler makes of a program."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


SLOW = ("experiment/test_resume.py", "models/test_model_interface.py", "docs/test_blocks.py", "data/test_toy_masses.py")
"""Files that take longest, longest first: they begin first, so that no worker ends with one of them alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first, the others as they come."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, name in enumerate(SLOW) if item.path.as_posix().endswith(name)), len(SLOW))

    items.sort(key=rank)


def memory_in_use() -> int:
    """Bytes of this process in memory; 0 where the system does not tell."""
    file = Path("/proc/self/statm")
    return int(file.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") if file.exists() else 0


def pytest_runtest_setup() -> None:
    """No test sees the width of a terminal that something before it has left in the environment."""
    os.environ.pop("COLUMNS", None)


def pytest_runtest_teardown() -> None:
    """Keep a worker small: compiled programs are most of its memory."""
    if memory_in_use() > MEMORY:
        jax.clear_caches()
        gc.collect()
        if sys.platform == "linux":
            ctypes.CDLL(None).malloc_trim(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Where the gate runs, a test of the real data that skips has failed."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and "GENCONV_REQUIRE_DATA" in os.environ and item.get_closest_marker("data"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although the real data is required: {report.longrepr}"
