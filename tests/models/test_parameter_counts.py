"""The published numbers of parameters, whatever the protocol."""

from typing import get_args

import equinox as eqx
import jax.random as jr
import pytest
from model_building import architecture

from genconv.experiment.cost import STUDY_DATA
from genconv.models.registry import model_named
from genconv.nn.buffer import count_parameters
from genconv.protocols import Modality, Protocol


@pytest.mark.parametrize("protocol", get_args(Protocol))
@pytest.mark.parametrize(
    ("name", "kind", "published"),
    [
        ("flow", "points", 82_824),
        ("lvae", "points", 79_164),
        ("vae", "points", 68_620),
        ("flow", "images", 3_634_680),
        ("lvae", "images", 1_464_464),
        ("vae", "images", 1_162_000),
        ("draw", "images", 3_262_304),
        ("draw2", "images", 2_459_488),
        ("draw3", "images", 3_262_304),
        ("draw4", "images", 2_459_488),
    ],
)
def test_a_model_has_the_published_number_of_parameters(
    name: str, kind: Modality, published: int, protocol: Protocol
) -> None:
    model = model_named(name, STUDY_DATA[kind])
    config = architecture(model, protocol, kind)
    shell = eqx.filter_eval_shape(lambda: model.build(config, STUDY_DATA[kind], jr.key(0)))
    assert count_parameters(shell) == published
