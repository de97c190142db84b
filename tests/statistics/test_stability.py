"""What fewer seeds would have said."""

from itertools import combinations, product

import numpy as np
import pytest
from small_cells import cell

from genconv.errors import InputError
from genconv.statistics import stability as module
from genconv.statistics.sample import samples
from genconv.statistics.stability import winner_stability
from genconv.statistics.standing import standings

GENERATOR = np.random.default_rng(8)
NAN = np.nan


def brute(values: dict[str, np.ndarray], k: int, winner: str) -> float:
    draws = [[(np.mean(chosen), name) for chosen in combinations(numbers, k)] for name, numbers in values.items()]
    outcomes = list(product(*draws))
    kept = [min(mean for mean, _ in one) == next(mean for mean, name in one if name == winner) for one in outcomes]
    return 1 - float(np.mean(kept))


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_ranks_of_lost_runs_equal_the_list_of_all_draws(k: int) -> None:
    numbers = {"a": [0.0, 0.2, 0.4, NAN], "b": [0.1, 0.3, 0.9, NAN], "c": [0.35, 0.5, NAN, NAN]}
    ranks = {"a": [1, 3, 6, 10.5], "b": [2, 4, 8, 10.5], "c": [5, 7, 10.5, 10.5]}  # 9 to 12 are without a number
    found = winner_stability({name: np.array(several) for name, several in numbers.items()}, k, GENERATOR)
    assert found is not None
    assert (found.winner, found.by) == ("a", "mean ranks")
    draws = [[np.mean(chosen) for chosen in combinations(several, k)] for several in ranks.values()]
    kept = [min(one) == one[0] < 10.5 for one in product(*draws)]
    assert found.other_winner == pytest.approx(1 - np.mean(kept), abs=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_it_equals_the_list_of_all_draws(k: int) -> None:
    values = {name: GENERATOR.normal(shift, size=5) for name, shift in (("a", 0.0), ("b", 0.3), ("c", 0.5))}
    found = winner_stability(values, k, np.random.default_rng(0))
    assert found is not None
    assert found.method == "enumeration"
    assert found.other_winner == pytest.approx(brute(values, k, found.winner), abs=1e-12)
    assert sum(found.chances.values()) == pytest.approx(1)


def test_all_seeds_name_the_winner_of_all() -> None:
    values = {"a": np.array([1.0, 2.0]), "b": np.array([1.5, 3.0])}
    found = winner_stability(values, 2, np.random.default_rng(0))
    assert found is not None
    assert (found.winner, found.other_winner) == ("a", 0)


def test_by_hand() -> None:
    found = winner_stability({"a": np.array([1.0, 4.0]), "b": np.array([2.0, 3.5])}, 1, np.random.default_rng(0))
    assert found is not None
    assert (found.winner, found.other_winner) == ("a", 0.5)


def test_a_tie_keeps_the_name() -> None:
    found = winner_stability({"a": np.array([1.0, 1.0]), "b": np.array([1.0, 3.0])}, 1, np.random.default_rng(0))
    assert found is not None
    assert (found.winner, found.other_winner) == ("a", 0)


def test_a_dead_draw_cannot_win() -> None:
    found = winner_stability({"a": np.array([1.0, NAN]), "b": np.array([2.0, NAN])}, 1, np.random.default_rng(0))
    assert found is not None
    assert (found.winner, found.chances) == ("a", {"a": 0.5, "b": 0.25})
    assert found.other_winner == 0.5


def test_one_survivor_of_ten_is_no_winner() -> None:
    values = {"a": np.array([0.0, *[NAN] * 9]), "b": np.linspace(1, 2, 10)}
    for k in (1, 3, 10):
        found = winner_stability(values, k, np.random.default_rng(0))
        assert found is not None
        assert found.winner == "b"
        assert found.other_winner == pytest.approx(0.1 if k == 1 else 0, abs=1e-12)


def test_the_winner_of_all_is_that_of_the_page() -> None:
    """The cell whose runs have the lowest mean rank: with five of ten lost, P is even and ties go by name."""
    values = {"a": np.array([0.0, 0.1, 0.2, 0.3, NAN]), "b": np.linspace(1, 2, 5)}
    found = winner_stability(values, 5, np.random.default_rng(0))
    assert found is not None
    assert (found.winner, found.other_winner) == ("a", 0)
    cells = [cell("b", values["a"], dead=[4]), cell("a", values["b"])]
    (ranked,) = samples(cells, "last").values()
    assert ranked[int(np.argmin(standings(ranked)))].label == "b"


def test_many_seeds_are_drawn_by_the_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {name: GENERATOR.normal(shift, size=10) for name, shift in (("a", 0.0), ("b", 0.3))}
    exact = winner_stability(values, 3, np.random.default_rng(0))
    monkeypatch.setattr(module, "MOST_EXACT", 10)
    first, second = (winner_stability(values, 3, np.random.default_rng(0)) for _ in range(2))
    assert exact is not None
    assert first is not None
    assert first.method == "Monte Carlo"
    assert repr(first) == repr(second)
    assert first.other_winner == pytest.approx(exact.other_winner, abs=0.02)


def test_bounds() -> None:
    with pytest.raises(InputError, match="k = 3: must be from 1 to 2, the seeds of a"):
        winner_stability({"a": np.ones(2), "b": np.ones(3)}, 3, np.random.default_rng(0))
    assert winner_stability({"a": np.ones(2)}, 1, np.random.default_rng(0)) is None
    assert winner_stability({"a": np.ones(2), "b": np.full(2, NAN)}, 1, np.random.default_rng(0)) is None
