"""Distances of samples against SciPy's, and their floors."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats
from scipy.spatial.distance import cdist

from genconv.curves import CellCurves
from genconv.data.registry import dataset_named
from genconv.metrics import metric_named
from genconv.training.sample_scores import (
    coverage_scores,
    energy_distance,
    mode_coverage,
    precision_and_recall,
    sample_scores,
    sliced_wasserstein,
)

GENERATOR = np.random.default_rng(0)


def test_on_a_line_they_are_scipys() -> None:
    x, y = GENERATOR.standard_normal((60, 1)), 0.3 + GENERATOR.standard_normal((60, 1))
    found = jax.jit(lambda x, y: (energy_distance(x, y), sliced_wasserstein(x, y)))(jnp.asarray(x), jnp.asarray(y))
    # SciPy's is the square root of half of it
    np.testing.assert_allclose(found[0], stats.energy_distance(x[:, 0], y[:, 0]) ** 2, rtol=1e-4)
    moved = np.sqrt(np.mean((np.sort(x[:, 0]) - np.sort(y[:, 0])) ** 2))
    np.testing.assert_allclose(found[1], moved, rtol=1e-5)


def test_points_of_the_data_lie_at_the_floor_and_others_above() -> None:
    points = [jnp.asarray(GENERATOR.standard_normal((300, 3)) + shift, jnp.float32) for shift in (0, 0, 0, 0.5)]
    score = jax.jit(sample_scores)
    good, bad = score(points[0], points[1], points[2]), score(points[3], points[1], points[2])
    for name in ("energy_distance", "sliced_wasserstein"):
        assert 0.3 < good[name] / good[f"{name}_floor"] < 3
        assert bad[name] > 2 * bad[f"{name}_floor"]
        assert bad[f"{name}_floor"] == good[f"{name}_floor"]


def test_precision_and_recall_are_those_of_all_distances() -> None:
    samples, held_out = GENERATOR.normal([1.5, 0], 1, (60, 2)), GENERATOR.normal(0, 0.7, (60, 2))
    balls_held_out, balls_samples = (np.sort(cdist(one, one), axis=1)[:, 3] for one in (held_out, samples))
    between = cdist(samples, held_out)
    wanted = (between <= balls_held_out).any(axis=1).mean(), (balls_samples >= between.T).any(axis=1).mean()
    found = jax.jit(precision_and_recall)(jnp.asarray(samples, jnp.float32), jnp.asarray(held_out, jnp.float32))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert 0.2 < wanted[0] < 0.9


def test_a_mode_is_covered_by_half_of_its_samples() -> None:
    entry = dataset_named("8gaussians")
    modes = np.asarray(entry.build(entry.configured("corrected", {})).modes, np.float32)
    counts = [50, 49, 101, 100, 100, 100, 200, 100]  # of 100 each
    samples = np.repeat(modes, counts, axis=0) + GENERATOR.normal(0, 0.1, (800, 2))
    assert float(mode_coverage(jnp.asarray(samples, jnp.float32), jnp.asarray(modes))) == 7 / 8
    data = np.repeat(modes, 100, axis=0)[::-1] + GENERATOR.normal(0, 0.1, (800, 2))
    scores = jax.jit(coverage_scores)(*(jnp.asarray(each, jnp.float32) for each in (samples, data, modes)))
    assert float(scores["mode_coverage"]) == 7 / 8
    assert float(scores["mode_coverage_ceiling"]) == 1
    np.testing.assert_allclose(scores["mode_deviation"], 0.5 * np.abs(np.array(counts) / 800 - 1 / 8).sum(), rtol=1e-5)
    assert float(scores["mode_deviation_floor"]) < 1e-6, "as many points as the modes weigh"


def test_samples_of_the_mixture_itself_lie_where_the_documents_say() -> None:
    modes = jnp.asarray(np.eye(8), jnp.float32)
    draws = GENERATOR.integers(0, 8, (400, 500))
    found = jax.jit(jax.vmap(lambda which: coverage_scores(modes[which], modes[which], modes)))(jnp.asarray(draws))
    np.testing.assert_allclose(np.mean(found["mode_deviation"]), np.sqrt(7 / (2 * np.pi * 500)), rtol=0.05)
    assert float(np.mean(found["mode_coverage"])) == 1
    few = jax.jit(jax.vmap(lambda which: mode_coverage(modes[which], modes)))(jnp.asarray(draws[:, :24]))
    expected = stats.binom.sf(1, 24, 1 / 8)
    np.testing.assert_allclose(np.mean(few), expected, atol=0.03)


def test_they_are_metrics_of_the_runs_that_have_them() -> None:
    curves = np.ones((2, 3))
    numbers = {"energy_distance": np.array([0.1, 0.2])}
    cell = CellCurves("d", "m", "p", (0, 1), curves, curves, (None, None), evaluation=numbers)
    np.testing.assert_array_equal(metric_named("energy_distance").of(cell), [0.1, 0.2])
    assert metric_named("sliced_wasserstein").of(cell) is None
