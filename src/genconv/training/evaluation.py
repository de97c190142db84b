"""The final evaluation of one run on held-out data, and the samples that are kept with it."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, Shaped

from genconv.config.training import EvaluationConfig
from genconv.data.base import Dataset
from genconv.models.base import ExactModel, GenerativeModel
from genconv.randomness import Purpose, Streams
from genconv.training.snapshots import grey

T = TypeVar("T")
ACTIVE = 0.01
"""Nats, or squared units of z, above which a latent unit is used."""
REDRAWS = 5
"""How often the evaluation is drawn anew to see how much of a loss is its own noise."""
_REDRAWING = 0x726564
GRID = 160
"""Points a side of the grid on which an exact density in the plane is kept."""


class Units(NamedTuple):
    """How many dimensions of one stochastic layer the model uses, by two criteria; none of one that is not passed."""

    active: Float[Array, ""]
    """Mean over x of the unit's KL(q ‖ p) above 0.01 nats (arXiv 1602.02282)."""
    varying: Float[Array, ""]
    """Variance over x of the unit's posterior mean above 0.01 (arXiv 1509.00519, section 5.1). Below another layer it
    also counts a unit that merely follows its prior.
    """


class Evaluation(NamedTuple):
    """Means over held-out examples in nats, and what is kept for figures."""

    loss: Float[Array, ""]
    reconstruction: Float[Array, ""]
    kl: Float[Array, ""]
    importance_weighted: Float[Array, ""]
    """−log of the mean of k importance weights: an upper bound of −log p(x) that tightens with k (arXiv 1509.00519,
    eq. 8).
    """
    redraws: Float[Array, " redraws"]
    """`loss` again and again, with everything that is random in an evaluation drawn anew each time."""
    halves: Float[Array, " 2"]
    """`loss` on the first and on the second half of the examples."""
    units: tuple[Units, ...]
    """One a stochastic layer, lowest first."""
    samples: Shaped[Array, "samples ..."]
    """Points, or grey values from 0 to 255."""


class _Chunk(NamedTuple):
    """What is computed for each example."""

    losses: Float[Array, "batch 3"]
    means: tuple[Float[Array, "batch units"], ...]
    divergences: tuple[Float[Array, "batch units"], ...]


def evaluate(
    model: GenerativeModel,
    dataset: Dataset,
    config: EvaluationConfig,
    streams: Streams,
    rows: Shaped[Array, "n ..."],
) -> Evaluation:
    """Losses and the importance-weighted bound on `rows` (at most `config.points`), and samples of the model."""
    key = jr.fold_in(streams.noise, Purpose.EVALUATION)

    def chunk(rows: Shaped[Array, "batch ..."], number: int | Array) -> _Chunk:
        terms_key, weights_key = jr.split(jr.fold_in(key, number))
        x = dataset.prepare(rows, terms_key)
        terms, _ = model.terms(x, terms_key, training=False)
        bound = importance_weighted_bound(model, x, weights_key, config.importance_samples)
        layers = model.layers(x, terms_key)
        return _Chunk(
            jnp.stack([terms.reconstruction, terms.kl, -bound], axis=-1),
            tuple(layer.passed * layer.posterior.mean for layer in layers),
            tuple(layer.passed * layer.posterior.divergence_by_unit(layer.prior) for layer in layers),
        )

    def again(number: Array) -> Float[Array, ""]:
        def losses(rows: Shaped[Array, "batch ..."], part: int | Array) -> Float[Array, " batch"]:
            redrawn = jr.fold_in(jr.fold_in(jr.fold_in(key, number), _REDRAWING), part)
            return model.terms(dataset.prepare(rows, redrawn), redrawn, training=False)[0].loss

        return jnp.mean(_in_chunks(losses, rows, config.chunk))

    rows = rows[: config.points]
    values = _in_chunks(chunk, rows, config.chunk)
    by_example = values.losses[:, 0] + values.losses[:, 1]
    middle = max(rows.shape[0] // 2, 1)
    reconstruction, kl, bound = jnp.mean(values.losses, axis=0)
    units = tuple(map(_used, values.means, values.divergences))
    key = jr.fold_in(streams.noise, Purpose.SAMPLES)
    if dataset.spec.modality == "images":
        samples: Array = grey(model.expected_sample(key, config.samples))
    else:
        samples = model.sample(key, config.samples)
    return Evaluation(
        loss=reconstruction + kl,
        reconstruction=reconstruction,
        kl=kl,
        importance_weighted=bound,
        redraws=jax.lax.map(again, jnp.arange(REDRAWS)),
        halves=jnp.stack([jnp.mean(by_example[:middle]), jnp.mean(by_example[-middle:])]),
        units=units,
        samples=samples,
    )


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
    return x, y, model.log_prob(points).reshape(GRID, GRID)


def _used(means: Float[Array, "n units"], divergences: Float[Array, "n units"]) -> Units:
    active = jnp.sum(jnp.mean(divergences, axis=0) > ACTIVE)
    varying = jnp.sum(jnp.var(means, axis=0) > ACTIVE)
    return Units(active.astype(jnp.float32), varying.astype(jnp.float32))


def _in_chunks(
    function: Callable[[Shaped[Array, "batch ..."], int | Array], T], rows: Shaped[Array, "n ..."], size: int
) -> T:
    """`function` of consecutive chunks and their numbers, a smaller last one included; results joined."""
    size = min(size, rows.shape[0])
    full = rows.shape[0] // size
    batches = rows[: full * size].reshape(full, size, *rows.shape[1:])
    stacked = jax.lax.map(lambda item: function(*item), (batches, jnp.arange(full)))
    values: T = jax.tree.map(lambda leaf: leaf.reshape(full * size, *leaf.shape[2:]), stacked)
    if full * size < rows.shape[0]:
        last = function(rows[full * size :], full)
        values = jax.tree.map(lambda *parts: jnp.concatenate(parts), values, last)
    return values
