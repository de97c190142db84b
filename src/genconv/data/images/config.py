"""What can be chosen about a dataset of images."""

from typing import Literal

from pydantic import Field

from genconv.config.base import LARGEST_INTEGER, Config, OrNone
from genconv.data.images.omniglot import Resizing

Binarization = Literal["dynamic", "static", "threshold", "none"]


class ImageConfig(Config):
    """How images are split and binarized."""

    binarization: Binarization
    """`dynamic`: a pixel is 1 with the probability of its grey value, drawn at each use; `static`: drawn once, from the
    data stream; `threshold`: 1 from ½ on; `none`: grey.
    """
    validation_size: int = Field(ge=1, le=LARGEST_INTEGER)
    """Validation images, split off at random (see `streams.data`); the curves are on these."""
    training_size: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Training images, for small studies; "none": all that are left."""


class OmniglotConfig(ImageConfig):
    """How Omniglot is resized, split and binarized."""

    resize: Resizing
    """From 105×105 to 28×28: `bilinear` between the nearest pixels, or `antialiased`. Binarization comes after it."""


class ArrayConfig(ImageConfig):
    """How a file of the user is split and binarized."""

    test_size: int = Field(ge=1, le=LARGEST_INTEGER)
    """Images of the final evaluation, split off at random."""
    sha256: str
    """Of the file, so that the configuration says what the data were."""
