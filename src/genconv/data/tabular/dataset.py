"""A file of points as a dataset: split at random by the data key, standardized by the training points."""

from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import jax.random as jr
import numpy as np
from jaxtyping import Array, Float, Key, PyTree
from numpy.typing import NDArray

from genconv.data.array_file import file_sha256
from genconv.data.base import Dataset, DataSpec, Splits, Standardization
from genconv.data.tabular.config import PointsConfig
from genconv.data.tabular.read import Points, constant_columns, read_points, repeated_columns
from genconv.errors import InputError

_FEWEST = 3


class PointRows(NamedTuple):
    """Points in single precision: x = centre + unit · rows."""

    pool: NDArray[np.float32]
    """Split at random, shape (n, d)."""
    test: NDArray[np.float32] | None
    """Of the test file; None: these are split off the pool as well."""
    centre: NDArray[np.float32]
    unit: NDArray[np.float32]


class FilePoints(Dataset):
    """Points of a table or an array, in any dimension."""

    config: PointsConfig

    def __init__(self, path: Path, config: PointsConfig) -> None:
        super().__init__(config)
        self._points = read_points(path, config.columns, config.array, config.sha256)
        self._test_points = _test_points(config, path, self._points)
        count, dim = self._points.values.shape
        self.spec = DataSpec("points", (dim,), "continuous")
        self._validation, self._test, self.training_size = _sizes(path, count, config)
        if config.standardize and (same := constant_columns(self._points)):
            raise InputError(
                f"{path}: column '{same[0]}' has the same number in every row and cannot be standardized: leave it out "
                "(data.columns)"
            )
        self.note = _note(path, self._points, config)

    def load(self) -> PointRows:
        """The points, in units in which single precision loses nothing that matters."""
        values = self._points.values
        centre, unit = np.zeros(values.shape[1]), np.ones(values.shape[1])
        if self.config.standardize:
            centre, unit = values.mean(axis=0), values.std(axis=0)
        test = None if self._test_points is None else ((self._test_points.values - centre) / unit).astype(np.float32)
        pool = ((values - centre) / unit).astype(np.float32)
        return PointRows(pool, test, centre.astype(np.float32), unit.astype(np.float32))

    def draw(self, key: Key[Array, ""], loaded: PyTree[Any]) -> Splits:
        """Validation, test (unless there is a file of them) and training points from one permutation of the pool.

        Standardized: y = (x − m)/s with m and s the mean and the standard deviation (divisor n) of the training points,
        s = 1 where they are all the same. The units of `load` cancel, so that no other point has a part in y.
        """
        rows = PointRows(*loaded)
        order = jr.permutation(key, len(rows.pool))
        first, second = self._validation, self._validation + self._test
        pool = jnp.asarray(rows.pool)
        training = pool[order[second : second + self.training_size]]
        test = pool[order[first:second]] if rows.test is None else jnp.asarray(rows.test)
        splits = Splits(training, pool[order[:first]], test)
        return _standardized(splits, rows) if self.config.standardize else splits


def completed(config: PointsConfig) -> PointsConfig:
    """With the SHA-256 of the test file, unless the configuration has one."""
    if config.test_file is None or config.test_sha256 is not None:
        return config
    return config.updated({"test_sha256": file_sha256(Path(config.test_file))}, "data")


def _standardized(splits: Splits, rows: PointRows) -> Splits:
    mean: Float[Array, " d"] = jnp.mean(splits.training, axis=0)
    deviation = jnp.sqrt(jnp.mean((splits.training - mean) ** 2, axis=0))
    deviation = jnp.where(deviation > 0, deviation, 1.0)
    training, validation, test = ((part - mean) / deviation for part in splits[:3])
    centre, unit = jnp.asarray(rows.centre), jnp.asarray(rows.unit)
    undone = Standardization(centre + unit * mean, unit * deviation)
    return Splits(training, validation, test, undone)


def _test_points(config: PointsConfig, path: Path, points: Points) -> Points | None:
    if config.test_file is None:
        return None
    name, file = config.test_array or config.array, Path(config.test_file)
    test = read_points(file, config.columns, name, config.test_sha256 or "")
    if test.columns != points.columns:
        raise InputError(
            f"data.test_file = '{file}': has the columns {', '.join(test.columns)}, {path} has "
            f"{', '.join(points.columns)}"
        )
    return test


def _sizes(path: Path, count: int, config: PointsConfig) -> tuple[int, int, int]:
    """Validation, test and training points of the pool."""
    if count < _FEWEST:
        raise InputError(f"{path}: holds {count} points: at least {_FEWEST} are needed, one for each split")
    validation = max(1, round(config.validation_fraction * count))
    test = 0 if config.test_file else max(1, round(config.test_fraction * count))
    left = count - validation - test
    if left < 1:
        raise InputError(
            f"data.validation_fraction = {config.validation_fraction}: leaves none of {count} points to train on"
        )
    if config.training_size is not None and config.training_size > left:
        raise InputError(f'data.training_size = {config.training_size}: must be at most {left} (or "none")')
    return validation, test, config.training_size or left


def _note(path: Path, points: Points, config: PointsConfig) -> str:
    count, dim = points.values.shape
    how = "standardized by the training points" if config.standardize else "as they are"
    note = f"{path}: {count:,} points in {dim} dimension{'s' * (dim != 1)}, {how}"
    if repeated := repeated_columns(points):
        note += (
            f"; column '{repeated[0]}' takes few values, again and again: a density of it has no upper bound, so a "
            "likelihood may rise for ever"
        )
    return note
