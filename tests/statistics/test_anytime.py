"""Bets on pairs of runs, and on a rate: fair games, whenever one stops."""

import math

import numpy as np
import pytest

from genconv.errors import InputError
from genconv.statistics.anytime import paired_bets
from genconv.statistics.rate_sequence import (
    RateTarget,
    decidable,
    rate_confidence_sequence,
    rate_evidence,
    seeds_of_rate,
)


def test_a_bet_is_fair_given_the_distances() -> None:
    distance = np.array([0.3, 2.0, np.inf, 0.3, 1.0, 0.1])
    capital = []
    for place in range(2 ** len(distance)):
        sides = np.array([1 if place >> bit & 1 else -1 for bit in range(len(distance))])
        a, b = np.where(sides > 0, 0.0, distance), np.where(sides > 0, distance, 0.0)
        capital.append(paired_bets(a, b).value)
    assert np.mean(capital) == pytest.approx(1.0)


def test_equal_runs_are_no_bet() -> None:
    equal = np.array([1.0, np.inf, 2.0])
    assert paired_bets(equal, equal).capital == pytest.approx([1, 1, 1])
    assert paired_bets(equal[:0], equal[:0]).p == 1


def test_far_cells_are_told_apart_and_equal_ones_seldom() -> None:
    generator = np.random.default_rng(0)
    wrong = sum(paired_bets(*generator.normal(size=(2, 100))).p <= 0.1 for _ in range(500))
    assert wrong < 70
    a, b = generator.normal(size=(2, 12))
    assert paired_bets(a, b + 10).p < 0.05
    assert paired_bets(b + 10, a).p == pytest.approx(paired_bets(a, b + 10).p)


def test_the_evidence_of_clean_runs_by_hand() -> None:
    n, bound = 60, 0.05
    uniform = (1 - (1 - bound) ** (n + 1)) / ((n + 1) * bound)
    expected = (1 - bound) ** n / (0.5 + 0.5 * uniform)
    assert rate_evidence(0, n, bound).p_below == pytest.approx(expected)
    assert rate_evidence(0, 0, bound).p_below == 1
    assert seeds_of_rate(0.05, 0.05) == 68


def error(rate: float, bound: float, runs: int) -> float:
    """Exact chance of a false answer at any n up to `runs`, at level .05."""
    alive, wrong = {0: 1.0}, 0.0
    for n in range(1, runs + 1):
        after: dict[int, float] = {}
        for count, chance in alive.items():
            after[count] = after.get(count, 0.0) + chance * (1 - rate)
            after[count + 1] = after.get(count + 1, 0.0) + chance * rate
        alive = {}
        for count, chance in after.items():
            found = rate_evidence(count, n, bound)
            if min(found.p_below, found.p_above) > 0.05:
                alive[count] = chance
            elif (found.p_below <= 0.05) == (rate > bound):
                wrong += chance
    return wrong


@pytest.mark.parametrize("bound", [0.05, 0.3])
@pytest.mark.parametrize("ratio", [0.9, 1.0, 1.001, 1.5])
def test_a_rate_is_misjudged_in_at_most_one_in_twenty(bound: float, ratio: float) -> None:
    assert error(bound * ratio, bound, 150) <= 0.05


def test_a_confidence_sequence_holds_its_bound_of_likelihoods() -> None:
    found = rate_confidence_sequence(2, 20, 0.95)
    mixture = math.gamma(3) * math.gamma(19) / math.gamma(22)
    for p in (found.low, found.high):
        assert p**2 * (1 - p) ** 18 == pytest.approx(0.05 * mixture)
    assert rate_confidence_sequence(0, 0, 0.95).high == 1
    assert rate_confidence_sequence(0, 10, 0.95).low == 0


def test_what_no_run_can_decide_any_more() -> None:
    assert not decidable(0, 10, 11, 0.05, 0.05)
    assert decidable(0, 10, 68, 0.05, 0.05)

    assert decidable(9, 10, 12, 0.05, 0.05)


@pytest.mark.parametrize(("text", "bound"), [("diverged<=0.05", 0.05), ("diverged >= 5%", 0.05), ("diverged<.2", 0.2)])
def test_a_bound_as_it_is_written(text: str, bound: float) -> None:
    assert RateTarget.parse(text).bound == pytest.approx(bound)


@pytest.mark.parametrize("text", ["diverged=0.05", "lost<=0.1", "diverged<=0", "diverged<=1", "diverged<=e", ""])
def test_what_is_no_bound(text: str) -> None:
    with pytest.raises(InputError, match="must be decided, or diverged<=RATE"):
        RateTarget.parse(text)
