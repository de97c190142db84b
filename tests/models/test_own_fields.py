"""Fields of a user's model."""

from typing import Any

import jax
import pytest

import genconv
from genconv.errors import InputError


def test_layers_is_a_name_for_a_field() -> None:
    class Flow(genconv.ExactModel):
        layers: tuple[jax.Array, ...]
        base: jax.Array

        def log_prob(self, x: jax.Array) -> jax.Array:
            return x

    assert Flow.__dataclass_fields__["layers"].name == "layers"


@pytest.mark.parametrize(
    ("base", "method"),
    [(genconv.Model, "sample"), (genconv.ExactModel, "log_prob"), (genconv.LatentVariableModel, "stochastic_layers")],
)
def test_a_field_that_hides_a_method_is_refused_in_one_line(base: Any, method: str) -> None:
    with pytest.raises(InputError, match=rf"model 'Mine': its field or attribute '{method}' hides the method") as told:
        type(base)("Mine", (base,), {"__annotations__": {method: jax.Array}, "__module__": __name__})
    assert "\n" not in str(told.value)


def test_an_attribute_that_hides_a_method_is_refused() -> None:
    with pytest.raises(InputError, match=r"'data_init' hides the method Model\.data_init: must have another name"):

        class Mine(genconv.Model):
            data_init = 3  # type: ignore[assignment]
