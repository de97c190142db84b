"""The variational autoencoder (arXiv 1312.6114) with one stochastic layer."""

from collections.abc import Callable
from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.config.base import Config, Widths
from genconv.data.base import DataSpec
from genconv.models.base import LatentVariableModel, Layer, Loss, TrainingTime
from genconv.models.likelihood import Head, Likelihood, LikelihoodName, likelihood_of
from genconv.models.objective import Draws, doubly_reparameterized_bound, elbo_loss, loss_of_draws, repeated
from genconv.models.objective_config import VariationalConfig
from genconv.nn.gaussian import Gaussian, GaussianHead, Variance, standard
from genconv.nn.linear import MLP


class VAEConfig(VariationalConfig):
    """Widths and the choices in which the protocols differ."""

    hidden: Widths = Field(default=(128, 128, 128), min_length=1)
    """Widths of the encoder's hidden layers; the decoder has the same, reversed."""
    latent: int = Field(default=4, ge=1, le=65_536)
    """Dimensions of z."""
    head: Head = "linear"
    """How decoder outputs become p(x|z): `sigmoid` as the study did, `linear` without its quirks (see
    `genconv.models.likelihood`).
    """
    likelihood: LikelihoodName = "auto"
    """p(x|z): `auto` is a Normal over real numbers, a Bernoulli over binary ones, and a discretized logistic over 256
    levels, where `normal` is a discretized Normal.
    """
    variance: Variance = "free"
    """Posterior log σ²: `free` or `softplus` (σ ≥ 1, the published quirk)."""
    kl: Literal["closed", "sample"] = "closed"
    """KL term in closed form, or by the sample at hand."""


class VAE(LatentVariableModel):
    r"""log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ N(0, I)).

    The encoder is an MLP with ReLU and two linear heads, the decoder an MLP with tanh whose outputs describe p(x|z)
    (see `likelihood_of`).
    """

    name: ClassVar[str] = "vae"
    summary: ClassVar[str] = "variational autoencoder, one stochastic layer"
    config_type: ClassVar[type[Config]] = VAEConfig

    encoder: Callable[[Array], Array]
    posterior: GaussianHead
    decoder: Callable[[Array], Array]
    likelihood: Likelihood = eqx.field(static=True)
    config: VAEConfig = eqx.field(static=True)

    @classmethod
    def build(cls, config: VAEConfig, data: DataSpec, key: Key[Array, ""]) -> "VAE":
        """Weights Xavier-normal, biases zero."""
        likelihood = likelihood_of(data, config.head, config.likelihood)
        encoder_key, head_key, decoder_key = jr.split(key, 3)
        widths = config.hidden
        return cls(
            encoder=MLP((likelihood.inputs, *widths), encoder_key, activation=jax.nn.relu, last_activation=True),
            posterior=GaussianHead(widths[-1], config.latent, head_key, config.variance),
            decoder=MLP((config.latent, *widths[::-1], likelihood.outputs), decoder_key, activation=jax.nn.tanh),
            likelihood=likelihood,
            config=config,
        )

    def loss(self, x: Float[Array, "batch ..."], key: Key[Array, ""], time: TrainingTime | None) -> tuple[Loss, "VAE"]:
        """One draw of z for the reconstruction, or several; KL in closed form or by the same draws."""
        q = self.encode(x)
        if self.config.importance_samples > 1:
            return self._loss_of_draws(x, q, key, time), self
        prior = standard(*q.mean.shape)
        z = q.sample(key)
        kl = q.kl(prior) if self.config.kl == "closed" else q.log_prob(z) - prior.log_prob(z)
        return elbo_loss(self.config, time, -self.log_likelihood(x, z), kl, lambda: q.kl_by_unit(prior)), self

    def _loss_of_draws(
        self, x: Float[Array, "batch ..."], q: Gaussian, key: Key[Array, ""], time: TrainingTime | None
    ) -> Loss:
        draws, prior = self.config.importance_samples, standard(*q.mean.shape)
        z, many = q.reparameterize(jr.normal(key, (draws, *q.mean.shape), q.mean.dtype)), repeated(x, draws)

        def densities(z: Array, q: Gaussian) -> tuple[Array, Array]:
            log_likelihood = self.log_likelihood(many, z.reshape(-1, z.shape[-1])).reshape(z.shape[:2])
            return log_likelihood, prior.log_prob(z) - q.log_prob(z)

        log_likelihood, log_ratio = densities(z, q)
        kl = q.kl(prior) if self.config.kl == "closed" else -log_ratio
        doubly = self.config.gradient == "doubly_reparameterized"
        bound = doubly_reparameterized_bound(self.config, time, z, q, densities) if doubly else None
        of = Draws(log_likelihood, log_ratio, kl)
        return loss_of_draws(self.config, time, of, lambda: q.kl_by_unit(prior), bound)

    def log_weights(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """log p(x|z) + log p(z) − log q(z|x)."""
        q = self.encode(x)
        z = q.sample(key)
        return self.log_likelihood(x, z) + standard(*z.shape).log_prob(z) - q.log_prob(z)

    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """z ~ N(0, I), x ~ p(x|z)."""
        latent_key, data_key = jr.split(key)
        return self.likelihood.sample(data_key, self.decoder(self._prior_sample(latent_key, count)))

    def expected_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """E[x|z], z ~ N(0, I)."""
        return self.likelihood.mean(self.decoder(self._prior_sample(key, count)))

    def reconstruct(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
        """E[x|z], z ~ q(z|x)."""
        return self.likelihood.mean(self.decoder(self.encode(x).sample(key)))

    def stochastic_layers(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> tuple[Layer, ...]:
        """The one stochastic layer."""
        del key
        q = self.encode(x)
        return (Layer(q, standard(*q.mean.shape)),)

    def encode(self, x: Float[Array, "batch ..."]) -> Gaussian:
        """q(z|x)."""
        return self.posterior(self.encoder(x.reshape(x.shape[0], -1)))

    def log_likelihood(self, x: Float[Array, "batch ..."], z: Float[Array, "batch latent"]) -> Float[Array, " batch"]:
        """log p(x|z)."""
        return self.likelihood.log_prob(x, self.decoder(z))

    def _prior_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count latent"]:
        return jr.normal(key, (count, self.config.latent))
