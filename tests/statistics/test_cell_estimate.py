"""The metrics of a cell with their intervals."""

import numpy as np
import pytest
from small_cells import cell

from genconv.errors import InputError
from genconv.metrics.summary import summarise
from genconv.statistics.intervals import mean_interval, median_interval
from genconv.statistics.summary import columns, estimate

VALUES = np.random.default_rng(9).normal(size=10)
NAN = np.nan


def test_it_is_the_summary_and_more() -> None:
    curves = cell("a", VALUES).curves
    found = estimate(curves, "corrected")
    plain = summarise(curves, "corrected")
    assert found.metrics == plain.metrics
    assert found.estimates["last"].mean_interval == mean_interval(VALUES)
    assert found.estimates["last"].median_interval == median_interval(VALUES)
    assert found.estimates["last"].median == np.median(VALUES)


def test_it_is_given_survival_beside_the_rate() -> None:
    found = estimate(cell("a", [*VALUES[:5], *[NAN] * 5], dead=range(5, 10)).curves, "corrected")
    assert found.rate is not None
    assert (found.rate.low, found.rate.high) == pytest.approx((0.1871, 0.8129), abs=5e-5)
    assert found.metrics["last"].n == 5
    assert found.estimates["last"].mean_interval == mean_interval(VALUES[:5])
    assert found.estimates["last"].median_interval is None


def test_one_seed_and_none() -> None:
    one = estimate(cell("a", [1.0]).curves, "corrected").estimates["last"]
    assert (one.mean_interval, one.median, one.median_interval) == (None, 1, None)
    none = estimate(cell("a", [NAN], dead=[0]).curves, "corrected").estimates["last"]
    assert none.mean_interval is None
    assert np.isnan(none.median)


def test_infinities_have_a_median_and_no_interval() -> None:
    found = estimate(cell("a", [1.0, 2.0, np.inf]).curves, "published").estimates["last"]
    assert (found.mean_interval, found.median, found.median_interval) == (None, 2, None)


def test_a_bootstrap_by_option_warns_and_repeats() -> None:
    curves = cell("a", VALUES).curves
    found = estimate(curves, "corrected", "bca")
    assert found.warning == "a bootstrap over 10 seeds covers too little: 20 are needed"
    assert repr(found) == repr(estimate(curves, "corrected", "bca"))
    assert estimate(curves, "corrected").warning == ""


def test_bad_options() -> None:
    with pytest.raises(InputError, match="unknown interval method 'z'"):
        estimate(cell("a", VALUES).curves, "corrected", "z")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="level = 2"):
        estimate(cell("a", VALUES).curves, "corrected", level=2)


def test_columns_of_an_interval_that_does_not_exist_are_empty() -> None:
    found = estimate(cell("a", [1.0]).curves, "corrected")
    row = {name: value(found) for name, value in columns(["last", "excess"]).items()}
    assert (row["last_ci_low"], row["excess_ci_low"], row["ci_method"]) == (None, None, None)
    assert (row["diverged_rate"], row["diverged_rate_low"]) == (0, 0)
    assert row["ci_level"] == 0.95
