"""Objectives of latent-variable models from draws of their latent variables: ELBO, and its importance-weighted kin."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from genconv.models.base import Loss, TrainingTime, kl_warmup, negative_elbo
from genconv.models.objective_config import VariationalConfig
from genconv.nn.gaussian import Gaussian


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
    config: VariationalConfig,
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
    config: VariationalConfig,
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


def doubly_reparameterized_bound(
    config: VariationalConfig,
    time: TrainingTime | None,
    q: Gaussian,
    z: Float[Array, "draws batch latent"],
    densities: Callable[[Array, Gaussian], tuple[Array, Array]],
) -> Float[Array, " batch"]:
    """log (1/k) Σ_i w_i whose gradient in q is Σ_i w̃_i² ∂log w_i/∂z_i ∂z_i/∂q, w̃_i = w_i/Σ_j w_j (arXiv 1810.04152,
    equation 8); in all else it is the ordinary one, Σ_i w̃_i ∂log w_i.

    `densities(z, q)`: log p(x|z) and log p(z) − log q(z|x) of draws z of q.
    """
    weight, fixed = _kl_weight(config, time), jax.tree.map(jax.lax.stop_gradient, q)

    def log_weights(z: Array) -> Array:
        log_likelihood, log_ratio = densities(z, fixed)
        return log_likelihood + weight * log_ratio

    function, given = jax.closure_convert(log_weights, z)

    @jax.custom_vjp
    def bound(z: Array, *given: Any) -> Array:
        return log_mean_exp(function(z, *given))

    def forward(z: Array, *given: Any) -> tuple[Array, Any]:
        values, pull = jax.vjp(function, z, *given)
        return log_mean_exp(values), (jax.nn.softmax(values, axis=0), pull)

    def backward(kept: Any, gradient: Array) -> tuple[Array, ...]:
        share, pull = kept
        of_z, *of_given = pull(gradient * share)
        return (of_z * share[..., None], *of_given)

    bound.defvjp(forward, backward)
    result: Float[Array, " batch"] = bound(z, *given)
    return result


def log_mean_exp(values: Float[Array, "draws batch"]) -> Float[Array, " batch"]:
    """log (1/k) Σ_i exp(v_i)."""
    return jax.nn.logsumexp(values, axis=0) - jnp.log(values.shape[0])


def _kl_weight(config: VariationalConfig, time: TrainingTime | None) -> Float[Array, ""]:
    weight = kl_warmup(time, config.kl_warmup_epochs)
    return weight if config.beta == 1 else config.beta * weight
