"""The published numbers of parameters, whatever the protocol."""

from typing import get_args

import equinox as eqx
import jax.random as jr
import pytest

from genconv.config.protocols import Protocol
from genconv.models.registry import model_named
from genconv.nn.buffer import count_parameters


@pytest.mark.parametrize("protocol", get_args(Protocol))
@pytest.mark.parametrize(("name", "published"), [("flow", 82_824), ("lvae", 79_164), ("vae", 68_620)])
def test_a_toy_model_has_the_published_number_of_parameters(name: str, published: int, protocol: Protocol) -> None:
    kind = model_named(name)
    architecture = kind.recipe(protocol, "points").architecture
    shell = eqx.filter_eval_shape(lambda: kind.build(architecture, (2,), jr.key(0)))
    assert count_parameters(shell) == published
