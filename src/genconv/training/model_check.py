"""What a model's methods return, looked at before anything is trained: shapes and types alone, nothing is computed."""

from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr

from genconv.config.base import Config
from genconv.data.base import DataSpec
from genconv.errors import InputError
from genconv.models.base import ExactModel, LatentVariableModel, Layer, Loss, Model, TrainingTime
from genconv.nn.buffer import split_arrays


def check_model(name: str, model: type[Model], config: Config, data: DataSpec) -> None:
    """`InputError`, one line, for the first method that does not return what `Model` says of it.

    The methods are traced with one example more than the longest side of an example has numbers, so that no other axis
    is taken for that of the examples.
    """
    count = max(data.shape) + 1
    check = _Check(name, count, data.shape)
    x = jax.ShapeDtypeStruct((count, *data.shape), jnp.float32)
    number: Any = jax.ShapeDtypeStruct((), jnp.int32)
    key, built = jr.key(0), _built(name, model, config, data)
    if issubclass(model, ExactModel):
        check.values("log_prob", eqx.filter_eval_shape(model.log_prob, built, x))
    if issubclass(model, LatentVariableModel):
        check.values("log_weights", eqx.filter_eval_shape(model.log_weights, built, x, key))
    for time in (TrainingTime(number, number), None):
        check.loss(eqx.filter_eval_shape(model.loss, built, x, key, time), built)
    check.same_model("data_init", eqx.filter_eval_shape(model.data_init, built, x, key), built)
    check.layers(eqx.filter_eval_shape(model.stochastic_layers, built, x, key))
    check.samples(_shown_samples(model, data), lambda draw: eqx.filter_eval_shape(draw, built, key, count))


def _built(name: str, model: type[Model], config: Config, data: DataSpec) -> Model:
    built: Any = eqx.filter_eval_shape(model.build, config, data, jr.key(0))
    if not isinstance(built, model):
        raise InputError(f"{name}.build must return the type {model.__name__}, and returned {_in_words(built)}")
    return built


def _shown_samples(model: type[Model], data: DataSpec) -> dict[str, Callable[..., Any]]:
    """The methods whose samples are kept."""
    own = {"sample": model.sample}
    return {**own, "expected_sample": model.expected_sample} if data.modality == "images" else own


class _Check:
    """What is expected of the methods of one model for `count` examples of a shape."""

    def __init__(self, name: str, count: int, shape: tuple[int, ...]) -> None:
        self._name, self._count, self._shape = name, count, shape

    def problem(self, method: str, wanted: str, returned: object) -> InputError:
        """The error for what a method returned."""
        examples = f"for {self._count} examples of shape {self._shape}"
        return InputError(f"{self._name}.{method} must return {wanted} {examples}, and returned {_in_words(returned)}")

    def values(self, method: str, returned: object, what: str = "") -> None:
        """One floating-point number an example."""
        if not _floats(returned, (self._count,)):
            raise self.problem(method, f"{what}floating-point numbers of shape ({self._count},)", returned)

    def loss(self, returned: Any, model: Model) -> None:
        """A `Loss` and the model, in training as in evaluation."""
        if isinstance(returned, Loss) or not isinstance(returned, tuple) or len(returned) != 2:
            raise self.problem("loss", "two things, (genconv.Loss, model),", returned)
        loss, moved = returned
        if not isinstance(loss, Loss):
            raise self.problem("loss", "(genconv.Loss, model)", returned)
        self._parts(loss)
        self.same_model("loss", moved, model)

    def _parts(self, loss: Any) -> None:
        for part in ("terms", "diagnostics"):
            if not isinstance(value := getattr(loss, part), Mapping):
                raise self.problem("loss", f"a Loss whose {part} are a dict", value)
        parts: dict[str, object] = {"objective": loss.objective, "loss": loss.loss}
        parts |= {f"terms['{name}']": value for name, value in loss.terms.items()}
        for part, value in parts.items():
            self.values("loss", value, f"a Loss whose {part} has ")
        for part, value in loss.diagnostics.items():
            if getattr(value, "shape", ()) != ():
                raise self.problem("loss", f"a Loss whose diagnostics['{part}'] is one number", value)

    def same_model(self, method: str, returned: object, model: Model) -> None:
        """The model, with arrays of the shapes and types that `build` gave it."""
        wanted = f"the model ({type(model).__name__})"
        if type(returned) is not type(model):
            raise self.problem(method, wanted, returned)
        before, after = (dict(jax.tree.leaves_with_path(split_arrays(one)[0])) for one in (model, returned))
        for path in sorted({*before, *after}, key=jax.tree_util.keystr):
            if _in_words(before.get(path)) != _in_words(after.get(path)):
                place = f"whose {jax.tree_util.keystr(path).lstrip('.')} is {_in_words(before.get(path))} as in build"
                raise self.problem(method, f"{wanted}, {place},", after.get(path))

    def layers(self, returned: object) -> None:
        """A tuple of `Layer`s."""
        if not isinstance(returned, tuple) or not all(isinstance(one, Layer) for one in returned):
            raise self.problem("stochastic_layers", "a tuple of genconv.Layer", returned)

    def samples(self, methods: Mapping[str, Callable[..., Any]], drawn: Callable[[Any], object]) -> None:
        """As many examples as were asked for."""
        for method, function in methods.items():
            returned, wanted = drawn(function), (self._count, *self._shape)
            if getattr(returned, "shape", None) != wanted:
                raise self.problem(method, f"samples of shape {wanted}", returned)


def _floats(value: object, shape: tuple[int, ...]) -> bool:
    dtype = getattr(value, "dtype", None)
    return dtype is not None and jnp.issubdtype(dtype, jnp.floating) and getattr(value, "shape", None) == shape


def _in_words(value: object) -> str:
    """What was returned: `float32 of shape (3, 1)`, `(float32 of shape (3,), FM)`, `None`, `a Loss`."""
    if value is None:
        return "None"
    if isinstance(value, (jax.ShapeDtypeStruct, jax.Array)):
        return f"{value.dtype} of shape {value.shape}"
    if type(value) is tuple:
        return f"({', '.join(map(_in_words, value))})"
    return f"a {type(value).__name__}"
