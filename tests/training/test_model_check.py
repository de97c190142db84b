"""A method that returns the wrong thing is told in one line, before any training."""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest

import genconv
from genconv.errors import InputError
from genconv.training.model_check import check_model

SPEC = genconv.DataSpec("points", (2,), "continuous")


class Normal(genconv.ExactModel):
    name, summary, config_type = "normal", "one normal", genconv.Config
    mean: jax.Array
    count: genconv.nn.Buffer

    @classmethod
    def build(cls, config: Any, data: genconv.DataSpec, key: jax.Array) -> "Normal":
        return cls(jnp.zeros(data.shape), genconv.nn.Buffer(jnp.zeros(())))

    def log_prob(self, x: jax.Array) -> jax.Array:
        return -jnp.sum((x - self.mean) ** 2, axis=1)

    def sample(self, key: jax.Array, count: int) -> jax.Array:
        return self.mean + jax.random.normal(key, (count, 2))


class Moving(Normal):
    def loss(self, x: Any, key: Any, time: Any) -> Any:
        losses = -self.log_prob(x)
        moved = eqx.tree_at(lambda model: model.count.value, self, self.count.value + 1)
        return genconv.Loss(losses, losses, {"part": losses}, {"size": jnp.mean(losses)}), moved


class Weighted(genconv.LatentVariableModel):
    sample = Normal.sample
    mean: jax.Array
    count: genconv.nn.Buffer

    @classmethod
    def build(cls, config: Any, data: Any, key: Any) -> "Weighted":
        return cls(jnp.zeros(data.shape), genconv.nn.Buffer(jnp.zeros(())))

    def log_weights(self, x: Any, key: Any) -> Any:
        return jnp.sum(x)


def loss_that_returns(answer: Any) -> Any:
    return lambda self, x, key, time: answer(self, -self.log_prob(x))


WRONG = [
    ("log_prob", lambda self, x: jnp.mean(x), "floating-point numbers of shape (3,)", "float32 of shape ()"),
    ("log_prob", lambda self, x: x[:, :1], "floating-point numbers of shape (3,)", "float32 of shape (3, 1)"),
    ("log_prob", lambda self, x: jnp.argmax(x, 1), "floating-point numbers of shape (3,)", "int32 of shape (3,)"),
    ("loss", loss_that_returns(lambda m, e: genconv.Loss(e, e)), "two things, (genconv.Loss, model),", "a Loss"),
    ("loss", loss_that_returns(lambda m, e: e), "two things", "float32 of shape (3,)"),
    ("loss", loss_that_returns(lambda m, e: (e, m)), "(genconv.Loss, model)", "(float32 of shape (3,), a Wrong)"),
    (
        "loss",
        loss_that_returns(lambda m, e: (genconv.Loss(jnp.mean(e), e), m)),
        "a Loss whose objective has",
        "float32 of shape ()",
    ),
    (
        "loss",
        loss_that_returns(lambda m, e: (genconv.Loss(e, e, {"kl": jnp.mean(e)}), m)),
        "a Loss whose terms['kl'] has",
        "float32 of shape ()",
    ),
    (
        "loss",
        loss_that_returns(lambda m, e: (genconv.Loss(e, e, diagnostics={"size": e}), m)),
        "diagnostics['size'] is one number",
        "float32 of shape (3,)",
    ),
    ("loss", loss_that_returns(lambda m, e: (genconv.Loss(e, e), None)), "the model (Wrong)", "None"),
    (
        "loss",
        loss_that_returns(
            lambda m, e: (genconv.Loss(e, e), eqx.tree_at(lambda model: model.count.value, m, jnp.ones(5)))
        ),
        "whose count.value is float32 of shape () as in build",
        "float32 of shape (5,)",
    ),
    ("sample", lambda self, key, count: jnp.zeros((count, 1)), "samples of shape (3, 2)", "float32 of shape (3, 1)"),
    ("stochastic_layers", lambda self, x, key: [x], "a tuple of genconv.Layer", "a list"),
    ("data_init", lambda self, x, key: None, "the model (Wrong)", "None"),
]


@pytest.mark.parametrize(("method", "function", "wanted", "returned"), WRONG)
def test_what_is_wanted_and_what_was_returned(method: str, function: Any, wanted: str, returned: str) -> None:
    wrong = type(Normal)("Wrong", (Normal,), {method: function, "__module__": __name__})
    with pytest.raises(InputError) as told:
        check_model("mine.py:Wrong", wrong, genconv.Config(), SPEC)
    message = str(told.value)
    assert message.startswith(f"mine.py:Wrong.{method} must return ")
    assert wanted in message
    assert message.endswith(f"for 3 examples of shape (2,), and returned {returned}")


def test_importance_weights_are_one_an_example() -> None:
    with pytest.raises(InputError, match=r"mine\.log_weights must return .* returned float32 of shape \(\)"):
        check_model("mine", Weighted, genconv.Config(), SPEC)


def test_what_is_right_is_left_alone() -> None:
    for model in (Normal, Moving):
        check_model("mine", model, genconv.Config(), SPEC)


def test_build_returns_the_class() -> None:
    class Other(Weighted):
        @classmethod
        def build(cls, config: Any, data: Any, key: Any) -> Any:
            return 3

    with pytest.raises(InputError, match=r"mine\.build must return the type Other, and returned a int"):
        check_model("mine", Other, genconv.Config(), SPEC)


def test_a_study_tells_it_before_anything_is_trained(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import jax.numpy as jnp\nfrom tests.training.test_model_check import Normal\n\n\n"
        "class Mine(Normal):\n    def log_prob(self, x):\n        return jnp.mean(x)\n"
    )
    with pytest.raises(InputError, match=r"mine\.py:Mine\.log_prob must return"):
        genconv.train(f"{tmp_path}/mine.py:Mine", "rings", output=tmp_path / "runs")
    assert not list((tmp_path / "runs").glob("rings*"))
