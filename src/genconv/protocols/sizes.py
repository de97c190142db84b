"""The sizes of the study's models, which both protocols share."""

from collections.abc import Mapping
from typing import Any, Literal

Modality = Literal["points", "images"]
Section = Mapping[str, Any]
"""Settings of one table of a study: `model`, `training` or `evaluation`."""
Table = Mapping[tuple[str, Modality], Mapping[str, Section]]
"""By model and modality: what differs from the protocol's base, section by section."""

VAE_IMAGES: Section = {"hidden": (512, 256, 128, 64), "latent": 64}
LADDER_IMAGES: Section = {"hidden": (512, 256, 256), "latent": (64, 64, 64)}
DRAW: Mapping[str, Section] = {
    "draw": {"error_image": True, "accumulate": True},
    "draw2": {"error_image": False, "accumulate": True},
    "draw3": {"error_image": True, "accumulate": False},
    "draw4": {"error_image": False, "accumulate": False},
}
"""The variations of DRAW are switches of one model."""

EVALUATION: Mapping[Modality, Section] = {
    "points": {},
    "images": {"importance_samples": 500, "chunk": 500, "samples": 100},
}
"""Both protocols evaluate alike."""
