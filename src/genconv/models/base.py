"""What a generative model is to the training, the evaluation and the report."""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from genconv.config.base import Config
from genconv.config.protocols import Modality, Protocol, Recipe
from genconv.nn.gaussian import Gaussian


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


class Layer(NamedTuple):
    """A stochastic layer of a latent-variable model, given what lies above it."""

    posterior: Gaussian
    """q(z_i|x, …)."""
    prior: Gaussian
    """p(z_i|…)."""
    passed: bool = True
    """Whether the posterior's draw goes on to what lies below. If the prior's does, the layer tells nothing of x."""


class DrawingTrace(NamedTuple):
    """How images come about in a model that draws them in T steps."""

    canvases: Float[Array, "batch T h w"]
    """E[x | canvas after the step]."""
    read: Float[Array, "batch T 3"] | None
    """Centre (column, row) and side of the window that is read, in pixels; None without attention."""
    write: Float[Array, "batch T 3"] | None
    """The same of the window that is written."""


class GenerativeModel(eqx.Module):
    """A density model p(x) with trainable arrays; arrays that are not trained are wrapped in `Buffer`.

    To add a model: a file in this folder with a subclass that sets `name`, `summary`, `config_type`, `kinds`, and
    implements `recipe`, `build`, `terms`, `log_weights` and `sample`; the other methods have defaults that suit a model
    without latent variables whose weights do not start from data. All array leaves are the model's state; anything else
    is a static field. A name stands for one model on each kind of data, of one class or of two.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    config_type: ClassVar[type[Config]]
    kinds: ClassVar[frozenset[Modality]]
    """Kinds of data that the model takes."""
    exact: ClassVar[bool] = False
    """Whether `terms` is −log p(x) itself and not a bound."""

    @classmethod
    @abstractmethod
    def recipe(cls, protocol: Protocol, kind: Modality) -> Recipe:
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

    def expected_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """E[x | latent variables] of independent draws: what one shows of binary images; `sample` unless overridden."""
        return self.sample(key, count)

    def reconstruct(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
        """E[x | latent variables], those drawn given x; x itself for a model that keeps all of it."""
        del key
        return x

    def layers(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> tuple[Layer, ...]:
        """The stochastic layers, lowest first, each given a draw of those above; none unless overridden."""
        del x, key
        return ()

    def generation(self, key: Key[Array, ""], count: int) -> DrawingTrace | None:
        """How samples come about, for a model that draws in steps; None otherwise."""
        del key, count
        return None

    def reconstruction(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> DrawingTrace | None:
        """How reconstructions of x come about, for a model that draws in steps; None otherwise."""
        del x, key
        return None

    def data_init(self, x: Float[Array, "batch ..."]) -> "GenerativeModel":
        """The model after seeing its first batch, before the first step; itself unless overridden."""
        del x
        return self


class ExactModel(GenerativeModel):
    """A model whose log-likelihood is exact; implement `log_prob` instead of `terms` and `log_weights`."""

    exact: ClassVar[bool] = True

    @abstractmethod
    def log_prob(self, x: Float[Array, "batch ..."]) -> Float[Array, " batch"]:
        """log p(x) in nats."""

    def terms(self, x: Float[Array, "batch ..."], key: Key[Array, ""], *, training: bool) -> tuple[Terms, "ExactModel"]:
        """reconstruction = −log p(x), kl = 0."""
        del key, training
        losses = -self.log_prob(x)
        return Terms(losses, jnp.zeros_like(losses)), self

    def log_weights(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """log p(x): an exact likelihood has nothing to average."""
        del key
        return self.log_prob(x)
