"""The final evaluation of one run on held-out data, and the samples that are kept with it."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, Shaped

from genconv.data.base import Splits, Standardization
from genconv.models.base import ExactModel, LatentVariableModel, Model
from genconv.randomness import Purpose, Streams
from genconv.training.objective import Setup, batch_loss
from genconv.training.sample_scores import coverage_scores, sample_scores
from genconv.training.snapshots import grey

T = TypeVar("T")
ACTIVE = 0.01
"""Nats, or squared units of z, above which a latent unit is used."""
REDRAWS = 5
"""How often the evaluation is drawn anew to see how much of a loss is its own noise."""
EXAMPLES = ("loss", "importance_weighted", "nll")
"""Losses that are kept of every held-out example."""
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
    """Numbers of held-out examples, and what is kept for figures."""

    examples: dict[str, Float[Array, " n"]]
    """By example: `loss`, of a `LatentVariableModel` `importance_weighted`, and `nll` of a `held_out_density`."""
    means: dict[str, Float[Array, ""]]
    """Means over the examples: of `examples`, of the model's terms, and `importance_weighted_quarter`: the bound with
    the first quarter of the draws. Scores of samples, if asked for.
    """
    redraws: Float[Array, " redraws"] | None
    """Mean losses, with everything that is random in an evaluation drawn anew each time; None for an exact model."""
    units: tuple[Units, ...]
    """One a stochastic layer, lowest first."""
    samples: Shaped[Array, "samples ..."]
    """Points in the data's own units, or grey values from 0 to 255."""
    standardization: Standardization | None
    """From the model's units to the data's own."""
    grid: "DensityGrid | None"
    """Of an exact model, where the data have a support in the plane."""


class DensityGrid(NamedTuple):
    """log p(x, y) of a model at the points of a grid, in the data's own units."""

    x: Float[Array, " gx"]
    y: Float[Array, " gy"]
    log_density: Float[Array, "gy gx"]


class _Chunk(NamedTuple):
    """What is computed for each example."""

    losses: dict[str, Float[Array, " batch"]]
    means: tuple[Float[Array, "batch units"], ...]
    kls: tuple[Float[Array, "batch units"], ...]


def evaluate(model: Model, setup: Setup, streams: Streams, splits: Splits) -> Evaluation:
    """Losses and importance-weighted bounds of the test rows (at most `evaluation.points`), and samples."""
    model = setup.whole(model)
    config, rows = setup.evaluation, splits.test[: setup.evaluation.points]
    key = jr.fold_in(streams.noise, Purpose.EVALUATION)

    def chunk(rows: Shaped[Array, "batch ..."], number: int | Array) -> _Chunk:
        return _evaluate_chunk(model, setup, splits, rows, jr.fold_in(key, number))

    values = _in_chunks(chunk, rows, config.chunk)
    samples, scores = _samples(model, setup, streams, splits)
    return Evaluation(
        examples={name: values.losses[name] for name in EXAMPLES if name in values.losses},
        means={**jax.tree.map(jnp.mean, values.losses), **scores},
        redraws=None if isinstance(model, ExactModel) else redraw(model, setup, streams, splits),
        units=tuple(map(_used, values.means, values.kls)),
        samples=samples,
        standardization=splits.standardization,
        grid=_grid(model, setup, splits),
    )


def _evaluate_chunk(
    model: Model, setup: Setup, splits: Splits, rows: Shaped[Array, "batch ..."], key: Key[Array, ""]
) -> _Chunk:
    loss_key, data_key, weights_key, layers_key = jr.split(key, 4)
    loss, _ = batch_loss(model, setup, splits, rows, loss_key, None)
    losses = {"loss": loss.loss, **loss.terms}
    x = setup.dataset.prepare(rows, data_key)
    if isinstance(model, LatentVariableModel):
        bounds = importance_weighted_bounds(model, x, weights_key, setup.evaluation.importance_samples)
        losses |= {name: setup.offset(splits) - bound for name, bound in bounds.items()}
    if (density := model.held_out_density(x)) is not None:
        losses |= {"nll": splits.nats_offset - density.log_prob, "nll_error": density.error}
    layers = model.stochastic_layers(x, layers_key)
    return _Chunk(
        losses,
        tuple(layer.passed * layer.posterior.mean for layer in layers),
        tuple(layer.passed * layer.posterior.kl_by_unit(layer.prior) for layer in layers),
    )


