"""The loss of a batch: what the optimizer minimises, and what is recorded of it."""

from dataclasses import dataclass, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, Shaped

from genconv.config.base import Config
from genconv.config.evaluation import EvaluationConfig
from genconv.config.run import Cell
from genconv.config.training import TrainingConfig
from genconv.data.base import Dataset, Splits
from genconv.errors import InputError
from genconv.measure import NATS, Measure
from genconv.models.base import Loss, Model, TrainingTime
from genconv.nn.buffer import split_arrays
from genconv.training.batches import Record

RESERVED = ("loss", "gradient_norm", "learning_rate", "epoch", "step", "split")
"""Names that a model's terms and diagnostics must leave alone."""


@dataclass(frozen=True)
class Setup:
    """What is the same for all runs of a cell."""

    dataset: Dataset
    training: TrainingConfig
    evaluation: EvaluationConfig
    measure: Measure
    """Of the model's loss."""
    static: tuple[Any, ...] = ()
    """The model's leaves that are no arrays, such as activation functions, with None in the places of arrays; the same
    for all runs.
    """

    @classmethod
    def of(cls, cell: Cell, model: type[Model], dataset: Dataset) -> "Setup":
        """The setup of a cell."""
        config = model.config_type.checked(cell.architecture, "model")
        _, static = split_arrays(eqx.filter_eval_shape(model.build, config, dataset.spec, jr.key(0)))
        leaves = jax.tree.leaves(static, is_leaf=_is_none)
        return cls(dataset, cell.training, cell.evaluation, measure_of(model, config, dataset), tuple(leaves))

    def whole(self, model: Model) -> Model:
        """The model with the leaves that are no arrays: a state holds its arrays alone."""
        if not any(leaf is not None for leaf in self.static):
            return model
        leaves, structure = jax.tree.flatten(model, is_leaf=_is_none)
        joined = [rest if leaf is None else leaf for leaf, rest in zip(leaves, self.static, strict=True)]
        complete: Model = jax.tree.unflatten(structure, joined)
        return complete

    def offset(self, splits: Splits) -> Float[Array, ""] | float:
        """Nats that −log p of the model's inputs lacks to be −log p of the data; 0 for what says nothing of p."""
        return splits.nats_offset if self.measure.says_nll else 0.0


GREY = Measure("loss", NATS, name="loss on grey pixels")
"""What a likelihood of binary pixels says of grey ones: nothing of p (a Bernoulli gives a cross-entropy)."""

LAWS = {("images", "discrete"): "256 levels", ("images", "continuous"): "density on [0, 1]"}
"""What p is a law over, by modality and values: a probability of levels and a density do not compare."""


def measure_of(model: type[Model], config: Config, dataset: Dataset) -> Measure:
    """What the losses of a model on a dataset say about −log p(x)."""
    measure = model.measure(config)
    if measure.kind == "loss" or measure.over:
        return measure
    if dataset.grey and measure.says_nll:
        return GREY
    return measure_over(measure, dataset)


def measure_over(measure: Measure, dataset: Dataset) -> Measure:
    """A likelihood's measure with what p is a law over."""
    return replace(measure, over=LAWS.get((dataset.spec.modality, dataset.spec.values), ""))


def batch_loss(
    model: Model,
    setup: Setup,
    splits: Splits,
    rows: Shaped[Array, "batch ..."],
    key: Key[Array, ""],
    time: TrainingTime | None,
) -> tuple[Loss, Model]:
    """The model's loss of stored rows, in the data's own units, and the model with its buffers moved.

    The preparation of the rows and the model draw from keys of their own.
    """
    data_key, model_key = jr.split(key)
    loss, moved = setup.whole(model).loss(setup.dataset.prepare(rows, data_key), model_key, time)
    return shifted(loss, setup.offset(splits)), split_arrays(moved)[0]


def shifted(loss: Loss, offset: Float[Array, ""] | float) -> Loss:
    """The loss and its reconstruction with `offset` added; the objective, and so the gradient, stays."""
    if isinstance(offset, float) and offset == 0:
        return loss
    terms = {name: value + offset if name == "reconstruction" else value for name, value in loss.terms.items()}
    return loss._replace(loss=loss.loss + offset, terms=terms)


def recorded(loss: Loss) -> Record:
    """Means over the batch; `InputError` if a term has a name that is taken."""
    for name in (*loss.terms, *loss.diagnostics):
        if name in RESERVED or not name.isidentifier():
            raise InputError(f"a term of the model is called '{name}': must be an identifier, and none of {RESERVED}")
    means = {name: jnp.mean(value) for name, value in {"loss": loss.loss, **loss.terms}.items()}
    return {**{name: jnp.asarray(value) for name, value in loss.diagnostics.items()}, **means}


def _is_none(leaf: object) -> bool:
    return leaf is None
