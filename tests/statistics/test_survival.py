"""Epochs to a threshold with seeds that never arrive, and divergence by cause."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from small_cells import curves

from genconv.curves import CellCurves, Divergence, Reference, find_divergence
from genconv.errors import InputError
from genconv.measure import EXACT
from genconv.statistics.survival import (
    Times,
    arrival_times,
    incidences,
    kaplan_meier,
    log_rank,
    reached_and_diverged,
    restricted_mean,
)
from genconv.statistics.thresholds import Threshold, checked, threshold

NAN = np.nan
CURVES = np.array([[9, 5, 1, 1], [9, 1, 9, 9], [9, 9, 9, 9], [1, NAN, NAN, NAN], [9, 9, 1, NAN]], dtype=float)


def times(epochs: list[float], arrived: list[bool]) -> Times:
    return Times("x", np.array(epochs), np.array(arrived))


def test_arrival_is_counted_in_epochs_trained() -> None:
    found = arrival_times(curves("a", CURVES), 2.0)
    np.testing.assert_array_equal(found.epochs, [3, 2, 4, 1, 3])
    np.testing.assert_array_equal(found.arrived, [True, True, False, True, True])


def test_a_diverged_seed_has_not_arrived() -> None:
    dead = (None, None, None, Divergence(0, "blow-up"), Divergence(3, "non-finite loss"))
    found = arrival_times(curves("a", CURVES, divergences=dead), 2.0)
    np.testing.assert_array_equal(found.epochs, [3, 2, 4, 4, 4])
    np.testing.assert_array_equal(found.arrived, [True, True, False, False, False])
    assert reached_and_diverged(curves("a", CURVES, divergences=dead), 2.0) == 1


def test_kaplan_meier_by_hand() -> None:
    curve = kaplan_meier(times([2, 3, 3, 5, 5], [True, True, True, False, False]))
    np.testing.assert_array_equal(curve.epochs, [0, 2, 3, 5])
    np.testing.assert_allclose(curve.share, [1, 0.8, 0.4, 0.4])
    assert (curve.n, curve.arrived) == (5, 3)
    assert curve.low[2] < 0.4 < curve.high[2]


def test_nobody_and_everybody() -> None:
    nobody = kaplan_meier(times([5, 5], [False, False]))
    np.testing.assert_array_equal(nobody.share, [1, 1])
    everybody = kaplan_meier(times([2, 2], [True, True]))
    np.testing.assert_array_equal(everybody.share, [1, 0])
    assert log_rank(times([5, 5], [False, False]), times([5], [False])) is None


def test_log_rank_as_scipy_has_it() -> None:
    a, b = times([2, 3, 3, 5], [True, True, True, False]), times([4, 5, 5, 5], [True, False, False, False])
    censored = [stats.CensoredData.right_censored(one.epochs, ~one.arrived) for one in (a, b)]
    assert log_rank(a, b) == pytest.approx(stats.logrank(*censored).pvalue, rel=1e-9)


def test_the_restricted_mean_by_hand() -> None:
    mean, interval = restricted_mean(times([2, 3, 3, 5, 5], [True, True, True, False, False]), 5)
    assert mean == pytest.approx(2 + 0.8 + 0.4 * 2)
    variance = (0.8 + 0.8) ** 2 * 1 / (5 * 4) + 0.8**2 * 2 / (4 * 2)
    assert interval is not None
    assert interval.high - interval.low == pytest.approx(2 * 1.959964 * np.sqrt(variance), rel=1e-6)


def test_without_censoring_it_is_the_mean() -> None:
    mean, interval = restricted_mean(times([2, 4, 9], [True, True, True]), 10)
    assert mean == pytest.approx(5)
    assert interval is not None
    assert restricted_mean(times([7, 7], [False, False]), 7) == (7, None)
    with pytest.raises(ValueError, match="horizon = 8 epochs: x was not watched for so long"):
        restricted_mean(times([7, 7], [False, False]), 8)


def test_thresholds_from_the_best_cell() -> None:
    a = curves("a", np.array([[1.0], [2.0], [3.0]]))
    b = curves("b", np.array([[0.0], [NAN], [NAN]]), dead=(1, 2))
    assert threshold([a, b]) == Threshold(2.02, "cell", 0.02, label=a.label)
    assert threshold([b]) is None
    assert threshold([a, b], 7.0) == Threshold(7.0, "user")


def test_thresholds_lie_between_the_entropy_and_the_gaussian() -> None:
    reference = Reference(entropy=2.0, deviation=1.0, gaussian=4.0)

    def cell(*losses: float, dead: tuple[int, ...] = ()) -> CellCurves:
        made = curves("a", np.array(losses)[:, None], dead=dead)
        return replace(made, reference=reference, measure=EXACT)

    assert threshold([cell(2.05, 2.3, 9.0, 2.09)]) == Threshold(2.1, "entropy", pytest.approx(0.1), 0.05)
    assert threshold([cell(2.05, 2.3, 9.0, 9.0)]).loss == pytest.approx(2.4)
    assert threshold([cell(2.05, 2.05, 2.05, 9.0, dead=(0, 1)), cell(3.5)]).source == "Gaussian"
    assert threshold([cell(9.0)]) == Threshold(4.0, "Gaussian", 2.0, 1.0)
    with pytest.raises(InputError, match="threshold = nan: must be a finite loss"):
        checked(float("nan"))


def test_divergence_by_cause() -> None:
    dead = (None, Divergence(0, "blow-up"), Divergence(2, "blow-up"), Divergence(1, "non-finite loss"))
    blow_up, loss = incidences(curves("a", np.ones((4, 3)), divergences=dead))
    assert (blow_up.cause, loss.cause) == ("blow-up", "non-finite loss")
    np.testing.assert_array_equal(blow_up.share, [0, 0.25, 0.25, 0.5])
    np.testing.assert_array_equal(loss.share, [0, 0, 0.25, 0.25])
    assert (blow_up.final.low, blow_up.final.high) == pytest.approx(tuple(stats.binomtest(2, 4).proportion_ci()))
    assert (blow_up.low[-1], blow_up.high[-1]) == (blow_up.final.low, blow_up.final.high)
    assert incidences(curves("a", np.ones((4, 3)))) == []


def test_time_is_counted_by_the_places_of_a_curve() -> None:
    losses = np.array([[3.0, 1.0, 1.0], [3.0, 3.0, 3.0], [3.0, 1.0, NAN]])
    dead = (None, None, Divergence(10, "non-finite loss"))
    sparse = curves("a", losses, divergences=dead, epochs_at=np.array([0.0, 10.0, 20.0]))
    found = arrival_times(sparse, 2.0)
    np.testing.assert_array_equal(found.epochs, [11, 21, 21])
    np.testing.assert_array_equal(found.arrived, [True, False, False])
    (one,) = incidences(sparse)
    np.testing.assert_array_equal(one.epochs, [0, 1, 11, 21])
    np.testing.assert_allclose(one.share, [0, 0, 1 / 3, 1 / 3])


def test_an_imported_curve_diverges_at_an_epoch() -> None:
    losses = np.array([1.0, 2.0, NAN])
    assert find_divergence(losses, losses, np.array([0.0, 10.0, 20.0])) == Divergence(20, "non-finite loss")
    assert find_divergence(losses, losses) == Divergence(2, "non-finite loss")