def tightest_losses(model: Model, setup: Setup, splits: Splits, key: Key[Array, ""]) -> Float[Array, " n"]:
    """The loss of each test row; of a `LatentVariableModel` its importance-weighted bound."""

    def chunk(rows: Shaped[Array, "batch ..."], number: int | Array) -> Float[Array, " batch"]:
        loss_key, data_key, weights_key = jr.split(jr.fold_in(key, number), 3)
        if not isinstance(model, LatentVariableModel):
            return batch_loss(model, setup, splits, rows, loss_key, None)[0].loss
        x = setup.dataset.prepare(rows, data_key)
        bounds = importance_weighted_bounds(model, x, weights_key, setup.evaluation.importance_samples)
        return setup.offset(splits) - bounds["importance_weighted"]

    return _in_chunks(chunk, splits.test, setup.evaluation.chunk)


def redraw(model: Model, setup: Setup, streams: Streams, splits: Splits) -> Float[Array, " redraws"]:
    """Mean losses of the same rows, everything random drawn anew each time."""
    config, key = setup.evaluation, jr.fold_in(streams.noise, Purpose.REDRAWS)

    def again(number: Array) -> Float[Array, ""]:
        def losses(rows: Shaped[Array, "batch ..."], part: int | Array) -> Float[Array, " batch"]:
            own = jr.fold_in(jr.fold_in(key, number), part)
            return batch_loss(model, setup, splits, rows, own, None)[0].loss

        values: Array = _in_chunks(losses, splits.test[: config.points], config.chunk)
        return jnp.mean(values)

    means: Array = jax.lax.map(again, jnp.arange(REDRAWS))
    return means


def _samples(
    model: Model, setup: Setup, streams: Streams, splits: Splits
) -> tuple[Shaped[Array, "samples ..."], dict[str, Float[Array, ""]]]:
    """Samples in the data's own units, of images what is expected as grey values; and scores of points, if asked for,
    in the model's units.
    """
    key, count = jr.fold_in(streams.noise, Purpose.SAMPLES), setup.evaluation.samples
    if setup.dataset.spec.modality == "images":
        return grey(model.expected_sample(key, count)), {}
    samples = model.sample(key, count)
    asked, others = setup.evaluation.sample_scores, splits.validation
    scores = sample_scores(samples, splits.test, others) if asked else {}
    if splits.standardization is not None:
        samples, others = map(splits.standardization.restored, (samples, others))
    if asked and setup.dataset.modes is not None:
        scores |= coverage_scores(samples, others, jnp.asarray(setup.dataset.modes, jnp.float32))
    return samples, scores


def importance_weighted_bounds(
    model: LatentVariableModel, x: Float[Array, "batch ..."], key: Key[Array, ""], count: int
) -> dict[str, Float[Array, " batch"]]:
    """log (1/k) Σ w_i with w_i importance weights, nats: a lower bound of log p(x) in expectation, exact as k → ∞.

    `importance_weighted` has k = `count` draws, `importance_weighted_quarter` the first k/4 of them; below four draws
    it is left out. The sum runs in a scan, so memory does not grow with k (arXiv 1509.00519, equation 8).
    """
    quarter = count // 4
    none = jnp.full(x.shape[0], -jnp.inf)

    def add(totals: tuple[Array, Array], item: tuple[Key[Array, ""], Array]) -> tuple[tuple[Array, Array], None]:
        total, first = totals
        key, number = item
        total = jnp.logaddexp(total, model.log_weights(x, key))
        return (total, jnp.where(number < quarter, total, first)), None

    (total, first), _ = jax.lax.scan(add, (none, none), (jr.split(key, count), jnp.arange(count)))
    bounds = {"importance_weighted": total - jnp.log(count)}
    return {**bounds, "importance_weighted_quarter": first - jnp.log(quarter)} if quarter else bounds


def _grid(model: Model, setup: Setup, splits: Splits) -> DensityGrid | None:
    box = setup.dataset.support
    if box is None or not isinstance(model, ExactModel):
        return None
    x, y = jnp.linspace(box[0], box[1], GRID), jnp.linspace(box[2], box[3], GRID)
    points = jnp.stack(jnp.meshgrid(x, y), axis=-1).reshape(-1, 2)
    if (standardization := splits.standardization) is not None:
        points = (points - standardization.mean) / standardization.deviation
    log_density = model.log_prob(points) - setup.offset(splits)
    return DensityGrid(x, y, log_density.reshape(GRID, GRID))


def _used(means: Float[Array, "n units"], kls: Float[Array, "n units"]) -> Units:
    active = jnp.sum(jnp.mean(kls, axis=0) > ACTIVE)
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
