"""DRAW and its variations against NumPy in float64, with and without attention."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import loss_of, spec
from numpy_draw import draw as numpy_draw
from numpy_draw import generate
from numpy_models import divergence, linear
from scipy import stats
from scipy.special import expit, log1p

from genconv.config.training import Precision
from genconv.models.draw.cell import DrawConfig
from genconv.models.draw.model import Draw, Draw2, Draw3, Draw4
from genconv.nn.precision import at_precision
from genconv.protocols.sizes import DRAW

SHAPE, ROWS, T = (5, 4), 3, 3
SMALL = {"window": 3, "steps": T, "hidden": 4, "latent": 2}
KINDS = [Draw, Draw2, Draw3, Draw4]
CASES = [(kind, attention) for kind in KINDS for attention in ("none", "filterbank")]
IDS = [f"{kind.name}-{attention}" for kind, attention in CASES]


def model_of(kind: type[Draw], attention: str = "none", **changes: Any) -> Any:
    """A small model, its arrays drawn at the default precision."""
    config = DrawConfig.checked({**SMALL, **DRAW[kind.name], "attention": attention, **changes})
    shapes = eqx.filter_eval_shape(lambda: kind.build(config, spec(*SHAPE), jr.key(0)))
    generator = np.random.default_rng(1)
    return jax.tree.map(lambda leaf: jnp.asarray(0.5 * generator.standard_normal(leaf.shape), dtype=float), shapes)


def images() -> jax.Array:
    return jnp.asarray(np.random.default_rng(2).random((ROWS, *SHAPE)) < 0.5, dtype=float)


def noise(key: jax.Array) -> np.ndarray:
    return np.asarray(jr.normal(key, (T, ROWS, SMALL["latent"]), float), np.float64)


def every_result(model: Any, x: jax.Array, key: jax.Array) -> Any:
    loss, _ = loss_of(model, x, key, True)
    results = (
        loss.terms,
        model.log_weights(x, key),
        model.stochastic_layers(x, key),
        model.reconstruction_trace(x, key),
    )
    return results, model.generation_trace(key, ROWS), model.sample(key, 2 * ROWS)


@pytest.mark.parametrize(("kind", "attention"), CASES, ids=IDS)
def test_everything_is_the_published_description_in_numpy(kind: type[Draw], attention: str) -> None:
    with jax.enable_x64(True):
        model, x, key = model_of(kind, attention), images(), jr.key(3)
        (terms, weights, layers, steps), drawn, samples = eqx.filter_jit(every_result)(model, x, key)
        expected, epsilon = numpy_draw(model, np.asarray(x), noise(key)), noise(key)
    flat = np.asarray(x).reshape(ROWS, -1)
    log_likelihood = (flat * expected.raw - np.logaddexp(0, expected.raw)).sum(axis=1)
    q = expected.mean, expected.deviation
    np.testing.assert_allclose(terms["reconstruction"], -log_likelihood, rtol=1e-9)
    np.testing.assert_allclose(terms["kl"], divergence(q, (np.zeros(1), np.ones(1))).sum(axis=0), rtol=1e-9)
    z = q[0] + q[1] * epsilon
    ratio = (stats.norm.logpdf(z) - stats.norm.logpdf(z, *q)).sum(axis=(0, 2))
    np.testing.assert_allclose(weights, log_likelihood + ratio, rtol=1e-9)
    (layer,) = layers
    units = expected.mean.transpose(1, 0, 2).reshape(ROWS, -1)
    np.testing.assert_allclose(layer.posterior.mean, units, rtol=1e-9)
    assert layer.prior.mean.shape == (ROWS, T * SMALL["latent"])
    assert not np.any(layer.prior.mean)
    assert not np.any(layer.prior.log_variance)
    for found, canvases in ((steps, expected.canvases), (drawn, generate(model, epsilon))):
        shown = expit(linear(model.decoder, canvases)).transpose(1, 0, 2).reshape(ROWS, T, *SHAPE)
        np.testing.assert_allclose(found.canvases, shown, rtol=1e-9)
    attends = attention == "filterbank"
    assert [part is None for part in (steps.read, steps.write, drawn.read, drawn.write)] == [
        not attends, not attends, True, not attends,
    ]  # fmt: skip
    if attends:
        assert steps.read.shape == steps.write.shape == drawn.write.shape == (ROWS, T, 3)
    assert set(np.unique(samples)) <= {0, 1}
    assert samples.shape == (2 * ROWS, *SHAPE)


def naive_loss(model: Any, x: jax.Array, epsilon: jax.Array) -> jax.Array:
    """The loss without attention as one writes it, for automatic differentiation."""
    cell, config = model.cell, model.config
    x = x.reshape(x.shape[0], -1)
    h_enc = c_enc = h_dec = c_dec = jnp.zeros((x.shape[0], config.hidden))
    canvas, kl = jnp.zeros_like(x), 0.0

    def lstm(net: Any, x: jax.Array, h: jax.Array, c: jax.Array) -> tuple[jax.Array, jax.Array]:
        gates = x @ jnp.concatenate(net.inputs) + net.input_bias + h @ net.recurrent + net.recurrent_bias
        i, f, g, o = jnp.split(gates, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    for one in epsilon:
        seen = [x, x - jax.nn.sigmoid(canvas)] if config.error_image else [x]
        h_enc, c_enc = lstm(cell.encoder, jnp.concatenate([*seen, h_dec], axis=1), h_enc, c_enc)
        mean, log_deviation = jnp.split(cell.posterior(h_enc), 2, axis=1)
        kl = kl + jnp.sum(0.5 * (mean**2 + jnp.exp(2 * log_deviation) - 1) - log_deviation)
        h_dec, c_dec = lstm(cell.decoder, mean + jnp.exp(log_deviation) * one, h_dec, c_dec)
        canvas = canvas + cell.write(h_dec) if config.accumulate else cell.write(h_dec)
    raw = model.decoder(canvas)
    return kl - jnp.sum(x * raw - jax.nn.softplus(raw))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_gradients_are_those_of_the_naive_loop(kind: type[Draw]) -> None:
    with jax.enable_x64(True):
        model, x, key = model_of(kind), images(), jr.key(3)
        epsilon = jnp.asarray(noise(key))
        ours = eqx.filter_jit(jax.grad(lambda model: loss_of(model, x, key, True)[0].loss.sum()))(model)
        naive = eqx.filter_jit(jax.grad(lambda model: naive_loss(model, x, epsilon)))(model)
    for found, expected in zip(jax.tree.leaves(ours), jax.tree.leaves(naive), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-10)


def test_gradients_with_attention_are_finite_differences() -> None:
    with jax.enable_x64(True):
        model, x = model_of(Draw, "filterbank"), images()
        loss = eqx.filter_jit(lambda model: loss_of(model, x, jr.key(3), True)[0].loss.sum())
        gradient = eqx.filter_jit(jax.grad(lambda model: loss_of(model, x, jr.key(3), True)[0].loss.sum()))(model)
        leaves, structure = jax.tree.flatten(model)
        towards = structure.unflatten([leaf * np.cos(np.arange(leaf.size)).reshape(leaf.shape) for leaf in leaves])
        ahead, behind = (jax.tree.map(lambda a, b, e=e: a + e * b, model, towards) for e in (1e-6, -1e-6))
        expected = (loss(ahead) - loss(behind)) / 2e-6
        found = sum(jnp.vdot(a, b) for a, b in zip(jax.tree.leaves(gradient), jax.tree.leaves(towards), strict=True))
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("one_z", [True, False])
def test_one_z_for_all_steps_or_a_fresh_one_at_each(one_z: bool) -> None:
    with jax.enable_x64(True):
        model, key = model_of(Draw, one_z=one_z), jr.key(4)
        shown = eqx.filter_jit(lambda model: model.expected_sample(key, ROWS))(model)
        z = noise(key)
        if one_z:
            z = np.broadcast_to(np.asarray(jr.normal(key, (1, *z.shape[1:]), float)), z.shape)
        expected = expit(linear(model.decoder, generate(model, z)[-1])).reshape(ROWS, *SHAPE)
        np.testing.assert_allclose(shown, expected, rtol=1e-9)


def test_the_published_head_clamps_logarithms_without_a_nan_in_the_gradient() -> None:
    model = model_of(Draw, head="sigmoid")
    raw = jnp.array([[0.3, -2.0, 200.0, -200.0, 200.0, -200.0] + [0.0] * 14])
    x = jnp.array([[1.0, 0.3, 1.0, 0.0, 0.0, 1.0] + [0.0] * 14])
    value, gradient = jax.value_and_grad(lambda raw: model.likelihood.log_prob(x, raw)[0])(raw)
    expected = -log1p(np.exp(-0.3)) - 2.0 * 0.3 - log1p(np.exp(-2.0)) - 200 - 14 * np.log(2)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    assert np.all(np.isfinite(gradient))
    np.testing.assert_allclose(gradient[0, 2:6], 0, atol=1e-6)


def test_bfloat16_products_change_the_terms_and_gradients_a_little() -> None:
    model, x = model_of(Draw), images()

    def results(precision: Precision) -> Any:
        def total(model: Any) -> jax.Array:
            return loss_of(at_precision(model, precision), x, jr.key(3), True)[0].loss.sum()

        return eqx.filter_jit(jax.value_and_grad(total))(model)

    (full_value, full), (value, rounded) = results("float32"), results("bfloat16")
    assert value != full_value
    np.testing.assert_allclose(value, full_value, rtol=2e-2)
    ours, theirs = (np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)]) for tree in (rounded, full))
    assert np.linalg.norm(ours - theirs) < 0.05 * np.linalg.norm(theirs)


def test_weights_start_uniform_on_one_over_root_inputs() -> None:
    config = DrawConfig.checked({**SMALL, "hidden": 16, "attention": "filterbank"})
    model = eqx.filter_jit(lambda: Draw.build(config, spec(*SHAPE), jr.key(0)))()
    cell = model.cell
    parts = [(16, leaf) for leaf in jax.tree.leaves((cell.encoder, cell.decoder))]
    for layer in (cell.posterior, cell.write, cell.read_window, cell.write_window, model.decoder):
        parts += [(layer.weight.shape[0], leaf) for leaf in (layer.weight, layer.bias)]
    pooled = np.concatenate([np.ravel(leaf) * np.sqrt(inputs) for inputs, leaf in parts])
    assert np.abs(pooled).max() <= 1 + 1e-6
    assert stats.kstest(pooled, stats.uniform(-1, 2).cdf).pvalue > 1e-3


def test_a_single_step_is_enough() -> None:
    model = model_of(Draw, steps=1)
    loss, _ = eqx.filter_jit(loss_of)(model, images(), jr.key(0), False)
    assert np.all(np.isfinite(loss.loss))
