"""The images of a run folder, checked and small enough to print."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genconv.store.arrays import Arrays
from genconv.store.runs import StoredRun

_SIDE = 112
"""Pixels of the longer side of an image at most; larger ones are averaged down."""
_WINDOWS = ("generation.write", "reconstruction.read", "reconstruction.write")
_MIDDLE = np.array([0.5, 0.5, 0.0])
"""From a pixel's edge to its middle, of a window's column, row and side."""
_DIMENSIONS = {
    "samples": 3,
    "snapshots.inputs": 3,
    "snapshots.samples": 4,
    "snapshots.reconstructions": 4,
    "generation.canvases": 4,
    "reconstruction.canvases": 4,
    "reconstruction.inputs": 3,
}

Grey = NDArray[np.uint8]
"""Grey values (…, h, w), or colours (…, h, w, 3)."""
_COLOURS = 3


def has_images(run: StoredRun) -> bool:
    """Whether the run's model makes images."""
    return bool(stored_images(run))


def stored_images(run: StoredRun) -> Arrays:
    """Those arrays of `RunRecord.samples` that are images, as grey values 0 to 255, with their epochs and windows.

    Images beyond 112 pixels a side are averaged over blocks of whole pixels, and windows scaled alike. Anything of
    another shape is left out.
    """
    arrays = run.samples
    images = {name: arrays[name] for name, rank in _DIMENSIONS.items() if _is(arrays, name, rank)}
    if not images:
        return {}
    factor = -(-max(max(_sides(name, values)) for name, values in images.items()) // _SIDE)
    shown: dict[str, NDArray[Any]] = {
        name: _reduced(grey(values), _DIMENSIONS[name], factor) for name, values in images.items()
    }
    for name in _WINDOWS:
        if _is(arrays, name, 3) and f"{name.split('.')[0]}.canvases" in shown and arrays[name].shape[2] == 3:
            shown[name] = (arrays[name].astype(np.float64) + _MIDDLE) / factor - _MIDDLE
    if _is(arrays, "snapshots.epochs", 1):
        shown["snapshots.epochs"] = arrays["snapshots.epochs"]
    return shown


def grey(values: NDArray[Any]) -> Grey:
    """Grey values as they are; fractions from 0 to 1 as whole numbers from 0 to 255, NaN as 0."""
    if values.dtype == np.uint8:
        return values
    return np.rint(255 * np.clip(np.nan_to_num(values.astype(np.float64)), 0, 1)).astype(np.uint8)


def _is(arrays: Arrays, name: str, rank: int) -> bool:
    """Whether an array holds so many axes, or one more with three colours."""
    if name not in arrays or not arrays[name].size:
        return False
    return arrays[name].ndim == rank or (arrays[name].ndim == rank + 1 and arrays[name].shape[-1] == _COLOURS)


def _sides(name: str, images: NDArray[Any]) -> tuple[int, int]:
    """Height and width."""
    last = _DIMENSIONS[name]
    return images.shape[last - 2], images.shape[last - 1]


def _reduced(images: Grey, rank: int, factor: int) -> Grey:
    """Means over blocks of `factor` × `factor` pixels; `rank` axes come before the colours, if there are some."""
    if factor == 1:
        return images
    *front, height, width = images.shape[:rank]
    rows, columns = height // factor, width // factor
    whole = images.reshape(-1, height, width, *images.shape[rank:])[:, : rows * factor, : columns * factor]
    blocks = whole.reshape(len(whole), rows, factor, columns, factor, *images.shape[rank:])
    means: Grey = np.rint(blocks.mean(axis=(2, 4))).astype(np.uint8)
    return means.reshape(*front, rows, columns, *images.shape[rank:])
