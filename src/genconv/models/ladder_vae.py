"""The Ladder VAE (arXiv 1602.02282): a hierarchy of latents, evidence merged with priors by precision."""

from itertools import accumulate
from typing import ClassVar, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field, model_validator

from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.models.base import LatentVariableModel, Layer, Loss, TrainingTime
from genconv.models.likelihood import Head, Likelihood, LikelihoodName, likelihood_of
from genconv.models.objective import Draws, elbo_loss, loss_of_draws, repeated
from genconv.models.objective_config import KLWeightConfig
from genconv.nn.gaussian import Gaussian, GaussianHead, Variance, standard
from genconv.nn.linear import MLP, Linear
from genconv.nn.normalization import BatchNorm


class LadderStep(eqx.Module):
    """linear → batch norm → leaky ReLU (0.1) → Gaussian head."""

    linear: Linear
    norm: BatchNorm
    head: GaussianHead

    def __init__(self, inputs: int, hidden: int, latent: int, variance: Variance, key: Key[Array, ""]) -> None:
        linear_key, head_key = jr.split(key)
        self.linear = Linear(inputs, hidden, linear_key, "xavier_normal")
        self.norm = BatchNorm(hidden)
        self.head = GaussianHead(hidden, latent, head_key, variance)

    def __call__(
        self, x: Float[Array, "batch inputs"], training: bool
    ) -> tuple[Float[Array, "batch hidden"], Gaussian, "LadderStep"]:
        """Features, their Gaussian, and the step with its running statistics moved (itself in evaluation)."""
        raw = self.linear(x)
        moved = self
        if training:
            normed, norm = self.norm.train(raw)
            moved = eqx.tree_at(lambda step: step.norm, self, norm)
        else:
            normed = self.norm.evaluate(raw)
        h = jax.nn.leaky_relu(normed, 0.1)
        return h, self.head(h), moved


def merge(a: Gaussian, b: Gaussian) -> Gaussian:
    """Product of two Gaussians: μ = (μ_a/σ_a² + μ_b/σ_b²)/(1/σ_a² + 1/σ_b²), log σ² = log(1/(1/σ_a² + 1/σ_b²) +
    10⁻⁸).
    """
    precision_a, precision_b = jnp.exp(-a.log_variance), jnp.exp(-b.log_variance)
    total = precision_a + precision_b
    mean = (a.mean * precision_a + b.mean * precision_b) / total
    return Gaussian(mean, jnp.log(1 / total + 1e-8))


class LadderVAEConfig(KLWeightConfig):
    """Widths and the choices in which the protocols differ."""

    hidden: Widths = Field(default=(128, 128, 128), min_length=1)
    """Width of each encoder step, bottom first."""
    latent: Widths = Field(default=(4, 4, 4), min_length=1)
    """Dimensions of each latent, bottom first; as many as `hidden`."""
    head: Head = "linear"
    """How decoder outputs become p(x|z): `sigmoid` as the study did, `linear` without its quirks (see
    `genconv.models.likelihood`).
    """
    likelihood: LikelihoodName = "auto"
    """p(x|z): `auto` is a Normal over real numbers, a Bernoulli over binary ones, and a discretized logistic over 256
    levels, where `normal` is a discretized Normal.
    """
    variance: Variance = "free"
    """Every log σ²: `free` or `softplus` (σ ≥ 1, the published quirk)."""
    kl: Literal["closed", "sample"] = "closed"
    """KL terms in closed form, or by the samples at hand."""
    passes_down: Literal["posterior", "prior"] = "posterior"
    """Whose sample the next lower step gets; `prior` is the published quirk: only the top latent carries information.
    """

    @model_validator(mode="after")
    def _as_many(self) -> "LadderVAEConfig":
        if len(self.hidden) != len(self.latent):
            raise ValueError(
                f"hidden and latent must have the same length, not {len(self.hidden)} and {len(self.latent)}"
            )
        return self


