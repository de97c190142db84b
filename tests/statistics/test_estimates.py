"""Intervals of one cell: against SciPy, against numbers worked out by hand, and where there is none."""

import numpy as np
import pytest
from scipy import stats

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.statistics.intervals import (
    Interval,
    checked_level,
    deviation_interval,
    geometric_mean_interval,
    mean_interval,
    median_interval,
    tolerance_coverage,
    tolerance_interval,
)

TEN = np.random.default_rng(1).lognormal(size=10)
EVERY = [mean_interval, geometric_mean_interval, median_interval, deviation_interval, tolerance_interval]


def ends(interval: Interval | None) -> list[float]:
    assert interval is not None
    return [interval.low, interval.high]


def test_the_mean_as_scipy_has_it() -> None:
    expected = stats.ttest_1samp(TEN, 0).confidence_interval(0.95)
    np.testing.assert_allclose(ends(mean_interval(TEN)), list(expected), rtol=1e-9)


def test_the_mean_by_hand() -> None:
    interval = mean_interval(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(ends(interval), [2 - 4.302653 / np.sqrt(3), 2 + 4.302653 / np.sqrt(3)], rtol=1e-6)
    assert str(interval) == "[-0.4841, 4.484] (95 % Student t, n = 3)"


def test_the_geometric_mean_is_the_mean_of_logarithms() -> None:
    expected = np.exp(stats.ttest_1samp(np.log(TEN), 0).confidence_interval(0.9))
    np.testing.assert_allclose(ends(geometric_mean_interval(TEN, 0.9)), expected, rtol=1e-9)
    assert geometric_mean_interval(np.array([1.0, 0.0])) is None


def test_the_median_of_ten_lies_between_the_second_and_the_ninth() -> None:
    ordered = np.sort(TEN)
    assert ends(median_interval(TEN)) == [ordered[1], ordered[8]]
    assert stats.binom.cdf(8, 10, 0.5) - stats.binom.cdf(1, 10, 0.5) == pytest.approx(0.979, abs=5e-4)


def test_five_seeds_are_too_few_for_the_median_and_six_are_enough() -> None:
    assert median_interval(TEN[:5]) is None
    assert ends(median_interval(TEN[:6])) == [TEN[:6].min(), TEN[:6].max()]
    assert median_interval(TEN[:5], 0.9) is not None


def test_the_deviation_of_ten_is_known_from_69_to_183_percent() -> None:
    sd = TEN.std(ddof=1)
    np.testing.assert_allclose(np.array(ends(deviation_interval(TEN))) / sd, [0.688, 1.826], atol=5e-4)


def test_the_range_of_ten_holds_61_percent_of_future_runs() -> None:
    share = tolerance_coverage(10)
    assert share == pytest.approx(0.606, abs=5e-4)
    assert 10 * share**9 - 9 * share**10 == pytest.approx(0.05)
    assert ends(tolerance_interval(TEN)) == [TEN.min(), TEN.max()]
    assert tolerance_coverage(1) == 0


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_seed_yields_no_interval(values: list[float]) -> None:
    assert [interval(np.array(values)) for interval in EVERY] == [None] * len(EVERY)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_run_without_a_number_is_never_dropped_in_silence(bad: float) -> None:
    for interval in EVERY:
        with pytest.raises(ValueError, match="1 of 3 values are not finite: count runs without a number"):
            interval(np.array([1.0, bad, 2.0]))


def test_the_order_of_seeds_changes_no_digit() -> None:
    def reprs(values: FloatArray) -> list[str]:
        return [repr(interval(values)) for interval in EVERY]

    assert reprs(TEN) == reprs(TEN[::-1])


def test_equal_values_have_an_interval_of_no_width() -> None:
    assert ends(mean_interval(np.full(10, 0.1))) == [0.1, 0.1]
    assert ends(deviation_interval(np.full(10, 0.1))) == pytest.approx([0, 0], abs=1e-12)


@pytest.mark.parametrize("level", [0.0, 0.49, 1.0, 95.0, float("nan")])
def test_levels_that_are_none(level: float) -> None:
    with pytest.raises(InputError, match=r"level = .*: must be at least 0.5 and below 1"):
        checked_level(level)
