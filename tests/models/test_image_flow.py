"""The flow of images against quadrature over all its noise, its own samples, and the Jacobian by differentiation."""

import itertools
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import architecture, generic, loss_of, spec
from monte_carlo import assert_log_mean_is, assert_mean_is, draws
from scipy import stats

from genconv.bijections.act_norm import ActNorm
from genconv.config.training import TrainingConfig
from genconv.errors import InputError
from genconv.models.image_flow import ImageFlow, ImageFlowConfig
from genconv.protocols import Protocol, recipe
from genconv.training.optimizer import make_optimizer

TINY = ImageFlowConfig(scales=2, couplings=1, hidden=3, depth=1, growth=2)
SMALL = ImageFlowConfig(scales=2, couplings=2, hidden=4, depth=2, growth=2)
IMAGES = np.array(list(itertools.product([0.0, 1.0], repeat=4)), np.float32).reshape(16, 2, 2)
"""All binary images of 2×2 pixels."""
NODES = 4
SAMPLES = 400_000
encode = eqx.filter_jit(ImageFlow.encode)
decode = eqx.filter_jit(ImageFlow.decode)


def generic_flow(config: ImageFlowConfig, shape: tuple[int, int], scale: float) -> ImageFlow:
    """A flow with generic weights, whose mixings are near the identity, and whose norms have seen some images."""
    flow = generic(ImageFlow, config, shape, seed=0, scale=scale)
    weights = [steps.stacked.parts[2].weight for steps in flow.scales]
    mixed = [weight + jnp.eye(weight.shape[-1], dtype=weight.dtype) for weight in weights]
    flow = eqx.tree_at(lambda f: [steps.stacked.parts[2].weight for steps in f.scales], flow, mixed)
    return eqx.filter_jit(ImageFlow.data_init)(flow, images(200, *shape), jr.key(0))


def images(rows: int, height: int, width: int) -> jax.Array:
    return jnp.asarray(np.random.default_rng(1).random((rows, height, width)) < 0.4, dtype=float)


@pytest.fixture(scope="module")
def tiny() -> ImageFlow:
    return generic_flow(TINY, (2, 2), 0.2)


