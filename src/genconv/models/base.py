"""What a generative model is to the training, the evaluation and the report."""

import inspect
import sys
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from genconv.config.base import Config
from genconv.data.base import DataSpec
from genconv.errors import InputError
from genconv.measure import ELBO, EXACT, Measure
from genconv.models.objective_config import ImportanceConfig
from genconv.nn.gaussian import Gaussian


class TrainingTime(NamedTuple):
    """When in training a loss is computed."""

    epoch: Int[Array, ""]
    """Counted from 0."""
    step: Int[Array, ""]
    """Optimizer steps done before this one, over the whole run."""


class Loss(NamedTuple):
    """What a model says of each example of a batch."""

    objective: Float[Array, " batch"]
    """The optimizer minimises its mean."""
    loss: Float[Array, " batch"]
    """The curves show its mean; `Model.measure` says what it means."""
    terms: Mapping[str, Float[Array, " batch"]] = {}
    """Named parts whose means are recorded as further curves: `reconstruction`, `kl`, …"""
    diagnostics: Mapping[str, Float[Array, ""]] = {}
    """Any further scalars that are recorded."""


class HeldOutDensity(NamedTuple):
    """log p of a model whose loss says nothing of it."""

    log_prob: Float[Array, " batch"]
    """Nats."""
    error: Float[Array, " batch"]
    """How far off it is, about, by the method that computes it; nats."""


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


class Model(eqx.Module):
    """A generative model: an objective to train with, and samples.

    To add a model, write a subclass with `name`, `summary` and `config_type`, and implement `build`, `loss` and
    `sample`. A model whose log-likelihood is exact is an `ExactModel`; one that has importance weights is a
    `LatentVariableModel`. The other methods have defaults that suit most models. Every array leaf is part of the
    model's state. A floating-point one is trained, unless it is wrapped in `Buffer`. Anything else is a static field.
    """

    name: ClassVar[str]
    """What studies and tables call the model."""
    summary: ClassVar[str]
    """One line for `genconv list models`."""
    config_type: ClassVar[type[Config]]
    """The type of the model's own settings, the table `[model]` of a study."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        """`InputError` if a field or an attribute of the class takes the place of a method."""
        super().__init_subclass__(**arguments)
        for base in (one for one in cls.__mro__[1:] if one.__module__ == __name__):
            for method in (name for name, value in vars(base).items() if name[0] != "_" and _is_method(value)):
                if method in inspect.get_annotations(cls) or not callable(getattr(cls, method)):
                    raise InputError(
                        f"model '{cls.__name__}': its field or attribute '{method}' hides the method "
                        f"{base.__name__}.{method}: must have another name"
                    )

    @classmethod
    def accepts(cls, data: DataSpec) -> str | None:
        """None if the model takes such data; otherwise, in a few words, what it takes instead."""
        del data
        return None

    @classmethod
    def measure(cls, config: Any) -> Measure:
        """What `Loss.loss` says about −log p(x): nothing, unless overridden.

        The loss has the model's name, so that losses of different models are not compared. Models whose losses do
        compare return one `Measure` with a `name` of their own.
        """
        del config
        return Measure(name=f"{_title(cls)} loss")

    @classmethod
    def defaults(cls, data: DataSpec) -> Mapping[str, Mapping[str, Any]]:
        """Settings that the model wants changed on such data: `{"training": {…}, "evaluation": {…}}`.

        A study's own settings come after them. Shipped models have recipes in `genconv.protocols` instead.
        """
        del data
        return {}

    @classmethod
    @abstractmethod
    def build(cls, config: Any, data: DataSpec, key: Key[Array, ""]) -> "Model":
        """A model for such data, with initial weights drawn from `key`; `config` is of `config_type`."""

    @abstractmethod
    def loss(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Loss, "Model"]:
        """Objective and loss of each example, and the model with its buffers moved (itself if it has none).

        `time` is None in evaluation: batch statistics, dropout and warm-up are for training only.
        """

    @abstractmethod
    def sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """Independent draws x ~ p."""

    def expected_sample(self, key: Key[Array, ""], count: int) -> Float[Array, "count ..."]:
        """E[x | latent variables] of independent draws: what figures show of images; `sample` unless overridden."""
        return self.sample(key, count)

    def reconstruct(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
        """E[x | latent variables], those drawn given x; x itself for a model that keeps all of it."""
        del key
        return x

    def stochastic_layers(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> tuple[Layer, ...]:
        """The stochastic layers, lowest first, each given a draw of those above; none unless overridden."""
        del x, key
        return ()

    def generation_trace(self, key: Key[Array, ""], count: int) -> DrawingTrace | None:
        """How the images of `expected_sample(key, count)` come about, for a model that draws in steps; else None."""
        del key, count
        return None

    def reconstruction_trace(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> DrawingTrace | None:
        """How the images of `reconstruct(x, key)` come about, for a model that draws in steps; None otherwise."""
        del x, key
        return None

    @classmethod
    def held_out_measure(cls, config: Any) -> Measure | None:
        """What `held_out_density` says of −log p(x); None for a model that has none."""
        del config
        return None

    def held_out_density(self, x: Float[Array, "batch ..."]) -> HeldOutDensity | None:
        """log p(x) where it is too dear for training, for the final evaluation alone; None unless overridden."""
        del x
        return None

    def data_init(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> "Model":
        """The model after seeing a first batch, before the first step; itself unless overridden."""
        del x, key
        return self


def _is_method(value: object) -> bool:
    return callable(value) or isinstance(value, classmethod)


def _title(model: type[Model]) -> str:
    """The model's name; where it has none, its file and class: `fm.py:FM`."""
    if hasattr(model, "name"):
        return model.name
    spec = getattr(sys.modules.get(model.__module__), "__spec__", None)
    file = "" if spec is None or not spec.origin else f"{Path(spec.origin).name}:"
    return f"{file}{model.__qualname__}"


