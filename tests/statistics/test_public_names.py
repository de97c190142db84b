"""`genconv.statistics` as a reader of results uses it."""

import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest

import genconv.statistics


@pytest.mark.parametrize("name", genconv.statistics.__all__)
def test_a_public_name_is_a_function_or_a_type(name: str) -> None:
    value = getattr(genconv.statistics, name)
    assert callable(value)
    assert not isinstance(value, ModuleType)
    assert value.__doc__


def test_names_load_their_modules_when_they_are_used() -> None:
    code = "import genconv.statistics, sys; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


def test_reading_results_loads_no_slow_part_of_scipy() -> None:
    code = (
        "import sys, genconv.api.analysis, genconv.report.page.build, genconv.statistics.compare\n"
        "print(sorted({'scipy.stats', 'scipy.optimize', 'jax'} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    assert ran.stdout.strip() == "[]"


def test_two_groups_of_runs_by_hand() -> None:
    from genconv.statistics import mean_interval, superiority, welch  # noqa: PLC0415

    a, b = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    means, chance, interval = welch(a, b), superiority(a, b), mean_interval(a)
    assert means is not None
    assert chance is not None
    assert interval is not None
    assert (means.difference, chance.probability, interval.n) == (3, 1, 3)


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match=r"module 'genconv\.statistics' has no attribute 'lottery'"):
        _ = genconv.statistics.lottery  # type: ignore[attr-defined]
