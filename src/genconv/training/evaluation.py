"""The final evaluation of one run on held-out data, and the samples that are kept with it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, Shaped

from genconv.config.training import EvaluationConfig
from genconv.data.base import Dataset
from genconv.models.base import ExactModel, GenerativeModel
from genconv.randomness import Streams

_CHUNK = 4096
_EVALUATION, _SAMPLES = 2, 3
GRID = 160
"""Points a side of the grid on which an exact density in the plane is kept."""


class Evaluation(NamedTuple):
    """Means over held-out examples in nats, and what is kept for figures."""

    loss: Float[Array, ""]
    reconstruction: Float[Array, ""]
    kl: Float[Array, ""]
    importance_weighted: Float[Array, ""]
    """−log of the mean of k importance weights: an upper bound of −log p(x) that tightens with k (arXiv 1509.00519,
    eq. 8).
    """
    samples: Float[Array, "samples ..."]


def evaluate(
    model: GenerativeModel,
    dataset: Dataset,
    config: EvaluationConfig,
    streams: Streams,
    rows: Shaped[Array, "n ..."],
) -> Evaluation:
    """Losses and the importance-weighted bound on `rows` (at most `config.points`), and samples of the model."""
    key = jr.fold_in(streams.noise, _EVALUATION)
    rows = rows[: config.points]

    def chunk(rows: Shaped[Array, "batch ..."], number: int | Array) -> Float[Array, "batch 3"]:
        terms_key, weights_key = jr.split(jr.fold_in(key, number))
        x = dataset.prepare(rows, terms_key)
        terms, _ = model.terms(x, terms_key, training=False)
        bound = importance_weighted_bound(model, x, weights_key, config.importance_samples)
        return jnp.stack([terms.reconstruction, terms.kl, -bound], axis=-1)

    size = min(_CHUNK, rows.shape[0])
    full = rows.shape[0] // size
    batches = rows[: full * size].reshape(full, size, *rows.shape[1:])
    values = jax.lax.map(lambda item: chunk(*item), (batches, jnp.arange(full))).reshape(full * size, 3)
    if full * size < rows.shape[0]:
        values = jnp.concatenate([values, chunk(rows[full * size :], full)])
    reconstruction, kl, bound = jnp.mean(values, axis=0)
    samples = model.sample(jr.fold_in(streams.noise, _SAMPLES), config.samples)
    return Evaluation(reconstruction + kl, reconstruction, kl, bound, samples)


def importance_weighted_bound(
    model: GenerativeModel, x: Float[Array, "batch ..."], key: Key[Array, ""], count: int
) -> Float[Array, " batch"]:
    """log (1/k) Σ w_i with w_i importance weights, nats: a lower bound of log p(x) in expectation, exact as k → ∞.

    The sum runs in a scan, so memory does not grow with k. An exact model needs one term.
    """
    if model.exact:
        return model.log_weights(x, key)

    def add(total: Float[Array, " batch"], key: Key[Array, ""]) -> tuple[Float[Array, " batch"], None]:
        return jnp.logaddexp(total, model.log_weights(x, key)), None

    total, _ = jax.lax.scan(add, jnp.full(x.shape[0], -jnp.inf), jr.split(key, count))
    return total - jnp.log(count)


def density_on_grid(
    model: ExactModel, box: tuple[float, float, float, float]
) -> tuple[Float[Array, " gx"], Float[Array, " gy"], Float[Array, "gy gx"]]:
    """log p of an exact model in the plane on a grid over `box` = (xmin, xmax, ymin, ymax)."""
    x, y = jnp.linspace(box[0], box[1], GRID), jnp.linspace(box[2], box[3], GRID)
    points = jnp.stack(jnp.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return x, y, model.log_density(points).reshape(GRID, GRID)
