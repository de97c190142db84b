"""The optimizers and schedules of Optax that a training configuration names, and the check that it can."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from genconv.config.training import OWN_SCHEDULES, TrainingConfig
from genconv.errors import InputError, shown, unknown_name
from genconv.file_limits import reason
from genconv.training.adam import fast_adam

NOT_OFFERED: Mapping[str, str] = {
    "fromage": "its update is not proportional to the learning rate",
    "lbfgs": "it evaluates the objective several times a step",
    "noisy_sgd": "it draws noise of its own",
    "optimistic_adam": "its update is not proportional to the learning rate",
    "rprop": "its update is not proportional to the learning rate",
}
"""Optimizers of Optax that a training loop of one gradient a step cannot use, and why."""
_PEAKS = ("peak_value", "init_value")
"""Arguments of Optax's schedules that `learning_rate` stands for: the first that a schedule has."""
_FRACTIONS = ("b1", "b2", "b3", "beta", "decay", "decay_rate", "momentum", "rho")


def make_optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """`optax.OPTIMIZER(learning_rate=1, …)`: its update, times the learning rate, is added to the parameters.

    Plain Adam is `fast_adam`, which is the same but for rounding.
    """
    arguments = dict(config.optimizer_arguments)
    if config.optimizer == "adam" and arguments.keys() <= _parameters(fast_adam).keys():
        return fast_adam(**arguments)
    if config.weight_decay and _decays_weights(config):
        arguments["weight_decay"] = config.weight_decay
    optimizer: optax.GradientTransformation = getattr(optax, config.optimizer)(learning_rate=1.0, **arguments)
    return optimizer


def clipped(gradient: PyTree[Array], norm: Float[Array, ""], limit: float) -> PyTree[Array]:
    """The gradient, of this global norm; limit · gradient/norm where the norm is not below the limit
    (arXiv 1211.5063).
    """
    return jax.tree.map(lambda g: jnp.where(norm < limit, g, g / norm * limit), gradient)


def decay_of(config: TrainingConfig) -> float:
    """The weight decay that the optimizer does not do by itself."""
    return 0.0 if _decays_weights(config) else config.weight_decay


def learning_rate(
    config: TrainingConfig, epoch: Int[Array, ""], step: Int[Array, ""], steps_per_epoch: int
) -> Float[Array, ""]:
    """Learning rate at `step` (within the epoch, from 0) of `epoch` (from 0).

    With t the epoch (plus step/steps_per_epoch when the unit is a step), u = max(0, t − start)/(end − start) clipped
    to 1: the factor is 1 (constant), 1 − u (linear) or ½(1 + cos πu) (cosine). A schedule of Optax is called with the
    epoch or with the optimizer steps so far. Both times min(1, (steps so far + 1)/warmup_steps).
    """
    whole = epoch.astype(jnp.float32)
    if config.schedule in OWN_SCHEDULES:
        rate = config.learning_rate * _own_factor(config, whole, step, steps_per_epoch)
    else:
        count = epoch if config.schedule_unit == "epoch" else epoch * steps_per_epoch + step
        rate = jnp.asarray(_optax_schedule(config)(count), jnp.float32)
    if config.warmup_steps:
        rate = rate * jnp.minimum(1, (whole * steps_per_epoch + step + 1) / config.warmup_steps)
    return rate


def check_optimizer(config: TrainingConfig) -> None:
    """`InputError`, one line, unless Optax has the optimizer and the schedule and they take their arguments."""
    if config.optimizer in NOT_OFFERED:
        raise InputError(f"training.optimizer = '{config.optimizer}': {NOT_OFFERED[config.optimizer]}")
    if config.optimizer not in (known := optimizers()):
        raise unknown_name("training.optimizer", config.optimizer, known)
    _check_arguments("optimizer_arguments", known[config.optimizer], config.optimizer_arguments, ("learning_rate",))
    if config.weight_decay and "weight_decay" in config.optimizer_arguments:
        raise InputError("training.optimizer_arguments.weight_decay: is training.weight_decay, which is given as well")
    _called("optimizer", config.optimizer, lambda: _try_optimizer(config))
    if config.schedule in OWN_SCHEDULES:
        return
    if config.schedule not in (schedules := optax_schedules()):
        raise unknown_name("training.schedule", config.schedule, (*OWN_SCHEDULES, *schedules))
    function = schedules[config.schedule]
    _check_arguments("schedule_arguments", function, config.schedule_arguments, (_peak(function),))
    number = jax.ShapeDtypeStruct((), jnp.int32)
    rate = partial(learning_rate, config, steps_per_epoch=2)
    _called("schedule", config.schedule, lambda: jax.eval_shape(rate, number, number))