@pytest.fixture(scope="module")
def by_quadrature(tiny: ImageFlow) -> tuple[np.ndarray, np.ndarray]:
    """log P(x) and E[log p̂(x)] of all images, by Gauss and Legendre's rule over the eight numbers of noise."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    noise = np.array(list(itertools.product((nodes + 1) / 2, repeat=8)), np.float32)
    weight = np.prod(list(itertools.product(weights / 2, repeat=8)), axis=-1)
    means, logs = [], []
    for x in IMAGES:
        z = np.stack([(x + noise[:, :4].reshape(-1, 2, 2)) / 2, noise[:, 4:].reshape(-1, 2, 2)], axis=-1)
        log_weights = np.asarray(encode(tiny, jnp.asarray(z))[1], np.float64) - 4 * np.log(2)
        means.append(np.log(weight @ np.exp(log_weights)))
        logs.append(weight @ log_weights)
    return np.array(means), np.array(logs)


def test_the_exponential_of_the_log_weights_averages_to_the_probability(
    tiny: ImageFlow, by_quadrature: tuple[np.ndarray, np.ndarray]
) -> None:
    assert_log_mean_is(draws(tiny, jnp.asarray(IMAGES)).log_weights, by_quadrature[0])


def test_the_loss_is_a_bound_of_the_negative_log_probability(
    tiny: ImageFlow, by_quadrature: tuple[np.ndarray, np.ndarray]
) -> None:
    log_probability, expected = by_quadrature
    losses = draws(tiny, jnp.asarray(IMAGES))
    assert_mean_is(losses.loss, -expected)
    assert np.all(-expected > log_probability * -1 + 0.01)


def test_probabilities_of_all_images_are_how_often_samples_fall_into_their_cubes(
    tiny: ImageFlow, by_quadrature: tuple[np.ndarray, np.ndarray]
) -> None:
    """What falls outside the unit cube counts for no image, so the probabilities sum to less than one."""
    probabilities = np.exp(by_quadrature[0])
    z = np.asarray(decode(tiny, tiny._standard_latents(jr.key(5), SAMPLES)))
    inside = np.all((z >= 0) & (z < 1), axis=(1, 2, 3))
    made = np.asarray(tiny.quantize(jnp.asarray(z[inside]))).reshape(-1, 4) @ [8, 4, 2, 1]
    observed = np.bincount(made.astype(int), minlength=16)
    rest = SAMPLES - observed.sum(), SAMPLES * (1 - probabilities.sum())
    assert probabilities.sum() < 1
    assert observed.min() > 20
    assert stats.chisquare([*observed, rest[0]], [*SAMPLES * probabilities, rest[1]]).pvalue > 1e-3


def test_the_log_density_is_base_plus_the_jacobian_of_the_whole_flow() -> None:
    with jax.enable_x64(True):
        flow = generic_flow(SMALL, (4, 2), 0.3)
        z = jnp.asarray(np.random.default_rng(3).random((3, 4, 2, 2)))

        def latents(row: jax.Array) -> jax.Array:
            return jnp.concatenate([part.ravel() for part in flow.encode(row.reshape(1, 4, 2, 2))[0]])

        jacobian = jax.jit(jax.vmap(jax.jacfwd(latents)))(z.reshape(3, -1))
        base = stats.norm.logpdf(np.asarray(jax.vmap(latents)(z.reshape(3, -1)))).sum(axis=-1)
        np.testing.assert_allclose(encode(flow, z)[1], base + np.linalg.slogdet(np.asarray(jacobian))[1], rtol=1e-9)


def test_what_is_decoded_is_encoded_again() -> None:
    with jax.enable_x64(True):
        flow = generic_flow(SMALL, (4, 6), 0.3)
        latents = flow._standard_latents(jr.key(0), 5)
        assert [part.shape for part in latents] == [(5, 2, 3, 4), (5, 2, 3, 4)]
        for ours, expected in zip(encode(flow, decode(flow, latents))[0], latents, strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-7)


def test_without_augmentation_only_the_noise_of_levels_is_averaged_over() -> None:
    """log P(x) of all images by quadrature over four numbers of noise; 2×2 pixels are one place of four channels."""
    flow = generic_flow(TINY.updated({"scales": 1, "augment": False}, "model"), (2, 2), 0.2)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    noise = np.array(list(itertools.product((nodes + 1) / 2, repeat=4)), np.float32).reshape(-1, 2, 2)
    weight = np.prod(list(itertools.product(weights / 2, repeat=4)), axis=-1)
    z = [np.stack([(x + noise) / 2], axis=-1).reshape(-1, 1, 1, 4) for x in IMAGES]
    logs = np.array([np.asarray(encode(flow, jnp.asarray(each))[1], np.float64) for each in z]) - 4 * np.log(2)
    found = draws(flow, jnp.asarray(IMAGES))
    assert_log_mean_is(found.log_weights, np.log(np.exp(logs) @ weight))
    assert_mean_is(found.loss, -(logs @ weight))
    assert np.exp(logs).dot(weight).sum() < 1


def test_without_augmentation_two_scales_are_inverted_and_images_come_back() -> None:
    flow = generic_flow(SMALL.updated({"augment": False}, "model"), (8, 4), 0.2)
    latents = flow._standard_latents(jr.key(0), 5)
    assert [part.shape for part in latents] == [(5, 2, 1, 8), (5, 2, 1, 8)]
    for ours, expected in zip(encode(flow, decode(flow, latents))[0], latents, strict=True):
        np.testing.assert_allclose(ours, expected, atol=1e-3)
    x = images(20, 8, 4)
    np.testing.assert_array_equal(eqx.filter_jit(ImageFlow.reconstruct)(flow, x, jr.key(1)), x)
    with pytest.raises(InputError, match="height and width must be multiples of 4"):
        ImageFlow.build(SMALL.updated({"augment": False}, "model"), spec(2, 2), jr.key(0))


def test_reconstructions_are_the_images() -> None:
    flow, x = generic_flow(SMALL, (4, 4), 0.2), images(20, 4, 4)
    np.testing.assert_array_equal(eqx.filter_jit(ImageFlow.reconstruct)(flow, x, jr.key(1)), x)


def test_the_first_batch_comes_out_of_every_norm_standardised() -> None:
    x = images(300, 4, 4)
    flow = eqx.filter_jit(ImageFlow.data_init)(generic(ImageFlow, SMALL, (4, 4), seed=0, scale=0.3), x, jr.key(0))
    z, _ = flow.dequantize(x, jr.key(0))
    for index, steps in enumerate(flow.scales):
        z = z if index == 0 else _squeezed_half(z)
        for step in range(2):
            for part in jax.tree.map(lambda leaf, step=step: leaf[step], steps.stacked).parts:
                z, _ = part.forward(z)
                if isinstance(part, ActNorm):
                    np.testing.assert_allclose(np.mean(z, axis=(0, 1, 2)), 0, atol=1e-4)
                    np.testing.assert_allclose(np.std(z, axis=(0, 1, 2)), 1, atol=1e-3)


def _squeezed_half(z: jax.Array) -> jax.Array:
    squares = [z[:, a::2, b::2, k] for k in range(2) for a in range(2) for b in range(2)]
    return jnp.stack(squares, axis=-1)[..., :4]


def test_images_that_cannot_be_halved_are_told_with_their_shape() -> None:
    with pytest.raises(InputError, match=r"^model 'flow': images of 30×28 do not fit model.scales = 3: .* of 4$"):
        ImageFlow.build(ImageFlowConfig(), spec(30, 28), jr.key(0))


def test_a_bounded_log_scale_stays_finite_where_the_published_one_overflows() -> None:
    finite = []
    for bound in (None, 2.0):
        flow = generic_flow(SMALL.updated({"scale_bound": bound}), (4, 4), 0.2)
        nets = [steps.stacked.parts[0].net.leave.bias for steps in flow.scales]
        loud = eqx.tree_at(
            lambda f: [s.stacked.parts[0].net.leave.bias for s in f.scales], flow, [n + 100 for n in nets]
        )
        loss, _ = eqx.filter_jit(loss_of)(loud, images(5, 4, 4), jr.key(0), True)
        finite.append(bool(np.all(np.isfinite(loss.loss))))
    assert finite == [False, True]


@pytest.mark.parametrize("protocol", ["published", "corrected"])
def test_training_on_stripes_lowers_the_loss(protocol: Protocol) -> None:
    config = TINY.updated({"scale_bound": architecture(ImageFlow, protocol, "images").scale_bound})
    training = TrainingConfig.checked(recipe(protocol, "flow", "images").training)
    x = jnp.tile(jnp.array([1.0, 0.0, 0.0, 1.0]), (32, 4, 1))

    @jax.jit
    def step(flow: ImageFlow, state: Any, key: jax.Array) -> Any:
        loss, gradient = jax.value_and_grad(lambda flow: jnp.mean(flow.loss(x, key, None)[0].objective))(flow)
        updates, state = make_optimizer(training).update(gradient, state, flow)
        return jax.tree.map(lambda p, u: p + 5e-3 * u, flow, updates), state, loss

    flow = jax.jit(lambda k: ImageFlow.build(config, spec(4, 4), k).data_init(images(32, 4, 4), k))(jr.key(0))
    state, losses = make_optimizer(training).init(flow), []
    for number in range(80):
        flow, state, loss = step(flow, state, jr.key(number))
        losses.append(float(loss))
    assert np.all(np.isfinite(losses))
    assert np.mean(losses[-10:]) < np.mean(losses[:10]) - 5