class TopDownLayer(eqx.Module):
    """The way down to one latent: evidence (merged with the encoder's into q) and the prior p, both from the latent
    above.
    """

    evidence: LadderStep
    prior: LadderStep


class TopDownPass(NamedTuple):
    """One walk down the ladder: the lowest latent, the KL of all layers, and what a bound needs."""

    z: Float[Array, "batch latent"]
    kl: Float[Array, " batch"]
    log_ratio: Float[Array, " batch"]
    """log p(z) − log q(z|x) over the latents that were passed down."""
    layers: tuple[Layer, ...]
    """Lowest first."""

    def kl_by_unit(self) -> Float[Array, "batch units"]:
        """The closed form's terms, all layers side by side."""
        return jnp.concatenate([layer.posterior.kl_by_unit(layer.prior) for layer in self.layers], axis=-1)


class LadderVAE(LatentVariableModel):
    r"""log p(x) ≥ E_q[log p(x|z₁)] − KL(q(z_L|x) ‖ N(0, I)) − Σ_{i<L} E KL(q(z_i|x, z_{i+1}) ‖ p(z_i|z_{i+1}))."""

    name: ClassVar[str] = "lvae"
    summary: ClassVar[str] = "Ladder VAE, a hierarchy of latents merged by precision"
    config_type: ClassVar[type[Config]] = LadderVAEConfig

    encoder: tuple[LadderStep, ...]
    rungs: tuple[TopDownLayer, ...]
    decoder: MLP
    likelihood: Likelihood = eqx.field(static=True)
    config: LadderVAEConfig = eqx.field(static=True)

    @classmethod
    def build(cls, config: LadderVAEConfig, data: DataSpec, key: Key[Array, ""]) -> "LadderVAE":
        """Linear weights Xavier-normal, biases zero; batch norms start as the identity."""
        likelihood = likelihood_of(data, config.head, config.likelihood)
        hidden, latent, variance = config.hidden, config.latent, config.variance
        up_key, down_key, decoder_key = jr.split(key, 3)
        up_keys, down_keys = jr.split(up_key, len(hidden)), jr.split(down_key, (len(hidden) - 1, 2))
        below = (likelihood.inputs, *hidden[:-1])
        steps = zip(below, hidden, latent, up_keys, strict=True)
        rungs = zip(latent[1:], hidden[:-1], latent[:-1], down_keys, strict=True)
        return cls(
            encoder=tuple(LadderStep(i, h, z, variance, k) for i, h, z, k in steps),
            rungs=tuple(
                TopDownLayer(*(LadderStep(above, h, z, variance, k) for k in keys)) for above, h, z, keys in rungs
            ),
            decoder=MLP((latent[0], *hidden, likelihood.outputs), decoder_key, activation=jax.nn.relu),
            likelihood=likelihood,
            config=config,
        )

    def loss(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Loss, "LadderVAE"]:
        """One walk up and one down, or several; KL in closed form given the latent above, or by the samples at hand."""
        draws = self.config.importance_samples
        descent, moved = self._descend(x, key, training=time is not None, draws=draws)
        if draws == 1:
            reconstruction = -self.log_likelihood(x, descent.z)
            return elbo_loss(self.config, time, reconstruction, descent.kl, descent.kl_by_unit), moved
        log_likelihood = self.log_likelihood(repeated(x, draws), descent.z)
        of = Draws(*(each.reshape(draws, -1) for each in (log_likelihood, descent.log_ratio, descent.kl)))

        def kl_by_unit() -> Array:
            return jnp.mean(descent.kl_by_unit().reshape(draws, x.shape[0], -1), axis=0)

        return loss_of_draws(self.config, time, of, kl_by_unit), moved

    def log_weights(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """log p(x|z₁) + log p(z) − log q(z|x), over the latents that are passed down."""
        descent, _ = self._descend(x, key, training=False)
        return self.log_likelihood(x, descent.z) + descent.log_ratio

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """z_L ~ N(0, I), z_i ~ p(z_i|z_{i+1}), x ~ p(x|z₁)."""
        latent_key, data_key = jr.split(key)
        return self.likelihood.sample(data_key, self.decoder(self._prior_sample(latent_key, count)))

    def expected_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """E[x|z₁], latents as in `sample`."""
        return self.likelihood.mean(self.decoder(self._prior_sample(key, count)))

    def reconstruct(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
        """E[x|z₁], z₁ what was passed down."""
        descent, _ = self._descend(x, key, training=False)
        return self.likelihood.mean(self.decoder(descent.z))

    def stochastic_layers(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> tuple[Layer, ...]:
        """q and p of each latent, lowest first."""
        return self._descend(x, key, training=False)[0].layers

    def _prior_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count latent"]:
        noises = [jnp.split(noise, 2, axis=-1)[1] for noise in self._noise(key, count)]
        z = noises[0]
        for rung, noise in zip(self.rungs[::-1], noises[1:], strict=True):
            _, p, _ = rung.prior(z, training=False)
            z = p.reparameterize(noise)
        return z

    def log_likelihood(self, x: Float[Array, "batch ..."], z: Float[Array, "batch latent"]) -> Float[Array, " batch"]:
        """log p(x|z₁)."""
        return self.likelihood.log_prob(x, self.decoder(z))

    def _ascend(self, x: Float[Array, "batch ..."], training: bool) -> tuple[list[Gaussian], tuple[LadderStep, ...]]:
        h, gaussians, moved = x.reshape(x.shape[0], -1), [], []
        for step in self.encoder:
            h, gaussian, step_moved = step(h, training)
            gaussians.append(gaussian)
            moved.append(step_moved)
        return gaussians, tuple(moved)

    def _descend(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""], *, training: bool, draws: int = 1
    ) -> tuple[TopDownPass, "LadderVAE"]:
        """With several draws the rows are the examples once for each of them."""
        evidence, encoder = self._ascend(x, training)
        if draws > 1:
            evidence = [Gaussian(*(repeated(part, draws) for part in each)) for each in evidence]
        top, *noises = self._noise(key, draws * x.shape[0])
        q = evidence[-1]
        state = self._infer_layer(q, standard(*q.mean.shape), top, is_top=True)
        rungs = []
        for rung, below, noise in zip(self.rungs[::-1], evidence[-2::-1], noises, strict=True):
            _, from_above, moved_evidence = rung.evidence(state.z, training)
            _, p, moved_prior = rung.prior(state.z, training)
            step = self._infer_layer(merge(below, from_above), p, noise, is_top=False)
            layers = (*step.layers, *state.layers)
            state = TopDownPass(step.z, state.kl + step.kl, state.log_ratio + step.log_ratio, layers)
            rungs.append(TopDownLayer(moved_evidence, moved_prior))
        return state, eqx.tree_at(lambda m: (m.encoder, m.rungs), self, (encoder, tuple(rungs[::-1])))

    def _infer_layer(self, q: Gaussian, p: Gaussian, noise: Float[Array, "batch both"], *, is_top: bool) -> TopDownPass:
        of_q, of_p = jnp.split(noise, 2, axis=-1)
        z = q.reparameterize(of_q)
        log_ratio = p.log_prob(z) - q.log_prob(z)
        kl = q.kl(p) if self.config.kl == "closed" else -log_ratio
        if self.config.passes_down == "prior" and not is_top:
            return TopDownPass(p.reparameterize(of_p), kl, jnp.zeros_like(kl), (Layer(q, p, passed=False),))
        return TopDownPass(z, kl, log_ratio, (Layer(q, p),))

    def _noise(self, key: Key[Array, ""], batch: int) -> list[Float[Array, "batch both"]]:
        """Standard normal noise for q and p of each latent, top first: one draw, since each costs compile time."""
        widths = [2 * dim for dim in self.config.latent[::-1]]
        ends = list(accumulate(widths))
        return jnp.split(jr.normal(key, (batch, ends[-1])), ends[:-1], axis=-1)
