"""POWER, GAS, HEPMASS, MINIBOONE and BSDS300 as papers on flows have them (Papamakarios et al., arXiv 1705.07057).

The functions take what the files of the authors' archive (doi:10.5281/zenodo.1161203) hold and return the rows for
training, validation and test, standardized as there: the log-likelihoods of papers are of these numbers.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.errors import InputError

Rows = NDArray[np.float64]
Named = Mapping[str, Rows]
"""Columns by name, or arrays of one file."""


class Parts(NamedTuple):
    """Rows of the three splits, each (n, d)."""

    training: Rows
    validation: Rows
    test: Rows


def power(data: Rows) -> Parts:
    """Power of a household, each minute: active, voltage, three meters, time; two columns are left out, noise of the
    instruments' steps is added, rows are shuffled. NumPy's old generator with seed 42, as the authors have it.
    """
    generator = np.random.RandomState(42)
    rows = np.array(data, np.float64)
    generator.shuffle(rows)
    rows = np.delete(rows, [1, 3], axis=1)
    count = len(rows)
    voltage = 0.01 * generator.rand(count, 1)
    active = 0.001 * generator.rand(count, 1)
    meters = generator.rand(count, 3)
    return _standardized(_last_tenths(rows + np.hstack([active, voltage, meters, np.zeros((count, 1))])))


CORRELATED = 0.98
"""A column of GAS is left out while it correlates with another one above this."""


def gas(columns: Named) -> Parts:
    """Sensors in a mixture of gases, without time and concentrations, and of columns that correlate above 0.98 all but
    the last one; standardized by all rows with the divisor n − 1.
    """
    rows = np.stack([values for name, values in columns.items() if name not in ("Meth", "Eth", "Time")], axis=1)
    while (close := (np.corrcoef(rows.T) > CORRELATED).sum(axis=1) > 1).any():
        rows = np.delete(rows, int(np.argmax(close)), axis=1)
    return _last_tenths((rows - rows.mean(axis=0)) / rows.std(axis=0, ddof=1))


REPEATED = 5
"""A column of HEPMASS whose smallest number occurs more often is left out."""


def hepmass(training: Rows, test: Rows) -> Parts:
    """Particles of mass 1000, rows of the signal (label 1) alone, without columns whose smallest number repeats;
    standardized by the training and validation rows with the divisor n − 1. The test file has a column too many.
    """
    features = training.shape[1] - 1
    training, test = (rows[rows[:, 0] == 1, 1 : features + 1] for rows in (training, test))
    kept = [index for index, column in enumerate(training.T) if np.sum(column == column.min()) <= REPEATED]
    mean, deviation = training.mean(axis=0), training.std(axis=0, ddof=1)
    training, test = (((rows - mean) / deviation)[:, kept] for rows in (training, test))
    held_out = int(0.1 * len(training))
    return Parts(training[:-held_out], training[-held_out:], test)


def miniboone(data: Rows) -> Parts:
    """Particles of an experiment, cleaned by the authors: the last tenth is the test, the last tenth of the rest
    validation.
    """
    return _standardized(_last_tenths(np.asarray(data, np.float64)))


def bsds300(arrays: Named) -> Parts:
    """Patches of natural images, 63 numbers each, split and whitened by the authors."""
    return Parts(*(np.asarray(arrays[name], np.float64) for name in ("train", "validation", "test")))


class Table(NamedTuple):
    """One of the five, as it is published."""

    summary: str
    files: tuple[str, ...]
    """Below `data/` of the archive."""
    prepare: Callable[..., Parts]
    """From what the files hold."""
    columns: int
    sizes: tuple[int, int, int]
    """Rows of the three splits, in the papers."""


TABLES = {
    "power": Table("household power by the minute", ("power/data.npy",), power, 6, (1_659_917, 184_435, 204_928)),
    "gas": Table("gas sensors", ("gas/ethylene_CO.pickle",), gas, 8, (852_174, 94_685, 105_206)),
    "hepmass": Table(
        "particles of mass 1000",
        ("hepmass/1000_train.csv", "hepmass/1000_test.csv"),
        hepmass,
        21,
        (315_123, 35_013, 174_987),
    ),
    "miniboone": Table("particles of MiniBooNE", ("miniboone/data.npy",), miniboone, 43, (29_556, 3_284, 3_648)),
    "bsds300": Table("patches of natural images", ("BSDS300/BSDS300.hdf5",), bsds300, 63, (1_000_000, 50_000, 250_000)),
}


def prepared(name: str, contents: tuple[Any, ...]) -> Parts:
    """The splits of the table of that name; `InputError` if the files hold something else."""
    try:
        parts = TABLES[name].prepare(*contents)
    except (IndexError, KeyError, ValueError) as error:
        raise InputError(f"dataset '{name}': its files do not hold what is known of it ({error})") from None
    if min(map(len, parts)) < 1 or not all(np.isfinite(rows).all() for rows in parts):
        raise InputError(f"dataset '{name}': its files hold too few rows, or numbers that are not finite")
    return parts


def _last_tenths(rows: Rows) -> Parts:
    """The last tenth for testing, the last tenth of what is left for validation; both rounded down."""
    tested = int(0.1 * len(rows))
    rest, test = rows[: len(rows) - tested], rows[len(rows) - tested :]
    checked = int(0.1 * len(rest))
    return Parts(rest[: len(rest) - checked], rest[len(rest) - checked :], test)


def _standardized(parts: Parts) -> Parts:
    """(x − m)/s by the training and validation rows, divisor n."""
    known = np.concatenate(parts[:2])
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    return Parts(*((rows - mean) / deviation for rows in parts))
