"""What a latent-variable model minimises: settings that all such models share."""

from typing import Literal

from pydantic import Field, model_validator

from genconv.config.base import LARGEST_INTEGER, Config
from genconv.measure import ELBO, Measure, importance_weighted


class ImportanceConfig(Config):
    """The bound of log p(x) whose negative is minimised, and shown by the curves."""

    objective: Literal["elbo", "iwae"] = "elbo"
    """`elbo`: the mean of log w over the draws; `iwae`: log of the mean of w (arXiv 1509.00519, equation 8)."""
    importance_samples: int = Field(default=1, ge=1, le=65_536)
    """Draws k of the latent variables for each example in training; `iwae` needs at least 2."""

    @model_validator(mode="after")
    def _several_draws(self) -> "ImportanceConfig":
        if self.objective == "iwae" and self.importance_samples < 2:
            raise ValueError(
                f"importance_samples = {self.importance_samples}: must be at least 2 with objective = 'iwae'"
            )
        return self

    @property
    def measure(self) -> Measure:
        """What the curves say of −log p(x)."""
        return importance_weighted(self.importance_samples) if self.objective == "iwae" else ELBO


class KLWeightConfig(ImportanceConfig):
    """The same with what is done to the KL term in the objective; the curves show the bound itself."""

    kl_warmup_epochs: int = Field(default=0, ge=0, le=LARGEST_INTEGER)
    """The KL weight in the objective of epoch e (from 0) is min(1, (e + 1)/kl_warmup_epochs); 0: always 1."""
    beta: float = Field(default=1.0, ge=0)
    """Factor of the KL weight in the objective (β-VAE)."""
    free_bits: float = Field(default=0.0, ge=0)
    """Nats a latent unit that cost nothing: its KL, averaged over a batch, counts as no less than this in the
    objective (arXiv 1606.04934, equation 15).
    """

    @model_validator(mode="after")
    def _free_bits_of_a_kl(self) -> "KLWeightConfig":
        if self.free_bits and self.objective == "iwae":
            raise ValueError(f"free_bits = {self.free_bits}: must be 0 with objective = 'iwae', which has no KL term")
        return self


class VariationalConfig(KLWeightConfig):
    """What `variational_loss` minimises: the bound, what is done to its KL term, and the gradient of the encoder.

    The configuration of a latent-variable model of your own is a subclass with the model's sizes.
    """

    gradient: Literal["reparameterized", "doubly_reparameterized"] = "reparameterized"
    """Of the encoder: as automatic differentiation gives it, or the same in the mean with less noise, for `iwae`
    (arXiv 1810.04152).
    """

    @model_validator(mode="after")
    def _gradient_of_iwae(self) -> "VariationalConfig":
        if self.gradient != "reparameterized" and self.objective != "iwae":
            raise ValueError(f"gradient = '{self.gradient}': must be 'reparameterized' unless objective = 'iwae'")
        return self
