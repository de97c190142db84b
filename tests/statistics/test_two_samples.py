"""Two samples against each other: SciPy's numbers, and what happens where the formulas break down."""

import math

import numpy as np
import pytest
from scipy import stats

from genconv.statistics.multiple_testing import holm
from genconv.statistics.pairing import paired
from genconv.statistics.rank_comparison import SEPARATED, TIED, superiority, superiority_of, superiority_of_all
from genconv.statistics.two_sample import brown_forsythe, brown_forsythe_of, welch, welch_of

GENERATOR = np.random.default_rng(5)
A, B = GENERATOR.normal(size=10), GENERATOR.normal(0.5, 2.0, size=8)
NONE = np.zeros(10, dtype=bool)


def test_welch_as_scipy_has_it() -> None:
    found = welch(A, B, 0.9)
    assert found is not None
    assert found.interval is not None
    expected = stats.ttest_ind(B, A, equal_var=False)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    np.testing.assert_allclose([found.interval.low, found.interval.high], expected.confidence_interval(0.9), rtol=1e-9)
    assert found.difference == pytest.approx(B.mean() - A.mean(), rel=1e-12)
    assert found.effect == pytest.approx(found.difference / np.sqrt((A.var(ddof=1) + B.var(ddof=1)) / 2), rel=1e-12)
    assert found.p_trimmed == pytest.approx(stats.ttest_ind(A, B, equal_var=False, trim=0.2).pvalue, rel=1e-9)


def test_welch_by_hand() -> None:
    found = welch(np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0, 5.0]))
    assert found is not None
    assert found.interval is not None
    reach = 2.776445 * np.sqrt(2 / 3)
    assert (found.interval.low, found.interval.high) == pytest.approx((2 - reach, 2 + reach), rel=1e-6)


def test_without_any_spread_the_permutation_test_stands_in() -> None:
    found = welch(np.full(10, 1.0), np.full(10, 2.0))
    assert found is not None
    assert (found.interval, found.method) == (None, "exact permutation (no spread)")
    assert found.p == pytest.approx(2 / math.comb(20, 10))
    equal = welch(np.full(3, 1.0), np.full(4, 1.0))
    assert equal is not None
    assert (equal.difference, equal.p) == (0, 1)


def test_one_seed_yields_no_test() -> None:
    one = np.array([1.0])
    assert (welch(one, B), superiority(A, one), brown_forsythe(one, B)) == (None, None, None)
    assert superiority_of_all(one, NONE[:1], B, NONE[:8]) is None


def test_brunner_munzel_as_scipy_and_statsmodels_have_it() -> None:
    found = superiority(A, B)
    assert found is not None
    assert found.interval is not None
    expected = stats.brunnermunzel(A, B)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.probability == pytest.approx(np.mean(A[:, None] < B), rel=1e-12)
    assert 0 <= found.interval.low < found.probability < found.interval.high <= 1
    assert found.method == "Brunner-Munzel"


def test_completely_separated_samples_fall_back_and_say_so() -> None:
    low, high = np.arange(10.0), np.arange(20.0, 30.0)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning, match="p-value cannot be estimated"):
        assert np.isnan(stats.brunnermunzel(low, high).pvalue)
    for found, probability in ((superiority(low, high), 1.0), (superiority(high, low), 0.0)):
        assert found is not None
        assert found.probability == probability
        assert found.separated
        assert found.method == SEPARATED
        assert found.p == pytest.approx(stats.mannwhitneyu(low, high, method="exact").pvalue, rel=1e-12)
        assert found.interval is not None
        assert found.interval.method == "Clopper-Pearson of 10 disjoint pairs"
    first = superiority(low, high)
    assert first is not None
    assert first.interval is not None
    assert (first.interval.low, first.interval.high) == pytest.approx((0.025**0.1, 1))


def test_ties_count_half() -> None:
    found = superiority(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 2.0]))
    assert found is not None
    assert found.probability == pytest.approx((2 * 2.5 + 1) / 9)
    tied = superiority(np.ones(3), np.ones(4))
    assert tied is not None
    assert (tied.probability, tied.interval, tied.p, tied.method) == (0.5, None, 1.0, TIED)


