"""Omniglot: 19,280 and 13,180 drawings of characters (Lake, Salakhutdinov, Tenenbaum 2015; MIT), strokes 1, paper 0."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genconv.data.images.omniglot_archive import read_strokes
from genconv.data.images.resize import resized
from genconv.data.images.source import Source

POOL, TEST, SIDE = 19_280, 13_180, 28
Resizing = Literal["bilinear", "antialiased"]
LEVELS: dict[Resizing, int] = {"bilinear": 64, "antialiased": 255}
"""What a grey value is counted in. Without antialiasing 105 → 28 meets the pixels at eighths on each axis, so that
64ths are exact.
"""
_MIRRORS = (
    "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/",
    "https://github.com/brendenlake/omniglot/raw/master/python/",
    "https://cdn.jsdelivr.net/gh/brendenlake/omniglot@master/python/",
)


def _digest(strokes: NDArray[np.bool_]) -> str:
    """SHA-256 of all pixels, eight in a byte, 1 on a stroke, images sorted by their paths."""
    return hashlib.sha256(np.packbits(strokes).tobytes()).hexdigest()


def _source(name: str, sha256: str) -> Source:
    return Source(
        path=f"omniglot/{name}.zip",
        others=(f"omniglot/{name}",),
        urls=tuple(f"{mirror}{name}.zip" for mirror in _MIRRORS),
        digest=lambda path: _digest(read_strokes(path, name)),
        sha256=sha256,
        largest=2**26,
    )


BACKGROUND = _source("images_background", "6699ae4df8ffac22aee7951d7cba6e421d3c2f9276990b84beacf5bef54348ea")
EVALUATION = _source("images_evaluation", "afb28aaea14406a6cf3c19d26de4ed60d69ccb7f5e6373afffc637b4784c039c")
SOURCES = (BACKGROUND, EVALUATION)


def read_images(source: Source, path: Path, resizing: Resizing) -> NDArray[np.uint8]:
    """The drawings of `source` at `path`, 28×28, grey values in 1/`LEVELS[resizing]`; `InputError` unless they are the
    known ones.
    """
    return _read(source, path, path.stat().st_mtime_ns, resizing)


@lru_cache(maxsize=4)
def _read(source: Source, path: Path, changed: int, resizing: Resizing) -> NDArray[np.uint8]:
    del changed
    strokes = read_strokes(path, Path(source.path).stem)
    if (found := _digest(strokes)) != source.sha256:
        raise source.mismatch(path, found)
    return resized(strokes, SIDE, LEVELS[resizing], antialias=resizing == "antialiased")
