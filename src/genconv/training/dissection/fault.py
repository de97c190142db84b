"""What is wrong in a step: the first non-finite number of its loss, or else of its gradient."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, PyTree, Shaped

from genconv.data.base import Splits
from genconv.models.base import Loss, Model, TrainingTime
from genconv.nn.buffer import split_trainable
from genconv.nn.precision import at_precision
from genconv.training.batches import numbered_keys
from genconv.training.dissection.interpreter import Computed, computed, inside, is_finite
from genconv.training.dissection.named_modules import Place, named_modules, place_of_output
from genconv.training.dissection.origin import Origin, origin
from genconv.training.objective import Setup, batch_loss

Pass = Literal["forward", "backward"]


@dataclass(frozen=True)
class Fault:
    """The first non-finite number of a batch."""

    direction: Pass
    """Whether the loss has it, or the gradient alone."""
    terms: tuple[str, ...]
    """Which parts of the loss are not finite: names of terms, or `loss` and `objective` where none of them is; of a
    gradient, the parameters whose gradient is not.
    """
    origin: Origin | None
    """The operation that made it; None if a number that the step was given was not finite."""


@dataclass(frozen=True)
class Dissected:
    """A batch computed operation by operation."""

    loss: Loss
    """Of each example."""
    fault: Fault | None
    """None if every number that reaches the loss and the gradient is finite."""
    activations: Mapping[Place, float]
    """Root mean square of what each method of each module returns; the largest one, if it is called several times."""


def parts_of_step(setup: Setup, rows: Shaped[Array, "n ..."], key: Key[Array, ""]) -> list[tuple[Any, Any]]:
    """The batches whose gradients an optimizer step adds up, with their keys."""
    config = setup.training
    if config.accumulate_steps == 1 or rows.shape[0] <= config.batch_size:
        return [(rows, key)]
    starts = range(0, rows.shape[0], config.batch_size)
    keys = numbered_keys(key, len(starts))
    return [(rows[start : start + config.batch_size], one) for start, one in zip(starts, keys, strict=True)]


class Dissector:
    """Computes batches of a run operation by operation."""

    def __init__(self, setup: Setup, splits: Splits) -> None:
        self.setup, self._splits = setup, splits
        self._programs: dict[Any, tuple[Any, Any]] = {}

    def __call__(
        self,
        model: Model,
        rows: Shaped[Array, "batch ..."],
        key: Key[Array, ""],
        time: TrainingTime | None,
        *,
        backward: bool = True,
    ) -> Dissected:
        """The losses of a batch; in training, if `backward`, its gradient too."""
        parameters, rest = split_trainable(model)
        arguments = (parameters, rest, rows, key, time)
        differentiated = backward and time is not None
        known = (rows.shape, time is None, differentiated)
        if known not in self._programs:
            function = jax.value_and_grad(self._losses, has_aux=True) if differentiated else self._losses
            self._programs[known] = jax.make_jaxpr(function, return_shape=True)(*arguments)
        program, shape = self._programs[known]
        state = computed(program, jax.tree.leaves(arguments))
        structure = jax.tree.structure(shape)
        returned = jax.tree.unflatten(structure, state.outputs)
        places: PyTree[int] = jax.tree.unflatten(structure, range(len(state.outputs)))
        (_, loss), (_, where) = (returned[0], places[0]) if differentiated else (returned, places)
        fault = _fault(state, loss, where, places[1] if differentiated else ())
        return Dissected(jax.tree.map(np.asarray, loss), fault, _activations(state))

    def _losses(
        self, parameters: Model, rest: Model, rows: Array, key: Key[Array, ""], time: TrainingTime | None
    ) -> tuple[Float[Array, ""], Loss]:
        precise = at_precision(eqx.combine(parameters, rest), self.setup.training.precision)
        loss, _ = batch_loss(named_modules(precise), self.setup, self._splits, rows, key, time)
        return jnp.mean(loss.objective), loss


def _fault(state: Computed, loss: Loss, where: Any, gradient: PyTree[int]) -> Fault | None:
    """`where` and `gradient`: places among the outputs."""
    parts = {name: (value, where.terms[name]) for name, value in loss.terms.items()}
    parts |= {"loss": (loss.loss, where.loss), "objective": (loss.objective, where.objective)}
    if bad := {name: place for name, (value, place) in parts.items() if not is_finite(value)}:
        named = tuple(name for name in bad if name in loss.terms) or tuple(bad)
        return Fault("forward", named, origin(state, bad[named[0]]))
    leaves = jax.tree_util.tree_leaves_with_path(gradient)
    found = [(path, place) for path, place in leaves if not is_finite(state.outputs[place])]
    names = tuple(jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in found)
    return Fault("backward", names, _earliest(state, [place for _, place in found])) if found else None


def _earliest(state: Computed, outputs: list[int]) -> Origin | None:
    """Of the gradients that are not finite, the last parameter's: it is the first that the backward pass computes."""
    return next((found for place in reversed(outputs) if (found := origin(state, place)) is not None), None)


def _activations(state: Computed) -> dict[Place, float]:
    found: dict[Place, float] = {}
    for place, value in _marked(state):
        size = float(np.sqrt(np.mean(np.square(np.asarray(value, np.float64))))) if value.size else 0.0
        found[place] = max(found.get(place, 0.0), size) if np.isfinite(size) else size
    return found


def _marked(state: Computed) -> Any:
    """What modules returned, in the order in which they did."""
    for equation in state.jaxpr.eqns:
        if equation.primitive.name == "name" and (place := place_of_output(equation.params["name"])) is not None:
            yield place, state.value(equation.invars[0])
        elif "module<" in str(equation.params.get("jaxpr", "")):
            for inner in inside(state, equation):
                yield from _marked(inner)
