"""What a generative model is to the training, the evaluation and the report."""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.config.base import Config
from genconv.config.protocols import Kind, Protocol, Recipe


class Terms(NamedTuple):
    """Loss terms per example in nats: loss = reconstruction + kl, an upper bound of −log p(x) (or equal to it).

    A model without latent variables has reconstruction = −log p(x) and kl = 0.
    """

    reconstruction: Float[Array, " batch"]
    kl: Float[Array, " batch"]

    @property
    def loss(self) -> Float[Array, " batch"]:
        """reconstruction + kl."""
        return self.reconstruction + self.kl


class GenerativeModel(eqx.Module):
    """A density model p(x) with trainable arrays; arrays that are not trained are wrapped in `Buffer`.

    To add a model: a file in this folder with a subclass that sets `name`, `summary`, `config_type`, and implements
    `recipe`, `build`, `terms`, `log_weights` and `sample`; override `data_init` where weights start from the first
    batch. All array leaves are the model's state; anything else is a static field.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    config_type: ClassVar[type[Config]]
    kinds: ClassVar[frozenset[Kind]]
    """Kinds of data that the model takes."""
    exact: ClassVar[bool] = False
    """Whether `terms` is −log p(x) itself and not a bound."""

    @classmethod
    @abstractmethod
    def recipe(cls, protocol: Protocol, kind: Kind) -> Recipe:
        """Architecture, training and evaluation defaults that a protocol prescribes on this kind of data."""

    @classmethod
    @abstractmethod
    def build(cls, config: Any, shape: tuple[int, ...], key: Key[Array, ""]) -> "GenerativeModel":
        """A model with initial weights drawn from `key`, for examples of this shape."""

    @abstractmethod
    def terms(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""], *, training: bool
    ) -> tuple[Terms, "GenerativeModel"]:
        """Loss terms of each example, and the model with its buffers moved (itself in evaluation)."""

    @abstractmethod
    def log_weights(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """One importance log-weight per example, log p(x, z)/q(z|x) with z ~ q(·|x): its exponential has mean p(x)."""

    @abstractmethod
    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """Independent draws x ~ p."""

    def data_init(self, x: Float[Array, "batch ..."]) -> "GenerativeModel":
        """The model after seeing its first batch, before the first step; itself unless overridden."""
        del x
        return self


class ExactModel(GenerativeModel):
    """A model whose log-likelihood is exact; implement `log_density` instead of `terms` and `log_weights`."""

    exact: ClassVar[bool] = True

    @abstractmethod
    def log_density(self, x: Float[Array, "batch ..."]) -> Float[Array, " batch"]:
        """log p(x) in nats."""

    def terms(self, x: Float[Array, "batch ..."], key: Key[Array, ""], *, training: bool) -> tuple[Terms, "ExactModel"]:
        """reconstruction = −log p(x), kl = 0."""
        del key, training
        losses = -self.log_density(x)
        return Terms(losses, jnp.zeros_like(losses)), self

    def log_weights(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """log p(x): an exact likelihood has nothing to average."""
        del key
        return self.log_density(x)
