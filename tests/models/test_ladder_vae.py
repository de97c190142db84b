"""The Ladder VAE with two latents of one dimension each against quadrature over both, and its published quirks."""

from typing import Any, NamedTuple, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from model_building import architecture, data, loss_of, small, spec
from monte_carlo import Draws, assert_log_mean_is, assert_mean_is, draws
from numpy_models import (
    Pair,
    divergence,
    ladder_decoder,
    ladder_evidence,
    ladder_step,
    log_normal,
    product,
)
from scipy import stats

from genconv.models.ladder_vae import LadderVAE, LadderVAEConfig, merge
from genconv.nn.buffer import split_trainable
from genconv.nn.gaussian import Gaussian
from genconv.protocols import Protocol

ROWS = 3
X = np.asarray(data(ROWS))
PROTOCOLS = get_args(Protocol)
NODES = np.linspace(-8, 8, 401)
# E f(ε) = Σ WEIGHTS f(NODES) for ε ~ N(0, 1): the trapezoidal rule, whose weights sum to 1 up to 1e-14
WEIGHTS = stats.norm.pdf(NODES) * (NODES[1] - NODES[0])
STANDARD = (np.zeros(1), np.ones(1))
terms = eqx.filter_jit(loss_of)


@pytest.fixture(scope="module", params=PROTOCOLS)
def model(request: pytest.FixtureRequest) -> LadderVAE:
    return small(LadderVAE, request.param, hidden=(5, 4), latent=(1, 1))


@pytest.fixture(scope="module")
def drawn(model: LadderVAE) -> Draws:
    return draws(model, data(ROWS))


class Walk(NamedTuple):
    """Expectations over a walk down the ladder for one example."""

    log_likelihood: float
    top_kl: float
    lower_kl: float


def at_nodes(pair: Pair) -> np.ndarray:
    """The values mean + sd · node: rows of the pair × nodes."""
    return pair[0] + pair[1] * NODES


