"""Objectives of latent-variable models from draws of their latent variables: ELBO, and its importance-weighted kin."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from genconv.errors import InputError
from genconv.models.base import Loss, TrainingTime, kl_warmup, negative_elbo
from genconv.models.objective_config import KLWeightConfig, VariationalConfig

Densities = Callable[[PyTree[Float[Array, "draws batch ..."]], PyTree[Any]], tuple[Array, Array]]
"""log p(x|z) and log p(z) − log q(z|x) of draws z of q, each (draws, batch)."""


class Draws(NamedTuple):
    """What k draws z ~ q(z|x) say of each example, nats."""

    log_likelihood: Float[Array, "draws batch"]
    """log p(x|z)."""
    log_ratio: Float[Array, "draws batch"]
    """log p(z) − log q(z|x)."""
    kl: Float[Array, "*draws batch"]
    """KL(q ‖ p), in closed form or by the draws."""


def repeated(x: Float[Array, "batch ..."], draws: int) -> Float[Array, "rows ..."]:
    """The examples, all of them once for each draw."""
    return jnp.tile(x, (draws, *[1] * (x.ndim - 1)))


def elbo_loss(
    config: KLWeightConfig,
    time: TrainingTime | None,
    reconstruction: Float[Array, " batch"],
    kl: Float[Array, " batch"],
    kl_by_unit: Callable[[], Float[Array, "batch units"]],
) -> Loss:
    """loss = reconstruction + kl, objective = reconstruction + β w kl; with free bits λ the objective's kl is
    Σ_j max(λ, mean of kl_j over the batch).
    """
    weight = _kl_weight(config, time)
    loss = negative_elbo(reconstruction, kl, weight)
    if config.free_bits == 0:
        return loss
    by_unit = kl_by_unit()
    counted = jnp.mean(by_unit, axis=0) > config.free_bits
    freed = jnp.sum(jnp.where(counted, by_unit, config.free_bits), axis=-1)
    return loss._replace(objective=reconstruction + weight * freed)


def importance_weighted_loss(
    log_weights: Float[Array, "draws batch"],
    terms: dict[str, Float[Array, " batch"]],
    objective: Float[Array, " batch"] | None = None,
) -> Loss:
    """loss = −log (1/k) Σ_i w_i; the objective is the same unless another one is given."""
    loss = -log_mean_exp(log_weights)
    return Loss(loss if objective is None else objective, loss, terms)


def loss_of_draws(
    config: KLWeightConfig,
    time: TrainingTime | None,
    draws: Draws,
    kl_by_unit: Callable[[], Float[Array, "batch units"]],
    bound: Float[Array, " batch"] | None = None,
) -> Loss:
    """The objective that the configuration asks for, from several draws.

    Of `iwae` the terms are the means over the draws, reconstruction + kl is the ELBO, and the KL weight tempers the
    importance weights of the objective: w_i = p(x|z_i) (p(z_i)/q(z_i|x))^(β w). `bound`: that objective's bound, if it
    is known already.
    """
    kl = jnp.mean(draws.kl, axis=0) if draws.kl.ndim == 2 else draws.kl
    reconstruction = -jnp.mean(draws.log_likelihood, axis=0)
    if config.objective == "elbo":
        return elbo_loss(config, time, reconstruction, kl, kl_by_unit)
    if bound is None:
        bound = log_mean_exp(draws.log_likelihood + _kl_weight(config, time) * draws.log_ratio)
    terms = {"reconstruction": reconstruction, "kl": kl}
    return importance_weighted_loss(draws.log_likelihood + draws.log_ratio, terms, -bound)


def variational_loss(
    config: VariationalConfig,
    time: TrainingTime | None,
    z: PyTree[Float[Array, "draws batch ..."]],
    posterior: PyTree[Any],
    densities: Densities,
    kl_by_unit: Float[Array, "batch units"] | None = None,
) -> Loss:
    r"""The objective that `config` asks for: −Σ log w_i/k (`elbo`) or −log Σ w_i/k (`iwae`) of k draws
    z_i ~ q(z|x), w_i = p(x|z_i) (p(z_i)/q(z_i|x))^(β w), with warm-up w, free bits and either gradient.

    Args:
        config: A `VariationalConfig`, or a subclass with the model's own settings.
        time: As `Model.loss` got it.
        z: k = `config.importance_samples` draws by reparameterization, as differentiable functions of `posterior`: an
            array, or several for several layers, each with the axes (draws, batch, …).
        posterior: All that q(z|x) depends on and that is trained: a `Gaussian` of the encoder, or the encoder itself.
        densities: `densities(z, posterior)` returns log p(x|z) and log p(z) − log q(z|x), nats, each (draws, batch).
            Whatever of q is trained must come from its second argument, and the numbers of a draw must depend on no
            other draw and on no other example: the doubly reparameterized gradient holds for such q alone.
        kl_by_unit: KL(q ‖ p) of each latent unit in closed form, nats; None: the KL is that of the draws. Free bits
            need it.

    Returns:
        The loss with its terms `reconstruction` and `kl`; the curves show the bound without β, warm-up and free bits.

    Raises:
        InputError: If there are more or fewer draws than the configuration says, or free bits without `kl_by_unit`.

    Source: arXiv 1509.00519, 1810.04152 (equation 8), 1606.04934 (equation 15).

    """
    if any(leaf.shape[0] != config.importance_samples for leaf in jax.tree.leaves(z)):
        shapes = ", ".join(str(leaf.shape) for leaf in jax.tree.leaves(z))
        raise InputError(
            f"variational_loss: z has the shape {shapes}: its first axis must be importance_samples = "
            f"{config.importance_samples}"
        )
    log_likelihood, log_ratio = densities(z, posterior)
    kl = -log_ratio if kl_by_unit is None else jnp.sum(kl_by_unit, axis=-1)
    doubly = config.gradient == "doubly_reparameterized"
    bound = doubly_reparameterized_bound(config, time, z, posterior, densities) if doubly else None
    return loss_of_draws(config, time, Draws(log_likelihood, log_ratio, kl), lambda: _given(kl_by_unit, config), bound)


def doubly_reparameterized_bound(
    config: VariationalConfig,
    time: TrainingTime | None,
    z: PyTree[Float[Array, "draws batch ..."]],
    posterior: PyTree[Any],
    densities: Densities,
) -> Float[Array, " batch"]:
    r"""log (1/k) Σ_i w_i whose gradient in q is Σ_i w̃_i² ∂log w_i/∂z_i ∂z_i/∂q, w̃_i = w_i/Σ_j w_j (arXiv 1810.04152,
    equation 8); in all else it is the ordinary one, Σ_i w̃_i ∂log w_i.

    The ordinary gradient in q has the further term −Σ_i b w̃_i ∂log q(z_i|x)/∂q, where b = β w is the power of p(z)/q in
    w_i. For a function f of a draw, E[f(z) ∂log q(z)/∂q] = E[∂f/∂z ∂z/∂q]; with f = w̃_i of the draw i, the others
    fixed, ∂w̃_i/∂z_i = (w̃_i − w̃_i²) ∂log w_i/∂z_i, which leaves w̃_i² for b = 1, and (1 − b) w̃_i + b w̃_i².

    A draw may be all latents of several layers, z_l a function of those above it: the identity is that of their joint
    density. Then ∂log w/∂z contains what q(z_l|x, z_>l) owes to z_>l, and only what is trained in q is held fixed, so
    that a layer that q and p share has both gradients.
    """
    weight = _kl_weight(config, time)
    trained, rest = eqx.partition(posterior, eqx.is_inexact_array)
    fixed = eqx.combine(jax.tree.map(jax.lax.stop_gradient, trained), rest)

    def log_weights(z: Any) -> Array:
        log_likelihood, log_ratio = densities(z, fixed)
        return log_likelihood + weight * log_ratio

    function, given = jax.closure_convert(log_weights, z)

    @jax.custom_vjp
    def bound(z: Any, power: Array, *given: Any) -> Array:
        return log_mean_exp(function(z, *given))

    def forward(z: Any, power: Array, *given: Any) -> tuple[Array, Any]:
        values, pull = jax.vjp(function, z, *given)
        return log_mean_exp(values), (jax.nn.softmax(values, axis=0), power, pull)

    def backward(kept: Any, gradient: Array) -> tuple[Any, ...]:
        share, power, pull = kept
        of_z, *of_given = pull(gradient * share)
        left = 1 - power + power * share
        of_z = jax.tree.map(lambda leaf: leaf * left.reshape(*left.shape, *[1] * (leaf.ndim - 2)), of_z)
        return (of_z, jnp.zeros_like(power), *of_given)

    bound.defvjp(forward, backward)
    result: Float[Array, " batch"] = bound(z, weight, *given)
    return result


def _given(kl_by_unit: Float[Array, "batch units"] | None, config: VariationalConfig) -> Float[Array, "batch units"]:
    if kl_by_unit is None:
        raise InputError(f"free_bits = {config.free_bits}: must be 0 for a model that gives no kl_by_unit")
    return kl_by_unit


def log_mean_exp(values: Float[Array, "draws batch"]) -> Float[Array, " batch"]:
    """log (1/k) Σ_i exp(v_i)."""
    return jax.nn.logsumexp(values, axis=0) - jnp.log(values.shape[0])


def _kl_weight(config: KLWeightConfig, time: TrainingTime | None) -> Float[Array, ""]:
    weight = kl_warmup(time, config.kl_warmup_epochs)
    return weight if config.beta == 1 else config.beta * weight
