"""MNIST: 60,000 and 10,000 handwritten digits of 28×28 grey values (LeCun, Cortes, Burges; CC BY-SA 3.0)."""

import hashlib
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genconv.data.images.idx import decoded, parse_idx
from genconv.data.images.source import Source

POOL, TEST, SIDE = 60_000, 10_000, 28
_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)


def _digest(path: Path) -> str:
    return hashlib.sha256(decoded(path)).hexdigest()


def _source(name: str, sha256: str) -> Source:
    return Source(
        path=f"mnist/{name}.gz",
        others=(f"mnist/{name}",),
        urls=tuple(f"{mirror}{name}.gz" for mirror in _MIRRORS),
        digest=_digest,
        sha256=sha256,
        largest=2**25,
    )


TRAINING_IMAGES = _source("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db")
TRAINING_LABELS = _source("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5")
TEST_IMAGES = _source("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7")
TEST_LABELS = _source("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")

SOURCES = (TRAINING_IMAGES, TRAINING_LABELS, TEST_IMAGES, TEST_LABELS)
"""All files; models need only the images."""


def read_images(source: Source, path: Path) -> NDArray[np.uint8]:
    """The images in the file of `source` at `path`, shape (n, 28, 28); `InputError` unless they are the known ones."""
    return _read(source, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _read(source: Source, path: Path, changed: int) -> NDArray[np.uint8]:
    del changed
    content = decoded(path)
    if (found := hashlib.sha256(content).hexdigest()) != source.sha256:
        raise source.mismatch(path, found)
    return parse_idx(content, path)
