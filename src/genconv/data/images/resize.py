"""Bilinear resizing of square images as one product with a matrix of weights along each axis."""

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1024


def bilinear_weights(old: int, new: int, *, antialias: bool) -> NDArray[np.float32]:
    """w with out_i = Σ_j w_ij in_j: triangles centred at (i + ½) old/new − ½, one pixel wide to each side, or old/new
    pixels if `antialias`; rows sum to 1. Shape (new, old).
    """
    width = max(old / new, 1.0) if antialias else 1.0
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    weights = np.maximum(0.0, 1.0 - np.abs(np.arange(old) - centres[:, None]) / width)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def resized(images: NDArray[np.bool_], side: int, levels: int, *, antialias: bool) -> NDArray[np.uint8]:
    """Square images of 0 and 1 at `side`×`side`, in multiples of 1/`levels`, rounded to the nearest."""
    weights = bilinear_weights(images.shape[1], side, antialias=antialias)
    small = np.empty((len(images), side, side), np.uint8)
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK].astype(np.float32)
        small[start : start + _CHUNK] = np.rint(levels * (weights @ (chunk @ weights.T)))
    return small