def optimizers() -> dict[str, Callable[..., Any]]:
    """Optax's optimizers by name: what takes a learning rate and is offered here."""
    functions = {name: getattr(optax, name) for name in dir(optax) if name not in NOT_OFFERED and name[0].isalpha()}
    return {name: one for name, one in functions.items() if name.islower() and "learning_rate" in _parameters(one)}


def optax_schedules() -> dict[str, Callable[..., Any]]:
    """Optax's schedules by name: what takes a peak and gives a function of the step."""
    names = [name for name in dir(optax) if name.endswith("_schedule") or name == "exponential_decay"]
    functions = {name: getattr(optax, name) for name in names}
    return {name: one for name, one in functions.items() if set(_PEAKS) & _parameters(one).keys()}


def _own_factor(
    config: TrainingConfig, epoch: Float[Array, ""], step: Int[Array, ""], steps_per_epoch: int
) -> Float[Array, ""]:
    time = epoch + step / steps_per_epoch if config.schedule_unit == "step" else epoch
    end = float(config.epochs) if config.decay_end is None else config.decay_end
    progress = jnp.clip((time - config.decay_start) / (end - config.decay_start), 0, 1)
    if config.schedule == "linear":
        return 1 - progress
    return 0.5 * (1 + jnp.cos(jnp.pi * progress)) if config.schedule == "cosine" else jnp.ones(())


def _optax_schedule(config: TrainingConfig) -> Callable[[Array], Any]:
    function = optax_schedules()[config.schedule]
    # JSON and TOML have no integers as keys, which the boundaries of piecewise schedules are.
    arguments = {
        name: {int(key): number for key, number in value.items()} if isinstance(value, Mapping) else value
        for name, value in config.schedule_arguments.items()
    }
    schedule: Callable[[Array], Any] = function(**{_peak(function): config.learning_rate, **arguments})
    return schedule


def _peak(function: Callable[..., Any]) -> str:
    return next(name for name in _PEAKS if name in _parameters(function))


def _parameters(function: object) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters if inspect.isfunction(function) else {}


def _decays_weights(config: TrainingConfig) -> bool:
    return "weight_decay" in _parameters(getattr(optax, config.optimizer))


def _check_arguments(field: str, function: Callable[..., Any], given: Mapping[str, Any], ours: tuple[str, ...]) -> None:
    """The names of arguments, and the values of those whose range is known."""
    parameters = {name: value for name, value in _parameters(function).items() if name not in ours}
    for name, value in given.items():
        if name in ours:
            raise InputError(f"training.{field}.{name}: is training.learning_rate, which stands for it")
        if name not in parameters:
            raise unknown_name(f"key training.{field}", name, parameters)
        default = parameters[name].default
        if isinstance(default, bool) and not isinstance(value, bool):
            raise InputError(f"training.{field}.{name} = {shown(value)}: must be true or false")
        if type(default) in (int, float) and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise InputError(f"training.{field}.{name} = {shown(value)}: must be a number")
        if name in _FRACTIONS and isinstance(value, (int, float)) and not 0 <= value < 1:
            raise InputError(f"training.{field}.{name} = {shown(value)}: must be at least 0 and below 1")
        if name.startswith("eps") and isinstance(value, (int, float)) and value < 0:
            raise InputError(f"training.{field}.{name} = {shown(value)}: must not be negative")


def _try_optimizer(config: TrainingConfig) -> None:
    optimizer, parameters = make_optimizer(config), {"weight": jax.ShapeDtypeStruct((2, 2), jnp.float32)}
    jax.eval_shape(lambda p: optimizer.update(p, optimizer.init(p), p), parameters)


def _called(field: str, name: str, call: Callable[[], object]) -> None:
    try:
        call()
    except Exception as error:
        raise InputError(f"training.{field}_arguments: optax.{name} does not take them ({reason(error)})") from None