def log_likelihoods(model: LadderVAE, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    return log_normal(x, ladder_decoder(model, z.reshape(-1, 1))).reshape(z.shape)


def walk_by_quadrature(model: LadderVAE, x: np.ndarray) -> Walk:
    variance = model.config.variance
    below, q_top = ladder_evidence(model, x[None])
    z2 = at_nodes(q_top).reshape(-1, 1)
    _, from_above = ladder_step(model.rungs[0].evidence, z2, variance)
    _, p = ladder_step(model.rungs[0].prior, z2, variance)
    q = product(below, from_above)
    z1 = at_nodes(p if model.config.passes_down == "prior" else q)
    expected = WEIGHTS @ log_likelihoods(model, x, z1) @ WEIGHTS
    return Walk(float(expected), float(divergence(q_top, STANDARD)[0]), float(WEIGHTS @ divergence(q, p)))


def prior_walk(model: LadderVAE) -> np.ndarray:
    """z₁ at the nodes of z₂ (rows) and of z₁ given z₂ (columns)."""
    _, p = ladder_step(model.rungs[0].prior, NODES.reshape(-1, 1), model.config.variance)
    return at_nodes(p)


def evidence(model: LadderVAE) -> np.ndarray:
    """log ∫∫ p(x|z₁) p(z₁|z₂) p(z₂) of every row of X."""
    z1 = prior_walk(model)
    return np.array([np.log(WEIGHTS @ np.exp(log_likelihoods(model, x, z1)) @ WEIGHTS) for x in X])


def normal(mean: float, log_variance: float) -> Gaussian:
    return Gaussian(jnp.array([[mean]]), jnp.array([[log_variance]]))


def test_the_mean_terms_are_those_by_quadrature_over_both_latents(model: LadderVAE, drawn: Draws) -> None:
    walks = [walk_by_quadrature(model, x) for x in X]
    assert_mean_is(drawn.loss - drawn.kl, np.array([-walk.log_likelihood for walk in walks]))
    assert_mean_is(drawn.kl, np.array([walk.top_kl + walk.lower_kl for walk in walks]))


def test_the_mean_log_weight_counts_the_latents_that_are_passed_down(model: LadderVAE, drawn: Draws) -> None:
    counted = float(model.config.passes_down == "posterior")
    walks = [walk_by_quadrature(model, x) for x in X]
    assert_mean_is(drawn.log_weights, np.array([w.log_likelihood - w.top_kl - counted * w.lower_kl for w in walks]))


def test_importance_weights_average_to_the_exact_density(model: LadderVAE, drawn: Draws) -> None:
    exact = evidence(model)
    assert_log_mean_is(drawn.log_weights, exact)
    walks = [walk_by_quadrature(model, x) for x in X]
    loss = np.array([-walk.log_likelihood + walk.top_kl + walk.lower_kl for walk in walks])
    assert np.all(-loss < exact)


def test_closed_and_sampled_divergences_agree_in_expectation() -> None:
    closed, sampled = (
        small(LadderVAE, "corrected", kl=kl, hidden=(5, 4), latent=(2, 3)) for kl in ("closed", "sample")
    )

    @jax.jit
    def both(keys: jax.Array) -> list[jax.Array]:
        x = data(ROWS)
        return [jax.vmap(lambda key, m=m: m.loss(x, key, None)[0].terms["kl"])(keys) for m in (closed, sampled)]

    exact, noisy = (np.asarray(values, np.float64) for values in both(jr.split(jr.key(6), 20_000)))
    # under the same keys the two differ by noise of mean zero
    assert_mean_is(noisy - exact, np.zeros(ROWS))
    assert np.all(exact > 0)
    assert np.all(noisy.var(axis=0) > exact.var(axis=0))


def test_samples_follow_the_marginal_by_quadrature(model: LadderVAE) -> None:
    z1 = prior_walk(model)[::4, ::4].reshape(-1, 1)
    weights = np.outer(WEIGHTS[::4], WEIGHTS[::4]).ravel() * 16
    mean, sd = ladder_decoder(model, z1)
    x = np.asarray(eqx.filter_jit(LadderVAE.sample)(model, jr.key(3), 20_000), np.float64)
    first = weights @ mean
    variance = weights @ (sd**2 + mean**2) - first**2
    assert_mean_is(x, first)
    assert_mean_is((x - first) ** 2, variance)
    assert_mean_is((x - first).prod(axis=1)[:, None], np.array([weights @ (mean - first).prod(axis=1)]))


def reconstruction_slopes(protocol: Protocol) -> LadderVAE:
    ladder = small(LadderVAE, protocol, hidden=(6, 5, 4), latent=(2, 2, 2))
    trainable, rest = split_trainable(ladder)

    @eqx.filter_jit
    def slopes(trainable: LadderVAE) -> LadderVAE:
        def mean_reconstruction(trainable: LadderVAE) -> jax.Array:
            found, _ = eqx.combine(trainable, rest).loss(data(ROWS), jr.key(5), None)
            return found.terms["reconstruction"].sum()

        return jax.grad(mean_reconstruction)(trainable)

    return slopes(trainable)


def sizes(part: Any) -> list[float]:
    return [float(np.abs(leaf).max()) for leaf in jax.tree.leaves(part)]


def test_with_the_prior_passed_down_only_the_top_latent_carries_information() -> None:
    slopes = reconstruction_slopes("published")
    idle = [*(step.head for step in slopes.encoder[:-1]), *(rung.evidence for rung in slopes.rungs)]
    busy = [slopes.encoder[-1].head, *(rung.prior for rung in slopes.rungs)]
    assert not any(sizes(idle))
    assert all(any(sizes(part)) for part in busy)


def test_with_the_posterior_passed_down_every_latent_carries_information() -> None:
    slopes = reconstruction_slopes("corrected")
    busy = [*(step.head for step in slopes.encoder), *(rung.evidence for rung in slopes.rungs)]
    assert all(any(sizes(part)) for part in busy)
    assert not any(sizes([rung.prior for rung in slopes.rungs]))


def test_running_statistics_stay_in_evaluation() -> None:
    ladder = small(LadderVAE, "corrected", hidden=(5, 4), latent=(1, 1))
    _, after = terms(ladder, data(8), jr.key(0), False)
    assert eqx.tree_equal(after, ladder)


def test_running_statistics_move_in_training_and_weights_do_not() -> None:
    ladder = small(LadderVAE, "corrected", hidden=(5, 4), latent=(1, 1))
    _, after = terms(ladder, data(8), jr.key(0), True)
    (weights, before), (weights_after, buffers) = split_trainable(ladder), split_trainable(after)
    assert eqx.tree_equal(weights_after, weights)
    pairs = list(zip(jax.tree.leaves(before), jax.tree.leaves(buffers), strict=True))
    assert len(pairs) == 2 * (2 + 2)
    assert all(np.all(np.asarray(old) != np.asarray(new)) for old, new in pairs)
    first = ladder.encoder[0]
    raw = np.asarray(data(8), np.float64) @ np.asarray(first.linear.weight) + np.asarray(first.linear.bias)
    moved = after.encoder[0].norm
    expected = 0.9 * np.asarray(first.norm.mean.value) + 0.1 * raw.mean(axis=0)
    np.testing.assert_allclose(moved.mean.value, expected, rtol=1e-4, atol=1e-6)
    expected = 0.9 * np.asarray(first.norm.variance.value) + 0.1 * raw.var(axis=0, ddof=1)
    np.testing.assert_allclose(moved.variance.value, expected, rtol=1e-4)


def test_running_statistics_count_in_evaluation_only() -> None:
    ladder = small(LadderVAE, "corrected", hidden=(5, 4), latent=(1, 1))
    _, other = terms(ladder, data(8), jr.key(0), True)
    for training in (True, False):
        first, _ = terms(ladder, data(8), jr.key(1), training)
        second, _ = terms(other, data(8), jr.key(1), training)
        assert bool(eqx.tree_equal(first, second)) is training


def test_merging_is_the_product_of_the_two_densities() -> None:
    generator = np.random.default_rng(0)
    with jax.enable_x64(True):
        a, b = (Gaussian(*jnp.asarray(generator.standard_normal((2, 4, 3)))) for _ in range(2))
        found = merge(a, b)
        mean, sd = product(*((np.asarray(g.mean), np.exp(0.5 * np.asarray(g.log_variance))) for g in (a, b)))
        np.testing.assert_allclose(found.mean, mean, rtol=1e-12)
        np.testing.assert_allclose(found.log_variance, 2 * np.log(sd), rtol=1e-9, atol=1e-12)
        z = jnp.asarray(generator.standard_normal((50, 4, 3)))
        ratio = jax.vmap(lambda z: a.log_prob(z) + b.log_prob(z) - found.log_prob(z))(z)
        # proportional: the ratio is the same everywhere, but for the 10⁻⁸ in the variance
        np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), atol=1e-5)