class ExactModel(Model):
    """A model whose log-likelihood is exact: implement `build`, `log_prob` and `sample`; `loss` is −log p(x)."""

    @classmethod
    def measure(cls, config: Any) -> Measure:
        """−log p(x) itself, in nats."""
        del config
        return EXACT

    @abstractmethod
    def log_prob(self, x: Float[Array, "batch ..."]) -> Float[Array, " batch"]:
        """log p(x) in nats."""

    def loss(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Loss, "Model"]:
        """Objective and loss are −log p(x)."""
        del key, time
        losses = -self.log_prob(x)
        return Loss(losses, losses), self


class LatentVariableModel(Model):
    """A model with a bound of its log-likelihood by importance weights w = p(x, z)/q(z|x): log p(x) ≥ E_q[log w].

    Implement `build`, `log_weights` and `sample`. `loss` is −log w of one draw, an estimate of the negative ELBO;
    override it where the KL is known in closed form, or where its weight rises in training (`negative_elbo`).
    """

    @classmethod
    def measure(cls, config: Any) -> Measure:
        """A bound of −log p(x), in nats: the ELBO, or what an `ImportanceConfig` says."""
        return config.measure if isinstance(config, ImportanceConfig) else ELBO

    @abstractmethod
    def log_weights(self, x: Float[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, " batch"]:
        """One importance log-weight per example, log p(x, z)/q(z|x) with z ~ q(·|x): its exponential has mean p(x)."""

    def loss(
        self, x: Float[Array, "batch ..."], key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Loss, "Model"]:
        """Objective and loss are −log w of one draw."""
        del time
        losses = -self.log_weights(x, key)
        return Loss(losses, losses), self


def kl_warmup(time: TrainingTime | None, epochs: int) -> Float[Array, ""]:
    """w = min(1, (epoch + 1)/epochs): the weight of the KL term in an epoch's objective; 1 in evaluation or for no
    epochs.
    """
    if time is None or epochs == 0:
        return jnp.ones(())
    return jnp.minimum(1.0, (time.epoch + 1) / epochs)


def negative_elbo(
    reconstruction: Float[Array, " batch"], kl: Float[Array, " batch"], weight: Float[Array, ""] | float = 1.0
) -> Loss:
    """loss = reconstruction + kl, objective = reconstruction + w kl, both terms recorded.

    `reconstruction` is −log p(x|z), `kl` is KL(q(z|x) ‖ p(z)) or its estimate, both in nats; `weight` is w, as
    `kl_warmup` gives it (arXiv 1602.02282, section 2.3).
    """
    terms = {"reconstruction": reconstruction, "kl": kl}
    return Loss(reconstruction + weight * kl, reconstruction + kl, terms)
