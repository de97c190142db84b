"""`variational_loss`: the objectives of the shipped models for models of a user's own."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import norm
from tests.docs.blocks import PAGES, blocks
from tests.experiment.compiling import TINY, quick_compilation

import genconv
from genconv.errors import InputError
from genconv.models.base import TrainingTime
from genconv.nn import Gaussian, standard

DRAWS, ROWS, LATENT = 3, 4, 2
LATE = TrainingTime(jnp.array(10**6), jnp.array(10**6))
X = jr.normal(jr.key(0), (ROWS, LATENT))
Q = Gaussian(0.5 * X, jnp.full_like(X, -0.7))
NOISE = jr.normal(jr.key(1), (DRAWS, *X.shape))
PRIOR = standard(ROWS, LATENT)


def densities(z: jax.Array, q: Gaussian) -> tuple[jax.Array, jax.Array]:
    """Of p(x|z) = N(z, I)."""
    return Gaussian(z, jnp.zeros_like(z)).log_prob(jnp.broadcast_to(X, z.shape)), PRIOR.log_prob(z) - q.log_prob(z)


def loss_of(kl_by_unit: jax.Array | None = None, **settings: Any) -> genconv.Loss:
    config = genconv.VariationalConfig(importance_samples=DRAWS, **settings)
    return genconv.variational_loss(config, LATE, Q.reparameterize(NOISE), Q, densities, kl_by_unit)


def by_hand(power: float = 1.0) -> np.ndarray:
    """log p(x|z) + power · (log p(z) − log q(z|x)) by SciPy."""
    x, mean, z = (np.asarray(each, np.float64) for each in (X, Q.mean, Q.reparameterize(NOISE)))
    ratio = norm.logpdf(z).sum(-1) - norm.logpdf(z, mean, np.exp(-0.35)).sum(-1)
    return np.asarray(norm.logpdf(x, z).sum(-1) + power * ratio)


def test_the_elbo_is_the_mean_and_iwae_the_log_of_the_mean() -> None:
    np.testing.assert_allclose(loss_of().loss, -by_hand().mean(axis=0), rtol=1e-5)
    expected = np.log(DRAWS) - logsumexp(by_hand(), axis=0)
    for gradient in ("reparameterized", "doubly_reparameterized"):
        found = loss_of(objective="iwae", gradient=gradient)
        np.testing.assert_allclose(found.loss, expected, rtol=1e-5)
        np.testing.assert_allclose(found.objective, expected, rtol=1e-5)


def test_beta_changes_the_objective_and_not_the_curve() -> None:
    weighted = loss_of(objective="iwae", beta=0.5)
    np.testing.assert_allclose(weighted.objective, np.log(DRAWS) - logsumexp(by_hand(0.5), axis=0), rtol=1e-5)
    np.testing.assert_allclose(weighted.loss, loss_of(objective="iwae").loss, rtol=1e-6)


def test_free_bits_hold_up_the_closed_form() -> None:
    by_unit = Q.kl_by_unit(PRIOR)
    found = loss_of(by_unit, free_bits=10.0)
    np.testing.assert_allclose(found.objective, found.terms["reconstruction"] + 10.0 * LATENT, rtol=1e-5)
    np.testing.assert_allclose(found.terms["kl"], by_unit.sum(axis=-1), rtol=1e-5)
    with pytest.raises(InputError, match=r"free_bits = 0\.1: must be 0 for a model that gives no kl_by_unit"):
        loss_of(free_bits=0.1)


def test_as_many_draws_as_the_configuration_says() -> None:
    config = genconv.VariationalConfig(importance_samples=DRAWS + 1)
    with pytest.raises(InputError, match=r"its first axis must be importance_samples = 4"):
        genconv.variational_loss(config, None, Q.reparameterize(NOISE), Q, densities)


def gradients_of_two_layers(gradient: str, keys: jax.Array) -> dict[str, np.ndarray]:
    """By weight and draw: q(z₂|x) = N(a x, ·), q(z₁|x, z₂) = N(b z₂ + c x, ·), p(z₁|z₂) = N(d z₂, 1); `c` is in p too:
    p(x|z₁) = N(c z₁, 1).
    """
    config = genconv.VariationalConfig(objective="iwae", importance_samples=DRAWS, gradient=gradient)
    weights = {"a": jnp.array(0.3), "b": jnp.array(0.6), "c": jnp.array(-0.4), "d": jnp.array(0.8)}
    x = jnp.array([[0.7]])

    def normal(mean: jax.Array) -> Gaussian:
        return Gaussian(mean, jnp.zeros_like(mean))

    def objective(weights: dict[str, jax.Array], key: jax.Array) -> jax.Array:
        above, below = jr.normal(key, (2, DRAWS, 1, 1))
        z2 = weights["a"] * x + above
        z1 = weights["b"] * z2 + weights["c"] * x + below

        def densities(z: tuple[jax.Array, jax.Array], q: dict[str, jax.Array]) -> tuple[jax.Array, jax.Array]:
            z1, z2 = z
            log_q = normal(q["a"] * x).log_prob(z2) + normal(q["b"] * z2 + q["c"] * x).log_prob(z1)
            log_p = normal(jnp.zeros_like(z2)).log_prob(z2) + normal(weights["d"] * z2).log_prob(z1)
            return normal(weights["c"] * z1).log_prob(jnp.broadcast_to(x, z1.shape)), log_p - log_q

        return genconv.variational_loss(config, LATE, (z1, z2), weights, densities).objective[0]

    found = jax.jit(jax.vmap(jax.grad(objective), (None, 0)))(weights, keys)
    return {name: np.asarray(values, np.float64) for name, values in found.items()}


def test_both_gradients_have_one_mean_with_two_layers_and_a_shared_weight() -> None:
    keys = jr.split(jr.key(3), 200_000)
    plain, doubly = (gradients_of_two_layers(kind, keys) for kind in ("reparameterized", "doubly_reparameterized"))
    for name in "abcd":
        difference = plain[name] - doubly[name]
        error = difference.std() / np.sqrt(len(keys))
        assert abs(difference.mean()) < 4 * error + 1e-6, name
    np.testing.assert_allclose(plain["d"], doubly["d"], rtol=1e-4, atol=1e-5)
    assert doubly["a"].std() < plain["a"].std()


FILE = "weighted_vae.py"
CELL = f'''name = "own"
seeds = 1
[[cells]]
models = "{FILE}:WeightedVAE"
datasets = "rings"
[model]
objective = "iwae"
importance_samples = 3
gradient = "doubly_reparameterized"
'''


def test_the_documented_model_is_estimated_trained_and_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (page,) = [page for page in PAGES if page.name == "models.md"]
    (code,) = [block.text for block in blocks(page) if block.title == FILE]
    Path(FILE).write_text(code, encoding="utf-8")
    Path("own.toml").write_text(CELL, encoding="utf-8")
    small = {key: int(value) for key, value in (word.split("=") for word in TINY)} | {"training.epochs": 2}
    with quick_compilation():
        (cost,) = genconv.estimate("own.toml", small)
        results = genconv.run("own.toml", small | {"training.learning_rate": 1e30}, output="runs")
        (run,) = results.cells[0].runs
        assert run.outcome.divergence is not None
        assert genconv.replay(run.path, before=1, after=1, changes=False, code=[FILE]).same
    assert cost.flops > 0
    assert cost.parameters > 100
    assert run.outcome.measures["curve"].label == "NLL bound (IWAE, k = 3), nats"
