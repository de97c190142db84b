"""What is measured: the models of the study at the sizes at which they are trained, as settings of both sides.

Uses the standard library alone, so that it runs beside PyTorch as well as beside genconv.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A model, its batch, and how many steps make a round."""

    name: str
    model: str
    """As genconv calls it."""
    images: bool
    batch: int
    steps: int
    parameters: int
    """Of both sides."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the model."""


def _toy(model: str, batch: int, parameters: int) -> Case:
    return Case(f"{model}-toy-{batch}", model, False, batch, max(10, 60_000 // batch), parameters)


_TOYS = {"vae": 72_844, "lvae": 230_796, "flow": 82_824}

CASES: Mapping[str, Case] = {
    case.name: case
    for case in (
        *(_toy(model, batch, count) for model, count in _TOYS.items() for batch in (256, 512, 4096)),
        Case("vae-images", "vae", True, 128, 40, 1_162_000),
        Case("lvae-images", "lvae", True, 128, 30, 0),
        Case("draw-images", "draw", True, 128, 5, 3_262_304),
        Case("draw-filterbank", "draw", True, 128, 5, 0, {"attention": "filterbank"}),
        Case("flow-images", "flow", True, 16, 1, 0),
    )
}
PRECISIONS = ("float32", "bfloat16")
