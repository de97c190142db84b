"""Between the entropy and the Gaussian: a flag is beyond what the points of the evaluation explain, and not before."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from small_cells import REFERENCE, cell, evaluated, trained
from tests.experiment.synthetic_runs import cell as configured
from tests.experiment.synthetic_runs import record, recorded

from genconv.coordinates import Coordinates
from genconv.curves import Reference
from genconv.measure import ELBO, EXACT, LOSS, Measure, importance_weighted
from genconv.statistics.entropy_gap import MEANING, EntropyGap, entropy_gap, evaluation_points
from genconv.store.load import load
from genconv.store.results import StoredCell
from genconv.store.runs import save_run

POINTS = 128
"""Validation points of the cells here: the standard error is 2/√128 = 0.177."""


def stored(
    root: Path, last: Sequence[float], sd: float, measure: Measure = EXACT, held_out: Sequence[float] | None = None
) -> StoredCell:
    """Runs with these last losses, and held-out losses with that standard deviation over 400 examples."""
    spread = stats.norm.ppf((np.arange(400) + 0.5) / 400) * sd
    for seed, (value, mean) in enumerate(zip(last, held_out or last, strict=True)):
        one = record(seed, configured(model="mine"), reference=REFERENCE)
        curves = recorded(seed)
        curves["validation.loss"][-1] = value
        outcome = replace(one.outcome, evaluation={"loss": mean}, measures={"curve": measure, "loss": measure})
        examples = {"loss": (mean + spread).astype(np.float32)}
        save_run(root, replace(one, curves=curves, outcome=outcome, examples=examples))
    (found,) = load([root]).cells
    return found


def gap(of: StoredCell) -> EntropyGap:
    found = entropy_gap(of)
    assert found is not None
    return found


def test_below_the_floor_is_beyond_the_error_of_the_points() -> None:
    reach = 3 * 2 / math.sqrt(POINTS) + math.log(5 / stats.norm.sf(3)) / POINTS
    values = [1.5 - reach - 0.001, 1.5 - reach + 0.001, 2.0, 4.5, 4.6, np.nan]
    data = (Coordinates(0, seed, seed, seed) for seed in range(6))
    found = gap(trained("a", values, dead=[5], reference=REFERENCE, measure=EXACT, coordinates=tuple(data)))
    assert (found.points, found.point_sets) == (POINTS, 1)
    assert found.error == pytest.approx(2 / np.sqrt(POINTS))
    assert found.reach == pytest.approx(reach)
    assert found.flags == ("below the floor", "", "", "", "", "no number")
    np.testing.assert_allclose(found.excess, np.array(values) - 1.5)
    assert found.gaussian == 2.5


def test_runs_on_points_of_their_own_must_lie_further_out() -> None:
    values = [0.85, *[2.0] * 9]
    shared = tuple(Coordinates(0, seed, seed, seed) for seed in range(10))
    apart = tuple(Coordinates(seed, seed, seed, seed) for seed in range(10))
    one, many = (
        gap(trained("a", values, reference=REFERENCE, measure=EXACT, coordinates=where)) for where in (shared, apart)
    )
    assert (one.point_sets, many.point_sets) == (1, 10)
    assert one.reach is not None
    assert many.reach is not None
    assert many.reach - one.reach == pytest.approx(
        (stats.norm.isf(stats.norm.sf(3) / 10) - 3) * 2 / math.sqrt(POINTS), rel=1e-6
    )
    assert one.reach < 0.65 + 0.05 < many.reach + 0.05


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("deviation", [0.0, 1.0])
def test_a_right_likelihood_is_hardly_ever_flagged(shared: bool, deviation: float) -> None:
    """Ten densities q near the law p, which is uniform or a Gaussian; their expected losses lie a little above H."""
    generator, flagged, cells = np.random.default_rng(3), 0, 1000
    reference = Reference(1.0, deviation, 3.0)
    for _ in range(cells):
        points = generator.normal(size=(1 if shared else 10, POINTS))
        losses = 1 + deviation * (points**2 - 1) / math.sqrt(2)  # −log p has sd `deviation`
        ratio = np.linspace(0.001, 0.3, 10)[:, None]
        tilted = losses - (ratio * points - ratio**2 / 2)  # q = p · exp(r z − r²/2)
        where = tuple(Coordinates(0 if shared else seed, seed, seed, seed) for seed in range(10))
        one = trained("a", tilted.mean(axis=1), reference=reference, measure=EXACT, coordinates=where)
        flagged += "below the floor" in gap(one).flags
    assert flagged <= 8  # 2 · .00135 of 1,000 are 2.7


def test_without_the_points_nothing_is_flagged() -> None:
    imported = cell("a", [0.0, 1.51, 40.0], reference=REFERENCE, measure=EXACT)
    found = entropy_gap(imported, "label")
    assert found is not None
    assert (found.label, found.error, found.reach, found.points) == ("label", None, None, None)
    assert found.flags == ("", "", "")
    assert evaluation_points(imported) is None


def test_above_the_gaussian_is_beyond_the_error_of_the_run_itself(tmp_path: Path) -> None:
    """Two runs: 3.2 standard errors of sd/√128, with the sd of their own held-out losses."""
    narrow = gap(stored(tmp_path / "narrow", [4.2, 4.6], sd=1.0))
    assert narrow.flags == ("", "above the Gaussian")
    wide = gap(stored(tmp_path / "wide", [4.2, 4.6], sd=3.0))
    assert wide.flags == ("", "")


def test_above_the_gaussian_on_validation_points_alone_is_no_flag(tmp_path: Path) -> None:
    assert gap(stored(tmp_path, [4.6, 4.6], sd=1.0, held_out=[3.9, 4.6])).flags == ("", "above the Gaussian")


def test_without_losses_of_examples_no_run_is_above_the_gaussian() -> None:
    assert gap(trained("a", [9.0, 9.1], reference=REFERENCE, measure=EXACT)).flags == ("", "")


def test_a_bound_above_the_gaussian_shows_no_misspecification(tmp_path: Path) -> None:
    loose = stored(tmp_path, [4.6, 4.7], sd=1.0, measure=ELBO)
    assert gap(loose).flags == ("above the Gaussian by the bound",) * 2
    evaluation = {**loose.curves.evaluation, "importance_weighted": np.array([3.0, 4.6])}
    measures = {"loss": ELBO, "importance_weighted": importance_weighted(64)}
    tight = replace(loose, curves=replace(loose.curves, evaluation=evaluation, measures=measures))
    assert gap(tight).flags == ("", "above the Gaussian by the bound")


def test_none_without_an_entropy() -> None:
    assert entropy_gap(cell("a", [1.0], measure=EXACT)) is None


@pytest.mark.parametrize("measure", [LOSS, Measure("exact", "bits/dim")])
def test_none_for_a_loss_that_is_no_likelihood_in_nats(measure: Measure) -> None:
    assert entropy_gap(cell("a", [1.0], reference=REFERENCE, measure=measure)) is None


def test_a_run_without_a_number_has_no_flag_but_that() -> None:
    found = gap(evaluated("a", [3.0, np.nan], EXACT, last=[3.0, np.nan], reference=REFERENCE))
    assert found.flags == ("", "no number")


def test_a_run_above_the_gaussian_may_just_be_undertrained() -> None:
    assert "misspecified or not trained enough" in MEANING["above the Gaussian"]
