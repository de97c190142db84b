"""The variational autoencoder (arXiv 1312.6114) with one stochastic layer."""

from typing import ClassVar, Literal

import equinox as eqx
import jax
import jax.random as jr
from jaxtyping import Array, Float, Key
from pydantic import Field

from genconv.config.base import Config, Widths
from genconv.config.protocols import Modality, Protocol, Recipe, base_evaluation, base_training
from genconv.models.base import GenerativeModel, Layer, Terms
from genconv.models.likelihood import Head, Likelihood, likelihood_of
from genconv.nn.gaussian import Gaussian, GaussianHead, Variance, standard
from genconv.nn.linear import MLP


class VAEConfig(Config):
    """Widths and the choices in which the protocols differ."""

    hidden: Widths = Field(default=(128, 128, 128), min_length=1)
    """Widths of the encoder's hidden layers; the decoder has the same, reversed."""
    latent: int = Field(default=4, ge=1)
    """Dimensions of z."""
    head: Head = "linear"
    """How decoder outputs become p(x|z): `sigmoid` as the study did, `linear` without its quirks (see
    `genconv.models.likelihood`).
    """
    variance: Variance = "free"
    """Posterior log σ²: `free` or `softplus` (σ ≥ 1, the published quirk)."""
    kl: Literal["closed", "sample"] = "closed"
    """KL term in closed form, or by the sample at hand."""


class VAE(GenerativeModel):
    r"""log p(x) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ N(0, I)).

    The encoder is an MLP with ReLU and two linear heads, the decoder an MLP with tanh whose outputs describe p(x|z): a
    Normal over points, a Bernoulli over pixels.
    """

    name: ClassVar[str] = "vae"
    summary: ClassVar[str] = "variational autoencoder, one stochastic layer"
    config_type: ClassVar[type[Config]] = VAEConfig
    kinds: ClassVar[frozenset[Modality]] = frozenset({"points", "images"})

    encoder: MLP
    posterior: GaussianHead
    decoder: MLP
    likelihood: Likelihood = eqx.field(static=True)
    config: VAEConfig = eqx.field(static=True)

    @classmethod
    def recipe(cls, protocol: Protocol, kind: Modality) -> Recipe:
        """Published: sigmoid head, σ ≥ 1, sampled KL. Corrected: none of the three.

        On images the KL weight rises over half of the epochs: over ten of sixty, most units of z never come to use.
        """
        sizes: dict[str, object] = {} if kind == "points" else {"hidden": (512, 256, 128, 64), "latent": 64}
        training, evaluation = base_training(protocol, kind), base_evaluation(kind)
        if protocol == "published":
            quirks = {"head": "sigmoid", "variance": "softplus", "kl": "sample"}
            return Recipe(VAEConfig.checked({**sizes, **quirks}), training, evaluation)
        changes = {"epochs": 20, "kl_warmup_epochs": 5} if kind == "points" else {"epochs": 60, "kl_warmup_epochs": 30}
        return Recipe(VAEConfig.checked(sizes), training.updated(changes), evaluation)

    @classmethod
    def build(cls, config: VAEConfig, shape: tuple[int, ...], key: Key[Array, ""]) -> "VAE":
        """Weights Xavier-normal, biases zero."""
        likelihood = likelihood_of(shape, config.head)
        encoder_key, head_key, decoder_key = jr.split(key, 3)
        widths = config.hidden
        return cls(
            encoder=MLP((likelihood.inputs, *widths), encoder_key, activation=jax.nn.relu, last_activation=True),
            posterior=GaussianHead(widths[-1], config.latent, head_key, config.variance),
            decoder=MLP((config.latent, *widths[::-1], likelihood.outputs), decoder_key, activation=jax.nn.tanh),
            likelihood=likelihood,
            config=config,
        )

    def terms(self, x: Float[Array, "batch ..."], key: Key[Array, ""], *, training: bool) -> tuple[Terms, "VAE"]:
        """One sample of z for the reconstruction; KL in closed form or by the same sample."""
        del training
        q = self.encode(x)
        prior = standard(*q.mean.shape)
        z = q.sample(key)
        kl = q.divergence(prior) if self.config.kl == "closed" else q.log_prob(z) - prior.log_prob(z)
        return Terms(-self.log_likelihood(x, z), kl), self

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

    def layers(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> tuple[Layer, ...]:
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
