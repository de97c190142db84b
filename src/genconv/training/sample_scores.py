"""Distances between samples of a model and held-out points: what a likelihood does not say, or is not there to say."""

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Int

MOST = 2048
"""Points of each side at most: a distance of all pairs."""
PROJECTIONS = 64
"""Directions of the sliced Wasserstein distance, the same in every run."""
NEIGHBOURS = 3
"""The ball around a point reaches to its neighbour of this number (as in the paper)."""
COVERED = 0.5
"""A mode is covered if it gets at least this part of its share of the samples."""
_ROWS = 256


def sample_scores(
    samples: Float[Array, "n d"], held_out: Float[Array, "m d"], others: Float[Array, "k d"]
) -> dict[str, Float[Array, ""]]:
    """Both distances of samples and held-out points, and under `…_floor` those of as many other points of the data:
    what a perfect model has with so many points. Precision and recall beside them, under `…_ceiling` those of the
    other points.
    """
    count = min(MOST, len(samples), len(held_out), len(others))
    samples, held_out, others = samples[:count], held_out[:count], others[:count]
    precision, recall = precision_and_recall(samples, held_out)
    precision_ceiling, recall_ceiling = precision_and_recall(others, held_out)
    return {
        "precision": precision,
        "precision_ceiling": precision_ceiling,
        "recall": recall,
        "recall_ceiling": recall_ceiling,
        "energy_distance": energy_distance(samples, held_out),
        "energy_distance_floor": energy_distance(others, held_out),
        "sliced_wasserstein": sliced_wasserstein(samples, held_out),
        "sliced_wasserstein_floor": sliced_wasserstein(others, held_out),
    }


def energy_distance(x: Float[Array, "n d"], y: Float[Array, "n d"]) -> Float[Array, ""]:
    """2 E|X − Y| − E|X − X′| − E|Y − Y′| over all pairs, at least 0 (Székely & Rizzo 2013)."""
    return 2 * _mean_distance(x, y) - _mean_distance(x, x) - _mean_distance(y, y)


def sliced_wasserstein(x: Float[Array, "n d"], y: Float[Array, "n d"]) -> Float[Array, ""]:
    """√ of the mean over directions of W₂² between the projections (Bonneel et al. 2015)."""
    directions = jr.normal(jr.key(0), (x.shape[1], PROJECTIONS))
    directions = directions / jnp.linalg.norm(directions, axis=0)
    ordered = [jnp.sort(jnp.matmul(points, directions, precision="highest"), axis=0) for points in (x, y)]
    return jnp.sqrt(jnp.mean((ordered[0] - ordered[1]) ** 2))


def precision_and_recall(
    samples: Float[Array, "n d"], held_out: Float[Array, "m d"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Share of samples within the balls around held-out points, and of held-out points within those around samples; a
    ball reaches to the third nearest neighbour of its own kind (Kynkäänniemi et al. 2019, arXiv 1904.06991).
    """
    return _within(samples, held_out), _within(held_out, samples)


def coverage_scores(
    samples: Float[Array, "n d"], others: Float[Array, "k d"], modes: Float[Array, "modes d"]
) -> dict[str, Float[Array, ""]]:
    """The modes that samples reach; beside it those that as many other points of the data reach, and how far the
    shares of the modes are from their weights, by which models still differ where all reach every mode.

    With n samples a perfect model counts a mode with the probability P(Binomial(n, 1/m) ≥ n/2m).
    """
    count = min(MOST, len(samples), len(others))
    samples, others = samples[:count], others[:count]
    return {
        "mode_coverage": mode_coverage(samples, modes),
        "mode_coverage_ceiling": mode_coverage(others, modes),
        "mode_deviation": mode_deviation(samples, modes),
        "mode_deviation_floor": mode_deviation(others, modes),
    }


def mode_coverage(samples: Float[Array, "n d"], modes: Float[Array, "modes d"]) -> Float[Array, ""]:
    """Share of modes, all of one weight, to which at least half as many samples are nearest as that weight says."""
    return jnp.mean(_counts(samples, modes) >= COVERED * len(samples) / len(modes))


def mode_deviation(samples: Float[Array, "n d"], modes: Float[Array, "modes d"]) -> Float[Array, ""]:
    """½ Σ_j |s_j − 1/m|: total variation between the shares s_j of samples nearest to each of m modes and their
    weights. Of n samples of a perfect model it is about √((m − 1)/(2πn)).
    """
    return 0.5 * jnp.sum(jnp.abs(_counts(samples, modes) / len(samples) - 1 / len(modes)))


def _counts(samples: Float[Array, "n d"], modes: Float[Array, "modes d"]) -> Int[Array, " modes"]:
    """Samples nearest to each mode."""
    nearest = jnp.argmin(jnp.linalg.norm(samples[:, None] - modes, axis=-1), axis=1)
    return jnp.sum(nearest[:, None] == jnp.arange(len(modes)), axis=0)


def _within(points: Float[Array, "n d"], centres: Float[Array, "m d"]) -> Float[Array, ""]:
    """The share of points that lie in the ball of any centre."""
    neighbour = min(NEIGHBOURS, len(centres) - 1)

    def radius(centre: Array) -> Array:
        return jnp.sort(jnp.linalg.norm(centres - centre, axis=1))[neighbour]  # the first is the centre itself

    radii = jax.lax.map(radius, centres, batch_size=min(_ROWS, len(centres)))

    def inside(point: Array) -> Array:
        return jnp.any(jnp.linalg.norm(centres - point, axis=1) <= radii)

    found: Array = jax.lax.map(inside, points, batch_size=min(_ROWS, len(points)))
    return jnp.mean(found)


def _mean_distance(x: Float[Array, "n d"], y: Float[Array, "m d"]) -> Float[Array, ""]:
    """A few hundred rows at a time, so that memory does not grow with their square."""

    def to_all(point: Array) -> Array:
        return jnp.mean(jnp.linalg.norm(y - point, axis=1))

    distances: Float[Array, " n"] = jax.lax.map(to_all, x, batch_size=min(_ROWS, len(x)))
    return jnp.mean(distances)
