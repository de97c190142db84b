"""What all tests share: every core is a device, strict promotion, the real data or a clear reason why not."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import jax
import pytest

from genconv.training.mapping import offer_cores

offer_cores()

hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile("gate")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with the real MNIST and Omniglot."""
    folder = os.environ.get("GENCONV_DATA")
    if folder is None:
        pytest.skip("the real data is not here: set GENCONV_DATA to the folder that holds mnist/ and omniglot/")
    return Path(folder)


QUICKLY_COMPILED = {"nn", "transforms", "models", "test_divergence.py", "test_epoch.py"}
"""Folders and files whose tests compile many programs and run each for a moment."""


@pytest.fixture(scope="module", autouse=True)
def quick_compilation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compile with less effort where speed does not matter."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", bool(QUICKLY_COMPILED & set(request.path.parts)))
    yield
    jax.config.update("jax_disable_most_optimizations", before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):  # type: ignore[no-untyped-def]
    """Where the gate runs, a test of the real data that skips has failed."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and "GENCONV_REQUIRE_DATA" in os.environ and item.get_closest_marker("data"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although the real data is required: {report.longrepr}"
