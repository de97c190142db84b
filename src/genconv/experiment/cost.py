"""What a study would cost on this device, from its compiled programs and a few timed steps of every cell."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn
from jax.interpreters.partial_eval import dce_jaxpr
from jaxtyping import Array, Float, Key, PyTree, Shaped

from genconv.config.run import Cell
from genconv.config.study import Study
from genconv.data.base import Dataset, DataSpec, Splits
from genconv.errors import InputError
from genconv.experiment.footprint import bytes_of, check_memory, peak_memory, runs_together
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.hardware import resident_memory
from genconv.models.base import LatentVariableModel, Model, TrainingTime
from genconv.models.registry import models
from genconv.nn.buffer import count_parameters
from genconv.protocols import Modality, recipe
from genconv.training.batches import step_size, steps_per_epoch
from genconv.training.objective import Setup
from genconv.training.step import RunState, train_step
from genconv.training.trainer import CellTrainer


def count_flops(function: Callable[..., Any], *arguments: Any) -> int:
    """Floating-point operations of all matrix products and convolutions, two for each multiply and add.

    Loops count as often as they turn; a `while` without a known number of turns counts once, a `cond` as its dearest
    branch. Elementwise work is left out, and so are products that nothing uses (the gradient in the data). Arguments
    may be `jax.ShapeDtypeStruct`s.
    """
    jaxpr = jax.make_jaxpr(function)(*arguments).jaxpr
    used, _ = dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    return _of(used)


def _of(jaxpr: Jaxpr) -> int:
    return sum(_of_equation(equation) for equation in jaxpr.eqns)


def _of_equation(equation: JaxprEqn) -> int:
    name = equation.primitive.name
    if name == "dot_general":
        contracted: tuple[int, ...] = equation.params["dimension_numbers"][0][0]
        shape = _shape(equation.invars[0])
        return 2 * prod(_shape(equation.outvars[0])) * prod([shape[axis] for axis in contracted])
    if name == "conv_general_dilated":
        kernel, numbers = _shape(equation.invars[1]), equation.params["dimension_numbers"]
        outputs: int = kernel[numbers.rhs_spec[0]]
        return 2 * prod(_shape(equation.outvars[0])) * (prod(kernel) // outputs)
    inner = [_of(jaxpr) for value in equation.params.values() for jaxpr in _jaxprs(value)]
    if name == "cond":
        return max(inner, default=0)
    return sum(inner) * int(equation.params.get("length", 1) if name == "scan" else 1)


def _shape(variable: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = variable.aval.shape
    return shape


def _jaxprs(value: Any) -> list[Jaxpr]:
    if isinstance(value, (tuple, list)):
        return [jaxpr for item in value for jaxpr in _jaxprs(item)]
    if isinstance(value, ClosedJaxpr):
        return [value.jaxpr]
    return [value] if isinstance(value, Jaxpr) else []


_PROGRAMS = 400_000_000
"""Bytes that the compiler and the programs of a small cell take at least; measured."""
_STEPS, _CHECKS, _PATIENCE = 8, 2, 1.0
"""Training and validation batches that are timed, and for how many seconds at least."""


@dataclass(frozen=True)
class Estimate:
    """The cost of a cell; of all its seeds together unless said otherwise."""

    cell: Cell
    seeds: int
    parameters: int
    """Of one seed."""
    flops: float
    """Floating-point operations of the matrix products and convolutions in training."""
    together: int
    """Runs for which there is room at once; the others are trained after them."""
    memory: int
    """Bytes at the peak: of the device, or of the whole process where the processor is the device."""
    compile_seconds: float
    training_seconds: float
    """Training and validation, all epochs."""
    evaluation_seconds: float
    """The final evaluation: a forward pass for each importance sample, and a `held_out_density` by its operations."""

    @property
    def seconds(self) -> float:
        """Expected wall time."""
        return self.compile_seconds + self.training_seconds + self.evaluation_seconds


def estimate(study: Study) -> Iterator[Estimate]:
    """One estimate for each cell of the study, as they are measured; `InputError` before the first if it is wrong."""
    if not study.grids:
        raise InputError(f"study '{study.name}': all its cells are commands, whose cost genconv cannot know")
    cells = resolve(study)
    for one in cells:
        one.dataset.load()
        check_memory(one)
        one.check_model()
    resident = resident_memory()
    return (_estimate_one(one, study, resident) for one in cells)


def _estimate_one(one: ResolvedCell, study: Study, resident: int) -> Estimate:
    """`resident`: bytes of this process before anything was compiled."""
    cell, training, seeds = one.cell, one.cell.training, len(one.runs)
    together = min(seeds, runs_together(one))
    full = jax.eval_shape(one.dataset.draw, jr.key(0), one.dataset.load())
    check_size = training.validation_batch_size or training.batch_size
    checks = min(_CHECKS * check_size, full.validation.shape[0])
    short = _Shortened(one.dataset, min(_STEPS * step_size(training), full.training.shape[0]), checks)
    trainer = CellTrainer(cell, one.model, short, one.runs[:together], study.execution)
    states = trainer.start()
    state = jax.tree.map(lambda leaf: leaf[0], states)
    began = time.perf_counter()
    temporary = trainer.compile_epoch(states) * trainer.mapping.mesh.size
    jax.block_until_ready(trainer.validate(states, 0))
    compiling = time.perf_counter() - began
    validating = _seconds(lambda: trainer.validate(states, 0))
    stepping = max(_seconds(lambda: trainer.epoch(states, 0)) - validating, 0.0) / trainer.steps
    per_row = validating / checks
    steps, rows = steps_per_epoch(training, full.training.shape[0]), full.validation.shape[0]
    sets = -(-seeds // together)
    process = max(resident + _PROGRAMS, resident_memory() - 2 * bytes_of(states))
    forward = _passes(one, state.model, full)
    return Estimate(
        cell=cell,
        seeds=seeds,
        parameters=count_parameters(state.model),
        flops=float(seeds * training.epochs * steps * flops_per_step(one, state, full)),
        together=together,
        memory=peak_memory(one, together, temporary, process),
        compile_seconds=compiling,
        training_seconds=sets * training.epochs * (steps * stepping + rows * per_row),
        evaluation_seconds=sets * forward * per_row * min(cell.evaluation.points, full.test.shape[0]),
    )


def _passes(one: ResolvedCell, model: Model, splits: Splits) -> float:
    """Passes that the final evaluation takes for each example, as many as the loss takes; `splits` as shapes."""
    draws = one.cell.evaluation.importance_samples if issubclass(one.model, LatentVariableModel) else 0
    x = jax.eval_shape(
        one.dataset.prepare, jax.ShapeDtypeStruct((1, *splits.test.shape[1:]), splits.test.dtype), jr.key(0)
    )
    if jax.eval_shape(lambda model, x: model.held_out_density(x), model, x) is None:
        return 1.0 + draws
    density = count_flops(lambda model, x: model.held_out_density(x), model, x)
    once = count_flops(lambda model, x: model.loss(x, jr.key(0), None)[0].loss, model, x)
    return 1.0 + draws + density / max(once, 1)


class _Shortened(Dataset):
    """A dataset with as few training and validation examples as the timed steps need."""

    def __init__(self, whole: Dataset, training_size: int, validation_size: int) -> None:
        super().__init__(whole.config)
        self.spec, self.training_size = whole.spec, training_size
        self._whole, self._validation_size = whole, validation_size

    def load(self) -> PyTree[Any]:
        """What the whole dataset loads."""
        return self._whole.load()

    def draw(self, key: Key[Array, ""], loaded: PyTree[Any]) -> Splits:
        """The first examples of the whole splits."""
        splits = self._whole.draw(key, loaded)
        training, validation = splits.training[: self.training_size], splits.validation[: self._validation_size]
        return splits._replace(training=training, validation=validation)

    def prepare(self, rows: Shaped[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
        """As the whole dataset does."""
        return self._whole.prepare(rows, key)


def flops_per_step(one: ResolvedCell, state: RunState, splits: Splits) -> int:
    """Of one run; `splits` as shapes."""
    setup = Setup.of(one.cell, one.model, one.dataset)

    def step(state: RunState, splits: Splits) -> Any:
        time = TrainingTime(jnp.array(0), jnp.array(0))
        rows = splits.training[: step_size(one.cell.training)]
        return train_step(state, setup, splits, rows, jr.key(0), jnp.array(0.0), time)

    return count_flops(step, state, splits)


def _seconds(function: Callable[[], Any]) -> float:
    """Fastest of a few calls, which end after a second."""
    times: list[float] = []
    while not times or sum(times) < _PATIENCE:
        began = time.perf_counter()
        jax.block_until_ready(function())
        times.append(time.perf_counter() - began)
    return min(times)


STUDY_DATA: dict[Modality, DataSpec] = {
    "images": DataSpec("images", (28, 28), "binary"),
    "points": DataSpec("points", (2,), "continuous"),
}
"""What the models of the study were made for."""


def parameter_counts() -> dict[str, dict[Modality, int]]:
    """Trainable parameters by model and modality, without allocating any of them."""
    return {
        name: {
            modality: _parameters(model, name, data)
            for modality, data in STUDY_DATA.items()
            for model in candidates
            if model.accepts(data) is None
        }
        for name, candidates in models().items()
    }


def _parameters(model: type[Model], name: str, data: DataSpec) -> int:
    config = model.config_type.checked(recipe("corrected", name, data.modality).model)
    return count_parameters(eqx.filter_eval_shape(model.build, config, data, jr.key(0)))
