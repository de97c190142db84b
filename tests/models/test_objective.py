"""The objectives of latent-variable models: several draws, the importance-weighted bound, gradients, β, free bits."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import data, generic
from scipy.special import logsumexp

from genconv.errors import InputError
from genconv.measure import ELBO, importance_weighted
from genconv.models.base import TrainingTime
from genconv.models.conv_vae import ConvVAE, ConvVAEConfig
from genconv.models.draw.cell import DrawConfig
from genconv.models.draw.model import Draw
from genconv.models.image_flow import ImageFlow, ImageFlowConfig
from genconv.models.ladder_vae import LadderVAE, LadderVAEConfig
from genconv.models.objective import repeated
from genconv.models.vae import VAE, VAEConfig
from genconv.nn.gaussian import standard
from genconv.training.evaluation import importance_weighted_bounds

ROWS, DRAWS = 3, 4
VAES = {"hidden": (5, 4), "latent": 2}
IWAE = {"objective": "iwae", "importance_samples": DRAWS}
LATE = TrainingTime(jnp.array(10**6), jnp.array(10**6))
MODELS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "vae": (VAE, VAES),
    "lvae": (LadderVAE, {"hidden": (5, 4), "latent": (2, 2)}),
    "draw": (Draw, {"steps": 2, "hidden": 4, "latent": 2}),
    "conv-vae": (ConvVAE, {"channels": (3,), "hidden": (4,), "latent": 2}),
    "flow": (ImageFlow, {"scales": 2, "couplings": 1, "hidden": 4, "depth": 1, "growth": 2}),
}
CONFIGS: dict[str, type[Any]] = {
    "vae": VAEConfig,
    "lvae": LadderVAEConfig,
    "draw": DrawConfig,
    "conv-vae": ConvVAEConfig,
    "flow": ImageFlowConfig,
}


def built(name: str, **changes: Any) -> tuple[Any, jax.Array]:
    """A model with generic weights, and examples."""
    kind, sizes = MODELS[name]
    points = name in ("vae", "lvae")
    config = CONFIGS[name](**sizes, **changes)
    x = data(ROWS) if points else jr.bernoulli(jr.key(0), 0.3, (ROWS, 4, 8)).astype(jnp.float32)
    return generic(kind, config, 2 if points else (4, 8), scale=0.3), x


def weights_of(name: str, model: Any, x: jax.Array, key: jax.Array) -> jax.Array:
    """The log-weights of the draws that a loss with this key has."""
    if name == "flow":
        return jnp.stack([model.log_weights(x, each) for each in jr.split(key, DRAWS)])
    many: jax.Array = model.log_weights(repeated(x, DRAWS), key)
    return many.reshape(DRAWS, -1)


@pytest.mark.parametrize("name", MODELS)
def test_the_loss_is_the_log_of_the_mean_importance_weight(name: str) -> None:
    model, x = built(name, **IWAE)
    loss, weights = eqx.filter_jit(lambda m: (m.loss(x, jr.key(1), None)[0], weights_of(name, m, x, jr.key(1))))(model)
    expected = np.log(DRAWS) - logsumexp(np.asarray(weights, np.float64), axis=0)
    np.testing.assert_allclose(loss.loss, expected, rtol=1e-4)
    np.testing.assert_allclose(loss.objective, expected, rtol=1e-4)
    assert type(model).measure(model.config) == importance_weighted(DRAWS)


def test_bounds_fall_from_the_elbo_to_five_draws_to_five_hundred() -> None:
    model, _ = built("vae", objective="iwae", importance_samples=5)
    x = data(2000)
    loss, many = eqx.filter_jit(
        lambda m: (m.loss(x, jr.key(1), None)[0], importance_weighted_bounds(m, x, jr.key(2), 500))
    )(model)
    elbo = np.mean(loss.terms["reconstruction"] + loss.terms["kl"])
    assert elbo > np.mean(loss.loss) + 0.01
    assert np.mean(loss.loss) > 0.01 - np.mean(many["importance_weighted"])


def gradients_by_hand(model: VAE, x: jax.Array, key: jax.Array, *, doubly: bool) -> Any:
    """Of the mean objective: equation 8 of arXiv 1810.04152 in the encoder if `doubly`; the ordinary one elsewhere."""
    q = model.encode(x)
    noise = jr.normal(key, (DRAWS, ROWS, 2))

    def log_weights(model: VAE, fixed: Any) -> jax.Array:
        q = model.encode(x)
        z = q.reparameterize(noise)
        log_likelihood = jnp.stack([model.log_likelihood(x, each) for each in z])
        return log_likelihood + standard(ROWS, 2).log_prob(z) - (fixed or q).log_prob(z)

    share = jax.nn.softmax(log_weights(model, None), axis=0)

    def surrogate(model: VAE, power: int, fixed: Any) -> jax.Array:
        return -jnp.mean(jnp.sum(share**power * log_weights(model, fixed), axis=0))

    ordinary = jax.grad(surrogate)(model, 1, None)
    if not doubly:
        return ordinary
    encoder = jax.grad(surrogate)(model, 2, q)
    return eqx.tree_at(lambda m: (m.encoder, m.posterior), ordinary, (encoder.encoder, encoder.posterior))


@pytest.mark.parametrize("gradient", ["reparameterized", "doubly_reparameterized"])
def test_the_gradient_is_that_of_the_paper(gradient: str) -> None:
    with jax.enable_x64(True):
        model, x = built("vae", **IWAE, gradient=gradient)

        @eqx.filter_jit
        def both(model: VAE) -> tuple[Any, Any]:
            found = jax.grad(lambda m: jnp.mean(m.loss(x, jr.key(1), LATE)[0].objective))(model)
            return found, gradients_by_hand(model, x, jr.key(1), doubly=gradient != "reparameterized")

        found, expected = both(model)
        for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-12)


def gradients(name: str, keys: jax.Array, **changes: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Means over many draws of the gradient of the mean objective, and their standard errors, one a weight."""
    model, x = built(name, **IWAE, **changes)

    @eqx.filter_jit
    def all_of_them(model: Any) -> Any:
        def gradient(key: jax.Array) -> Any:
            return eqx.filter_grad(lambda m: jnp.mean(m.loss(x, key, LATE)[0].objective))(model)

        return jax.lax.map(gradient, keys, batch_size=500)

    values = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(all_of_them(model))]
    return [v.mean(axis=0) for v in values], [v.std(axis=0) / np.sqrt(len(keys)) for v in values]


