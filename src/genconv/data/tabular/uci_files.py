"""Where the files of POWER, GAS, HEPMASS, MINIBOONE and BSDS300 come from, and what they hold."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.data.array_file import check_file
from genconv.data.images.sources import Source
from genconv.data.tabular.uci import TABLES
from genconv.errors import InputError

_PLACE = "https://zenodo.org/records/1161203"


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


ARCHIVE = Source(
    path="uci/data.tar.gz",
    others=("data.tar.gz",),
    urls=(f"{_PLACE}/files/data.tar.gz?download=1", "https://zenodo.org/api/records/1161203/files/data.tar.gz/content"),
    digest=_md5,
    checksum="9b9c9b0375315ad270eba4ce80c093ab",
    largest=2**31,
    kind="MD5",
)
"""All five as the authors have them. The MD5 is the one that public code which downloads the archive checks; checksums
of the files in it are not published."""

_CONVERT = (
    f"genconv reads no pickles, which may run code: take data/gas/ethylene_CO.pickle out of data.tar.gz ({_PLACE}) and "
    "convert it beside it (pandas.read_pickle('ethylene_CO.pickle').to_csv('ethylene_CO.csv', index=False))"
)


def _source(file: str) -> Source:
    path, by_hand = (file, "") if not file.endswith(".pickle") else (file.replace(".pickle", ".csv"), _CONVERT)
    others = (path, *([path.replace(".hdf5", ".npz")] if path.endswith(".hdf5") else []))
    places = tuple(f"{folder}{other}" for folder in ("uci/", "uci/data/", "data/", "") for other in others)
    return Source(
        path=f"uci/{path}",
        others=places[1:],
        urls=(),
        digest=None,
        checksum="",
        largest=2**31,
        archive=ARCHIVE,
        member=f"data/{file}",
        by_hand=by_hand,
    )


SOURCES = {name: tuple(map(_source, table.files)) for name, table in TABLES.items()}
"""The files of each table, below the data folder; an unpacked archive is found as it is."""


def contents(paths: tuple[Path, ...]) -> tuple[Any, ...]:
    """What the files hold, as the table's `prepare` takes it; `InputError` for one that cannot be read."""
    return tuple(_content(path) for path in paths)


def files_sha256(paths: tuple[Path, ...]) -> str:
    """One SHA-256 of the contents of all files; `InputError` if one cannot be read."""
    return _files_sha256(paths, tuple(path.stat().st_mtime_ns for path in paths))


@lru_cache(maxsize=8)
def _files_sha256(paths: tuple[Path, ...], changed: tuple[int, ...]) -> str:
    del changed
    whole = hashlib.sha256()
    for path in paths:
        check_file(path)
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def _content(path: Path) -> Any:
    try:
        if path.suffix == ".hdf5":
            return _hdf5(path)
        if path.suffix == ".csv":
            return _named(path) if "gas" in path.parts else _rows(path)
        loaded = np.load(path, allow_pickle=False)
        return loaded if path.suffix == ".npy" else {name: loaded[name] for name in loaded.files}
    except (OSError, ValueError, EOFError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read, perhaps it is cut off ({reason})") from None


def _named(path: Path) -> dict[str, NDArray[np.float64]]:
    frame = pl.read_csv(path)
    return {name: frame[name].cast(pl.Float64).to_numpy() for name in frame.columns}


def _rows(path: Path) -> NDArray[np.float64]:
    """By position: the header of one file has other names than columns."""
    frame = pl.read_csv(path, has_header=False, skip_rows=1, truncate_ragged_lines=True, infer_schema_length=1000)
    full = [name for name in frame.columns if frame[name].null_count() < len(frame)]
    return frame.select(pl.col(full).cast(pl.Float64)).to_numpy()


def _hdf5(path: Path) -> dict[str, NDArray[Any]]:
    try:
        import h5py  # noqa: PLC0415  for this file alone, and seldom there
    except ImportError:
        raise InputError(
            f"{path}: needs the package h5py (pip install h5py); or put {path.with_suffix('.npz').name} beside it with "
            "the arrays train, validation and test, and remove it"
        ) from None
    with h5py.File(path, "r") as file:
        return {name: np.asarray(file[name]) for name in ("train", "validation", "test")}
