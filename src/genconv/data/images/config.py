"""What can be chosen about a dataset of images."""

from typing import Literal

from pydantic import Field

from genconv.config.base import LARGEST_INTEGER, Config, OrNone
from genconv.data.base import Values
from genconv.data.images.omniglot import Resizing

Binarization = Literal["dynamic", "static", "threshold", "none"]
Channels = Literal["auto", "first", "last"]


class ImageConfig(Config):
    """How images are split, and what their pixels are taken for."""

    values: Values = "binary"
    """What pixels are to a model: `binary`: 0 or 1 (see `binarization`); `discrete`: one of 256 grey levels;
    `continuous`: any number, with uniform noise of one level added at each use if the file holds levels.
    """
    binarization: Binarization
    """How `binary` pixels come from grey ones. `dynamic`: a pixel is 1 with the probability of its grey value, drawn at
    each use; `static`: drawn once, from the data stream; `threshold`: 1 from ½ on; `none`: grey stays grey, as in the
    published study.
    """
    validation_size: int = Field(ge=1, le=LARGEST_INTEGER)
    """Validation images, split off at random by the data stream; the curves are on these."""
    training_size: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Training images, for small studies; "none": all that are left."""


class OmniglotConfig(ImageConfig):
    """How Omniglot is resized, split and binarized."""

    resize: Resizing
    """From 105×105 to 28×28: `bilinear` between the nearest pixels, or `antialiased`. Binarization comes after it."""


class ArrayConfig(ImageConfig):
    """How a file of the user's is read, split and binarized."""

    test_size: int = Field(ge=1, le=LARGEST_INTEGER)
    """Images of the final evaluation, split off at random; all of `test_file` if there is one."""
    sha256: str
    """Of the file, so that the configuration says what the data were."""
    channels: Channels = "auto"
    """Which axis of (n, a, b, c) counts the channels: the one of length 1 or 3 (`auto`), or the `first` or `last`
    behind n, where both could.
    """
    array: OrNone[str] = None
    """Name of the array in an `.npz`; "none": the only one."""
    test_file: OrNone[str] = None
    """File with images for the final evaluation; "none": they are split off."""
    test_array: OrNone[str] = None
    """Name of the array in `test_file`, if that is an `.npz`; "none": as `array`."""
    test_sha256: OrNone[str] = None
    """Of `test_file`; filled in."""