@pytest.mark.parametrize(("name", "changes"), [("vae", {"beta": 0.4}), ("draw", {})], ids=["beta", "draw"])
def test_both_gradients_have_one_mean_also_of_weights_that_q_and_p_share(name: str, changes: dict[str, Any]) -> None:
    first, second = jr.split(jr.key(5))
    mean, error = gradients(name, jr.split(first, 4_000), **changes)
    doubly, less = gradients(name, jr.split(second, 4_000), gradient="doubly_reparameterized", **changes)
    z = np.concatenate(
        [
            ((one - other) / np.sqrt(a**2 + b**2 + 1e-20)).ravel()
            for one, other, a, b in zip(mean, doubly, error, less, strict=True)
        ]
    )
    assert np.abs(z).max() < 5
    assert np.sqrt(np.mean(z**2)) < 1.5
    total, without = (np.sqrt(sum(float(np.sum(e**2)) for e in each)) for each in (error, less))
    assert without < total, "with less noise"


def test_several_draws_of_the_elbo_are_averaged_and_beta_weighs_the_kl() -> None:
    model, x = built("vae", importance_samples=DRAWS, beta=0.5, kl="sample")
    loss, weights = eqx.filter_jit(lambda m: (m.loss(x, jr.key(1), LATE)[0], weights_of("vae", m, x, jr.key(1))))(model)
    np.testing.assert_allclose(loss.loss, -np.mean(weights, axis=0), rtol=1e-4)
    np.testing.assert_allclose(loss.objective, loss.terms["reconstruction"] + 0.5 * loss.terms["kl"], rtol=1e-5)
    assert type(model).measure(model.config) == ELBO


@pytest.mark.parametrize("name", ["vae", "lvae", "draw"])
def test_free_bits_hold_up_the_kl_of_units_that_are_cheap_over_a_batch(name: str) -> None:
    model, x = built(name, free_bits=0.05)
    loss, layers = eqx.filter_jit(lambda m: (m.loss(x, jr.key(1), LATE)[0], m.stochastic_layers(x, jr.key(1))))(model)
    by_unit = np.concatenate([layer.posterior.kl_by_unit(layer.prior) for layer in layers], axis=1)
    if name != "lvae":  # whose norms take the batch's statistics in training
        expected = np.maximum(by_unit.mean(axis=0), 0.05).sum()
        found = np.mean(loss.objective - loss.terms["reconstruction"])
        np.testing.assert_allclose(found, expected, rtol=1e-4)
        assert expected > by_unit.sum(axis=1).mean()
    assert np.all(np.isfinite(loss.objective))
    np.testing.assert_allclose(loss.loss, loss.terms["reconstruction"] + loss.terms["kl"], rtol=1e-5)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"objective": "iwae"}, "importance_samples = 1: must be at least 2 with objective = 'iwae'"),
        ({**IWAE, "free_bits": 0.1}, "free_bits = 0.1: must be 0"),
        (
            {"gradient": "doubly_reparameterized"},
            "gradient = 'doubly_reparameterized': must be 'reparameterized' unless",
        ),
    ],
    ids=["one draw", "free bits", "gradient"],
)
def test_what_does_not_go_together_is_told_in_one_line(values: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        VAEConfig.checked(values, "model")