def test_diverged_runs_rank_worst() -> None:
    a, b = np.array([1.0, 2.0, np.nan, np.inf]), np.array([3.0, 4.0, 5.0, 6.0])
    found = superiority_of_all(a, ~np.isfinite(a), b, NONE[:4])
    assert found is not None
    assert found.probability == 0.5
    nobody = superiority_of_all(np.full(4, np.nan), ~NONE[:4], np.full(4, np.nan), ~NONE[:4])
    assert nobody is not None
    assert (nobody.probability, nobody.p) == (0.5, 1)


def test_brown_forsythe_as_scipy_has_it() -> None:
    found = brown_forsythe(A, B)
    assert found is not None
    assert found.p == pytest.approx(stats.levene(A, B, center="median").pvalue, rel=1e-9)
    assert found.ratio == pytest.approx(A.std(ddof=1) / B.std(ddof=1), rel=1e-12)
    assert brown_forsythe(np.ones(4), np.zeros(4)) is None


def test_pairs_as_scipy_has_them() -> None:
    b = A + 0.3 + 0.2 * GENERATOR.normal(size=10)
    found = paired(A, b, np.random.default_rng(0))
    assert found is not None
    assert found.interval is not None
    expected = stats.ttest_rel(b, A)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(expected.confidence_interval()), rel=1e-9)
    assert found.correlation == pytest.approx(stats.pearsonr(A, b).statistic, rel=1e-9)
    assert (found.pairs, found.exact) == (10, True)


def test_the_sign_flip_test_tries_every_pattern() -> None:
    found = paired(np.zeros(3), np.array([1.0, 2.0, 3.0]), np.random.default_rng(0))
    assert found is not None
    assert found.p_sign_flip == pytest.approx(2 / 8)


def test_pairs_are_over_common_survivors() -> None:
    found = paired(np.array([1.0, np.nan, 3.0, 4.0]), np.array([2.0, 9.0, np.nan, 6.0]), np.random.default_rng(0))
    assert found is not None
    assert (found.pairs, found.difference) == (2, 1.5)
    assert paired(np.array([1.0, np.nan]), np.array([2.0, 3.0]), np.random.default_rng(0)) is None


def test_many_pairs_are_drawn_by_the_generator() -> None:
    a, b = GENERATOR.normal(size=(2, 20))
    first, second, other = (paired(a, b, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert first is not None
    assert not first.exact
    assert repr(first) == repr(second)
    assert repr(first) != repr(other)


def test_equal_differences_have_no_t() -> None:
    found = paired(np.zeros(3), np.ones(3), np.random.default_rng(0))
    assert found is not None
    assert np.isnan(found.correlation)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    with_gap = holm([0.04, math.nan, 0.01])
    assert with_gap[0] == pytest.approx(0.04)
    assert math.isnan(with_gap[1])
    assert with_gap[2] == pytest.approx(0.02)
    assert holm([]) == []


def test_holm_as_statsmodels_has_it() -> None:
    from statsmodels.stats.multitest import multipletests  # noqa: PLC0415

    p = np.round(GENERATOR.random(30) ** 3, 2)  # with ties
    np.testing.assert_allclose(holm(p.tolist()), multipletests(p, method="holm")[1], rtol=1e-9)


def test_many_pairs_at_once_are_the_pairs_one_by_one() -> None:
    sizes = [(1, 5), (2, 2), (10, 10), (10, 10), (3, 7), (10, 10)]
    pairs = [(np.sort(GENERATOR.normal(size=n)), np.sort(GENERATOR.normal(1, size=m))) for n, m in sizes]
    pairs += [(np.full(4, 1.0), np.full(4, 2.0)), (np.arange(3.0), np.arange(5.0, 9.0)), (np.ones(3), np.ones(3))]
    for together, alone in ((welch_of, welch), (superiority_of, superiority), (brown_forsythe_of, brown_forsythe)):
        assert repr(together(pairs)) == repr([alone(a, b) for a, b in pairs])


def test_pairs_beyond_what_is_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [(np.sort(GENERATOR.normal(size=4)), np.sort(GENERATOR.normal(size=4))) for _ in range(5)]
    whole = welch_of(pairs)
    monkeypatch.setattr("genconv.statistics.two_sample.AT_ONCE", 16)
    assert repr(welch_of(pairs)) == repr(whole)


def test_two_pairs_have_no_correlation() -> None:
    found = paired(np.array([1.0, 2.0]), np.array([2.0, 5.0]), np.random.default_rng(0))
    assert found is not None
    assert (found.pairs, found.difference) == (2, 2.0)
    assert np.isnan(found.correlation)
