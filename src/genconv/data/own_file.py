"""A dataset named by the path of a file: points or images, as the file's type and shape say."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from genconv.data.array_file import SUFFIXES as ARRAYS
from genconv.data.array_file import check_file, file_sha256, read_header
from genconv.data.base import Dataset, DatasetEntry
from genconv.data.images import array as images
from genconv.data.images.config import ArrayConfig
from genconv.data.tabular import dataset as tabular
from genconv.data.tabular.config import PointsConfig
from genconv.data.tabular.read import TABLES
from genconv.errors import InputError, shown
from genconv.protocols import Protocol

_POINTS, _IMAGES = 2, 4
"""Axes of an array, at most."""
_TAKEN = "points have the shape (n, d), images (n, h, w), (n, h, w, c) or (n, c, h, w)"


def is_own_file(name: str) -> bool:
    """Whether a dataset's name is the path of a file of data."""
    return name.lower().endswith((*ARRAYS, *TABLES))


def own_file_entry(name: str) -> DatasetEntry:
    """The file at the path `name`: a table holds points; an array of one or two axes points, of three or four images.

    `InputError` if there is no such file; what it holds is read when it is configured.
    """
    path = Path(name)
    check_file(path)
    return DatasetEntry(name, f"the data in {path.name}", partial(_configured, path), partial(_built, path))


def _configured(path: Path, protocol: Protocol, overrides: Mapping[str, Any]) -> PointsConfig | ArrayConfig:
    """All choices for the file, those that its own numbers decide among them."""
    del protocol
    if path.suffix.lower() in TABLES:
        return tabular.completed(PointsConfig(sha256=file_sha256(path)).updated(overrides, "data"))
    name = overrides.get("array")
    header = read_header(path, None if name == "none" else name)
    axes = len(header.shape)
    if axes <= _POINTS:
        return tabular.completed(PointsConfig(sha256=file_sha256(path)).updated(overrides, "data"))
    if axes > _IMAGES:
        raise InputError(f"{path}: has shape {shown(header.shape)}: {_TAKEN}")
    return images.completed(images.array_defaults(path, header).updated(overrides, "data"))


def _built(path: Path, config: PointsConfig | ArrayConfig) -> Dataset:
    if isinstance(config, PointsConfig):
        return tabular.FilePoints(path, config)
    return images.ArrayImages(path, config)
