"""What is measured: the models of the published study at the sizes at which they are trained.

Uses the standard library alone, so that it runs beside PyTorch as well as beside genconv.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A model, its batch, and how many steps make a round."""

    network: str
    """In `torch_models`."""
    model: str
    """As genconv calls it."""
    batch: int
    steps: int
    parameters: int
    """Of both sides, which is checked."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of genconv's model."""

    @property
    def images(self) -> bool:
        """Whether the data are images of 28 × 28 black and white pixels; else points in the plane."""
        return not self.network.endswith("-toy")


_POINTS = 50_000
"""In a round of a model of points."""
_TOYS = {"vae": 68_620, "lvae": 79_164, "flow": 82_824}
_ATTENTION = {"attention": "filterbank"}

CASES: Mapping[str, Case] = {
    **{
        f"{model}-toy-{batch}": Case(f"{model}-toy", model, batch, _POINTS // batch, count)
        for model, count in _TOYS.items()
        for batch in (256, 512, 4096)
    },
    "vae-images": Case("vae-images", "vae", 128, 40, 1_162_000),
    "lvae-images": Case("lvae-images", "lvae", 128, 30, 1_464_464),
    "draw-images": Case("draw-images", "draw", 128, 4, 3_262_304),
    "draw-filterbank": Case("draw-filterbank", "draw", 128, 4, 1_789_674, _ATTENTION),
    "flow-images": Case("flow-images", "flow", 16, 1, 3_634_680),
}
PRECISIONS = ("float32", "bfloat16")
