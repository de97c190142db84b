"""What can be chosen about DRAW."""

from typing import Literal

from pydantic import Field

from genconv.config.base import Config
from genconv.models.likelihood import Head


class DrawConfig(Config):
    """Sizes, the switches between DRAW's variations, and the choices in which the protocols differ."""

    error_image: bool = True
    """Whether the encoder also sees the error image, x − sigmoid(canvas)."""
    accumulate: bool = True
    """Whether a step adds to the canvas or replaces it."""
    attention: Literal["none", "filterbank"] = "none"
    """Reading and writing the whole image, or a window of it through a grid of Gaussian filters."""
    window: int = Field(default=12, ge=1, le=1024)
    """N: filters along each side of the window; without effect unless there is attention."""
    steps: int = Field(default=10, ge=1, le=1024)
    """T: steps in which an image is drawn."""
    hidden: int = Field(default=256, ge=1, le=65_536)
    """Width of both recurrent networks."""
    latent: int = Field(default=32, ge=1, le=65_536)
    """Dimensions of z_t."""
    head: Head = "linear"
    """Bernoulli of the pixels: `sigmoid` from probabilities with logarithms clamped at −100, as the study did;
    `linear` from the logits, without rounding.
    """
    one_z: bool = False
    """Sampling with one z for all steps (the published quirk) instead of a fresh z_t at each."""
