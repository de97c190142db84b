"""Rates of divergence against exact values."""

import numpy as np
import pytest
from scipy import stats

from genconv.statistics.rates import clean_seeds, compare_rates, rate_interval


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(0, 10, 0.0, 0.3085), (5, 10, 0.1871, 0.8129), (10, 10, 0.6915, 1.0), (0, 1, 0, 0.975)],
)
def test_the_exact_interval(count: int, n: int, low: float, high: float) -> None:
    interval = rate_interval(count, n)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)
    assert interval.method == "Clopper-Pearson"


def test_wilson_by_option() -> None:
    interval = rate_interval(3, 10, 0.9, "wilson")
    assert interval is not None
    expected = stats.binomtest(3, 10).proportion_ci(0.9, method="wilson")
    assert (interval.low, interval.high) == pytest.approx(tuple(expected), rel=1e-9)
    assert rate_interval(0, 0) is None


def test_it_takes_59_clean_seeds_to_exclude_five_percent() -> None:
    assert clean_seeds(0.05) == 59
    assert 0.95**59 <= 0.05 < 0.95**58


def barnard(lost_a: int, lost_b: int, n: int) -> float:
    """The largest probability, over the common rate, of a table with a pooled score as large."""
    a, b = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")

    def score(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        pooled = (a + b) / (2 * n)
        with np.errstate(all="ignore"):
            return np.nan_to_num(np.abs(a - b) / np.sqrt(pooled * (1 - pooled)))

    extreme = score(a, b) >= score(np.array(lost_a), np.array(lost_b)) - 1e-9
    weights = [stats.binom.pmf(np.arange(n + 1), n, rate) for rate in np.linspace(0, 1, 2001)]
    return max(float((np.outer(w, w) * extreme).sum()) for w in weights)


@pytest.mark.parametrize(("lost_a", "lost_b"), [(3, 0), (4, 0), (0, 4), (5, 2), (9, 0)])
def test_barnard_against_its_definition(lost_a: int, lost_b: int) -> None:
    found = compare_rates(lost_a, 10, lost_b, 10)
    assert found is not None
    assert found.p == pytest.approx(barnard(lost_a, lost_b, 10), abs=1e-5)


@pytest.mark.parametrize("table", [(2, 9, 0, 20), (7, 30, 2, 41), (1, 2, 60, 88), (3, 84, 12, 82)])
def test_barnard_of_unequal_cells_as_scipy_whichever_is_called_a(table: tuple[int, int, int, int]) -> None:
    lost_a, n_a, lost_b, n_b = table
    expected = stats.barnard_exact([[lost_a, lost_b], [n_a - lost_a, n_b - lost_b]], n=256).pvalue
    found, other = compare_rates(*table), compare_rates(lost_b, n_b, lost_a, n_a)
    assert found is not None
    assert other is not None
    assert found.p == other.p
    assert found.p == pytest.approx(expected, rel=1e-6)


def test_barnard_counts_tables_that_are_as_extreme_but_for_rounding() -> None:
    """Among them the exchanged table, which SciPy leaves out here: it gives .0241."""
    found = compare_rates(10, 13, 4, 13)
    assert found is not None
    assert found.p == pytest.approx(barnard(10, 4, 13), abs=1e-5)


def test_barnard_in_numbers() -> None:
    three, four = compare_rates(3, 10, 0, 10), compare_rates(4, 10, 0, 10)
    assert three is not None
    assert four is not None
    assert (three.p, four.p) == pytest.approx((0.0876, 0.0422), abs=5e-5)


@pytest.mark.parametrize("rates", [(0, 10, 0, 10), (10, 10, 10, 10), (5, 10, 10, 20)])
def test_equal_rates_do_not_differ(rates: tuple[int, int, int, int]) -> None:
    found = compare_rates(*rates)
    assert found is not None
    assert found.p == 1
    assert compare_rates(0, 0, 1, 10) is None


def test_thousands_of_runs_are_compared_by_fisher() -> None:
    found = compare_rates(3, 5000, 40, 5000)
    assert found is not None
    assert found.p == pytest.approx(stats.fisher_exact([[3, 40], [4997, 4960]]).pvalue, rel=1e-9)
