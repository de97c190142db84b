"""Bootstraps on request: as SciPy has them, repeatable, with their warning."""

import numpy as np
import pytest
from scipy import stats

from genconv.errors import InputError
from genconv.statistics.intervals import RESAMPLES, Bootstrap, bootstrap_interval

VALUES = np.sort(np.random.default_rng(2).normal(size=20))
METHODS: dict[Bootstrap, str] = {"percentile": "percentile", "basic": "basic", "bca": "BCa"}


@pytest.mark.parametrize("method", list(METHODS))
def test_as_scipy_has_it(method: Bootstrap) -> None:
    expected = stats.bootstrap(
        (VALUES,), np.mean, n_resamples=RESAMPLES, method=METHODS[method], rng=np.random.default_rng(7)
    ).confidence_interval
    interval = bootstrap_interval(VALUES, np.random.default_rng(7), method=method)
    assert interval is not None
    np.testing.assert_allclose([interval.low, interval.high], list(expected), rtol=1e-9)
    assert interval.warning == ""


@pytest.mark.parametrize("statistic", ["mean", "median", "sd"])
def test_it_repeats_to_the_last_digit(statistic: str) -> None:
    first, second = (bootstrap_interval(VALUES, np.random.default_rng(3), statistic) for _ in range(2))
    assert first is not None
    assert repr(first) == repr(second)
    if statistic != "median":  # whose resamples are few
        assert repr(first) != repr(bootstrap_interval(VALUES, np.random.default_rng(4), statistic))


def test_below_twenty_seeds_it_warns() -> None:
    interval = bootstrap_interval(VALUES[:10], np.random.default_rng(0))
    assert interval is not None
    assert interval.warning == "a bootstrap over 10 seeds covers too little: 20 are needed"


@pytest.mark.parametrize("extreme", ["min", "max"])
def test_it_is_not_offered_for_an_extreme(extreme: str) -> None:
    with pytest.raises(InputError, match=f"statistic = '{extreme}': the bootstrap fails for an extreme"):
        bootstrap_interval(VALUES, np.random.default_rng(0), extreme)


def test_names_that_are_not_known() -> None:
    with pytest.raises(InputError, match="unknown statistic 'maen': did you mean 'mean'"):
        bootstrap_interval(VALUES, np.random.default_rng(0), "maen")
    with pytest.raises(InputError, match="unknown bootstrap method 'bac'"):
        bootstrap_interval(VALUES, np.random.default_rng(0), method="bac")  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0]])
def test_none_without_spread(values: list[float]) -> None:
    assert bootstrap_interval(np.array(values), np.random.default_rng(0)) is None
