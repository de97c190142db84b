"""Images in an `.npy` or `.npz` file of the user's, as a dataset."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genconv.data.array_file import Header, file_sha256, read_array, read_header
from genconv.data.images.config import ArrayConfig, Channels
from genconv.data.images.dataset import ImageDataset, Images
from genconv.errors import InputError, shown

_LARGEST_SIDE = 1024
_CHANNELS = (1, 3)
_TENTH = 10
_FEWEST = 3


@dataclass(frozen=True)
class Layout:
    """How the axes of an array of images are read."""

    height: int
    width: int
    channels: int
    first: bool
    """Whether the axis of the channels comes before the others."""

    @property
    def shape(self) -> tuple[int, int] | tuple[int, int, int]:
        """Of one image as models see it: (h, w), or (h, w, c) with several channels."""
        return (self.height, self.width) if self.channels == 1 else (self.height, self.width, self.channels)

    @property
    def words(self) -> str:
        """Size and colours, for people."""
        return f"{'grey' if self.channels == 1 else 'RGB'} images of {self.height}×{self.width}"

    def arranged(self, images: NDArray[Any]) -> NDArray[Any]:
        """The images as (n, h, w) or (n, h, w, c)."""
        moved = np.moveaxis(images, 1, -1) if self.first else images
        return np.ascontiguousarray(moved).reshape(len(images), *self.shape)


def layout_of(shape: tuple[int, ...], channels: Channels, path: Path) -> Layout:
    """How (n, h, w), (n, h, w, c) or (n, c, h, w) with c = 1 or 3 is read.

    `InputError` for another shape, and for one that could be read in two ways, naming both and the option.
    """
    grey = len(shape) == 3
    layout = Layout(shape[1], shape[2], 1, first=False) if grey else _with_channels(shape, channels, path)
    if max(layout.height, layout.width) > _LARGEST_SIDE:
        raise InputError(f"{path}: has shape {shown(shape)}: at most {_LARGEST_SIDE} pixels a side are taken")
    return layout


def _with_channels(shape: tuple[int, ...], channels: Channels, path: Path) -> Layout:
    _, a, b, c = shape
    readings = {"first": Layout(b, c, a, first=True), "last": Layout(a, b, c, first=False)}
    possible = {name: one for name, one in readings.items() if one.channels in _CHANNELS}
    if channels != "auto":
        possible = {name: one for name, one in possible.items() if name == channels}
    if not possible:
        axis = "behind the images or last" if channels == "auto" else f"{channels}, as data.channels says"
        raise InputError(f"{path}: has shape {shown(shape)}: images have 1 or 3 channels, {axis}")
    if len(possible) > 1:
        both = " or ".join(f'{one.words} (data.channels = "{name}")' for name, one in possible.items())
        raise InputError(f"{path}: shape {shown(shape)} can be read as {both}: choose one")
    return next(iter(possible.values()))


class ArrayImages(ImageDataset):
    """The images in a `.npy` or `.npz` file, split in three, or in two with a test file."""

    config: ArrayConfig

    def __init__(self, path: Path, config: ArrayConfig) -> None:
        header = read_header(path, config.array)
        self.layout = layout_of(header.shape, config.channels, path)
        self._path, count = path, header.shape[0]
        if count < _FEWEST:
            raise InputError(f"{path}: holds {count} images: at least {_FEWEST} are needed, one for each split")
        self._check_test_file(config)
        scale = 255.0 if header.dtype == np.uint8 or config.values == "discrete" else 1.0
        super().__init__(config, self.layout.shape, scale, count, 0 if config.test_file else config.test_size)
        already_binary = header.dtype == np.bool_ and config.values == "binary"
        self.grey = self.grey and not already_binary
        self.note = f"{path}: {count:,} {self.layout.words}, {_pixels(config, already_binary)}"

    def read(self) -> Images:
        """All images, checked."""
        return Images(self._images(self._path, self.config.array, self.config.sha256), self._test_images())

    def _test_images(self) -> NDArray[Any] | None:
        config = self.config
        if config.test_file is None:
            return None
        return self._images(Path(config.test_file), config.test_array or config.array, config.test_sha256 or "")

    def _images(self, path: Path, name: str | None, sha256: str) -> NDArray[Any]:
        images = checked_pixels(read_array(path, name, sha256), path, self.config.values)
        if self.config.values == "discrete" and images.dtype != np.uint8:
            images = as_levels(images, path)
        return self.layout.arranged(images)

    def _check_test_file(self, config: ArrayConfig) -> None:
        if config.test_file is None:
            return
        path = Path(config.test_file)
        shape = read_header(path, config.test_array or config.array).shape
        if len(shape) not in (3, 4) or layout_of(shape, config.channels, path).shape != self.layout.shape:
            raise InputError(
                f"data.test_file = '{path}': has shape {shown(shape)}, {self._path} has {self.layout.words}"
            )


def checked_pixels(images: NDArray[Any], path: Path, values: str) -> NDArray[Any]:
    """`uint8` from 0 to 255, or `float32` in [0, 1]; `InputError` for other types and values.

    A file of integers 0 and 1 holds black and white pixels where `values` is `binary`, and is refused otherwise.
    """
    if images.dtype == np.uint8:
        if images.max() == 1 and values == "binary":
            return np.asarray(images * np.uint8(255))
        if images.max() <= 1:
            raise InputError(
                f"{path}: its largest value is {images.max()} of 255: multiply by 255, or store as float32"
            )
        return images
    if images.dtype.kind not in "bf":
        raise InputError(f"{path}: holds {images.dtype}, not uint8 (0 to 255), floating point (0 to 1) or bool")
    low, high = float(images.min()), float(images.max())
    if low < 0 or high > 1:
        raise InputError(f"{path}: values lie between {low:g} and {high:g}: floating-point images lie in [0, 1]")
    return images.astype(np.float32)


def as_levels(images: NDArray[Any], path: Path) -> NDArray[np.uint8]:
    """Multiples k/255 as k; `InputError` for any other number."""
    levels: NDArray[Any] = np.rint(255 * images)
    if np.abs(255 * images - levels).max() > 0.01:
        raise InputError(
            f"{path}: data.values = 'discrete': its pixels are no multiples of 1/255: must be 'continuous' or 'binary'"
        )
    return np.asarray(levels, np.uint8)


def array_defaults(path: Path, header: Header) -> ArrayConfig:
    """One tenth to validate, one tenth to test. Grey pixels are binarized, as the study does it; colours keep what the
    file has: 256 levels, or any number.
    """
    part = max(1, header.shape[0] // _TENTH)
    colour = len(header.shape) == 4 and 1 not in (header.shape[1], header.shape[3])
    values = "binary" if not colour else "discrete" if header.dtype == np.uint8 else "continuous"
    return ArrayConfig.checked(
        {
            "values": values,
            "binarization": "dynamic",
            "validation_size": part,
            "test_size": part,
            "sha256": file_sha256(path),
        }
    )


def completed(config: ArrayConfig) -> ArrayConfig:
    """With the SHA-256 of the test file, unless the configuration has one."""
    if config.test_file is None or config.test_sha256 is not None:
        return config
    return config.updated({"test_sha256": file_sha256(Path(config.test_file))}, "data")


def _pixels(config: ArrayConfig, already_binary: bool) -> str:
    """What pixels are taken for, and what follows for the likelihood."""
    if already_binary:
        return "pixels are 0 or 1 (a VAE has a Bernoulli)"
    if config.values == "discrete":
        return "pixels are one of 256 levels (a flow dequantizes them, a VAE has a discretized logistic)"
    if config.values == "continuous":
        return "pixels are any numbers in [0, 1] (a VAE has a Normal)"
    how = {
        "dynamic": "drawn as 0 or 1 from their grey values at each use",
        "static": "drawn once as 0 or 1 from their grey values",
        "threshold": "1 from ½ on, else 0",
        "none": "grey, compared by cross-entropy",
    }[config.binarization]
    return f'pixels are {how} (a VAE has a Bernoulli; data.values="discrete" keeps 256 levels)'