def test_merging_with_a_vague_gaussian_changes_nothing_and_with_a_sharp_one_is_bounded_below() -> None:
    found = merge(normal(1.0, 0.0), normal(-50.0, 20.0))
    np.testing.assert_allclose([found.mean, found.log_variance], [[[1]], [[0]]], atol=1e-5)
    found = merge(normal(1.0, -20.0), normal(1.0, -20.0))
    np.testing.assert_allclose(found.log_variance, np.log(0.5 * np.exp(-20.0) + 1e-8), rtol=1e-5)


def test_widths_go_up_the_encoder_and_again_up_the_decoder() -> None:
    config = LadderVAEConfig(hidden=(3, 5, 7), latent=(1, 2, 4))
    ladder = eqx.filter_eval_shape(lambda: LadderVAE.build(config, spec(2), jr.key(0)))
    assert [step.linear.weight.shape for step in ladder.encoder] == [(2, 3), (3, 5), (5, 7)]
    assert [step.head.mean.weight.shape for step in ladder.encoder] == [(3, 1), (5, 2), (7, 4)]
    for branch in ("evidence", "prior"):
        steps = [getattr(rung, branch) for rung in ladder.rungs]
        assert [step.linear.weight.shape for step in steps] == [(2, 3), (4, 5)]
        assert [step.head.log_variance.weight.shape for step in steps] == [(3, 1), (5, 2)]
    assert [layer.weight.shape for layer in ladder.decoder.layers] == [(1, 3), (3, 5), (5, 7), (7, 4)]
    assert ladder.decoder.activation is jax.nn.relu


def test_one_latent_is_a_ladder_without_rungs() -> None:
    ladder = small(LadderVAE, "corrected", hidden=(5,), latent=(2,))
    found, _ = terms(ladder, data(ROWS), jr.key(0), False)
    (q,) = ladder_evidence(ladder, X)
    np.testing.assert_allclose(found.terms["kl"], divergence(q, (np.zeros(2), np.ones(2))), rtol=1e-4)


def test_the_protocols_differ_in_four_quirks() -> None:
    widths: dict[str, Any] = {"hidden": (128, 128, 128), "latent": (4, 4, 4)}
    assert architecture(LadderVAE, "published") == LadderVAEConfig(
        **widths, head="sigmoid", variance="softplus", kl="sample", passes_down="prior", kl_warmup_epochs=100
    )
    assert architecture(LadderVAE, "corrected") == LadderVAEConfig(
        **widths, head="linear", variance="free", kl="closed", passes_down="posterior", kl_warmup_epochs=5
    )
