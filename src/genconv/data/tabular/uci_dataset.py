"""The five tables of papers on flows as datasets: split and standardized as published."""

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key, PyTree
from numpy.typing import NDArray
from pydantic import Field

from genconv.config.base import LARGEST_INTEGER, Config, OrNone
from genconv.data.base import Dataset, DatasetEntry, DataSpec, Splits
from genconv.data.images.files import files_of, only_located
from genconv.data.tabular.uci import TABLES, Parts, prepared
from genconv.data.tabular.uci_files import contents, files_sha256
from genconv.errors import InputError
from genconv.protocols import Protocol


class UciConfig(Config):
    """Which files, and how many rows."""

    training_size: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Training rows, the first ones, for small studies; "none": all. Validation and test rows are always all."""
    sha256: str
    """Of the files, so that the configuration says what the data were; filled in."""


class UciTable(Dataset):
    """Rows of one table. Its splits are fixed: the `data` stream changes nothing."""

    config: UciConfig

    def __init__(self, name: str, config: UciConfig) -> None:
        super().__init__(config)
        paths = _paths(name)
        if files_sha256(paths) != config.sha256:
            raise InputError(f"{paths[0]}: has changed since its SHA-256 was recorded (data.sha256)")
        self._parts = _read(name, paths, config.sha256)
        most, columns = self._parts.training.shape
        if config.training_size is not None and config.training_size > most:
            raise InputError(f'data.training_size = {config.training_size}: must be at most {most} (or "none")')
        self.training_size = config.training_size or most
        self.spec = DataSpec("points", (columns,), "continuous")
        self.note = _note(name, self._parts)

    def load(self) -> tuple[NDArray[np.float32], ...]:
        """The rows of the splits in single precision."""
        return tuple(rows.astype(np.float32) for rows in self._parts)

    def draw(self, key: Key[Array, ""], loaded: PyTree[Any]) -> Splits:
        """The published splits, whatever the key."""
        del key
        training, validation, test = map(jnp.asarray, loaded)
        return Splits(training[: self.training_size], validation, test)


def uci_entries() -> list[DatasetEntry]:
    """The five tables for the registry; listing them reads nothing."""
    return [
        DatasetEntry(
            name, f"{table.columns} columns, {table.summary}", partial(_configured, name), partial(UciTable, name)
        )
        for name, table in TABLES.items()
    ]


def _configured(name: str, protocol: Protocol, overrides: Mapping[str, Any]) -> UciConfig:
    del protocol
    return UciConfig(sha256=files_sha256(_paths(name))).updated(overrides, "data")


def _paths(name: str) -> tuple[Path, ...]:
    """The files; `WorkError` telling how to get one that is missing."""
    return tuple(only_located(source) for source in files_of(name))


@lru_cache(maxsize=1)
def _read(name: str, paths: tuple[Path, ...], sha256: str) -> Parts:
    del sha256
    return prepared(name, contents(paths))


def _note(name: str, parts: Parts) -> str:
    """What was read, and whether it is what papers have."""
    sizes, columns = tuple(map(len, parts)), parts.training.shape[1]
    rows = ", ".join(f"{size:,}" for size in sizes)
    note = (
        f"{name}: {rows} rows for training, validation and test, {columns} columns, split and standardized as published"
    )
    if (sizes, columns) == (TABLES[name].sizes, TABLES[name].columns):
        return note
    known = ", ".join(f"{size:,}" for size in TABLES[name].sizes)
    return f"{note}; papers have {known} rows and {TABLES[name].columns} columns: numbers of theirs do not compare"
