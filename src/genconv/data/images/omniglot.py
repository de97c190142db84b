"""Omniglot: 19,280 and 13,180 drawings of characters (Lake, Salakhutdinov, Tenenbaum 2015; MIT), strokes 1, paper 0."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genconv.data.images.sources import Source
from genconv.errors import InputError
from genconv.file_limits import not_plain

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


SIDE = 105
MOST_IMAGES = 40_000
LARGEST_IMAGE = 65_536
"""Bytes of one PNG; the real ones have some 250."""
_DEPTH = 4
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
"""What a PNG begins with; its width and height follow."""
_JUNK = "__MACOSX"


def read_strokes(path: Path, folder: str) -> NDArray[np.bool_]:
    """Every drawing of the archive or folder at `path`, sorted by its name; shape (n, 105, 105), True on a stroke.

    Names begin with `folder`. Raises `InputError` for a member outside of it, of another size or kind, for too many of
    them, or for one that is too large.
    """
    members = _in_folder(path, folder) if path.is_dir() else _in_archive(path, folder)
    try:
        named = sorted((name, _strokes(content, f"{path}: {name}")) for name, content in members)
    except (OSError, ValueError, RuntimeError, EOFError, struct.error, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read, perhaps it is cut off ({error})") from None
    if not named:
        raise InputError(f"{path}: holds no images")
    packed = np.frombuffer(b"".join(bits for _, bits in named), np.uint8).reshape(len(named), -1)
    return np.unpackbits(packed, axis=1, count=SIDE * SIDE).astype(bool).reshape(-1, SIDE, SIDE)


def _in_archive(path: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    if problem := not_plain(path):
        raise OSError(problem)
    with zipfile.ZipFile(path) as archive:
        entries = [member for member in archive.infolist() if not member.filename.endswith("/")]
        files = [member for member in entries if not _ignored(member.filename)]
        if len(files) > MOST_IMAGES:
            raise InputError(f"{path}: holds {len(files):,} files, more than the {MOST_IMAGES:,} that are allowed")
        seen: set[str] = set()
        for member in files:
            name = _checked_name(member.filename, path, folder)
            if name in seen:
                raise InputError(f"{path}: holds {_shown(name)} twice")
            seen.add(name)
            size = max(member.file_size, member.compress_size)
            if size > LARGEST_IMAGE:
                raise InputError(f"{path}: {_shown(name)} holds {size:,} bytes, more than {LARGEST_IMAGE:,}")
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise InputError(f"{path}: {_shown(name)} is neither stored nor deflated")
            yield name, archive.read(member)


def _in_folder(path: Path, folder: str) -> Iterator[tuple[str, bytes]]:
    root = path.resolve()
    for count, file in enumerate(path.rglob("*.png")):
        if count >= MOST_IMAGES:
            raise InputError(f"{path}: holds more than the {MOST_IMAGES:,} files that are allowed")
        name = f"{folder}/{file.relative_to(path).as_posix()}"
        if _ignored(name):
            continue
        if not file.resolve().is_relative_to(root):
            raise InputError(f"{path}: {_shown(name)} leads outside the folder")
        _checked_name(name, path, folder)
        if problem := not_plain(file, LARGEST_IMAGE):
            raise InputError(f"{path}: {_shown(name)}: {problem}")
        yield name, file.read_bytes()


def _checked_name(name: str, path: Path, folder: str) -> str:
    """The name of a member, if it lies where Omniglot's images lie."""
    parts = PurePosixPath(name).parts
    if ".." in parts or "\\" in name or parts[:1] != (folder,):
        raise InputError(f"{path}: {_shown(name)} lies outside the folder '{folder}'")
    if len(parts) != _DEPTH or not name.endswith(".png"):
        raise InputError(f"{path}: {_shown(name)} is not named like '{folder}/Alphabet/character01/0001_01.png'")
    return name


def _ignored(name: str) -> bool:
    """What file managers leave in archives and folders."""
    parts = PurePosixPath(name).parts
    last = parts[-1] if parts else ""
    return parts[:1] == (_JUNK,) or last in {".DS_Store", "Thumbs.db"} or last.startswith("._")


def _strokes(content: bytes, where: str) -> bytes:
    """The pixels of a PNG, packed, 1 where it is dark; `InputError` for another size or kind."""
    width, height = struct.unpack(">II", content[16:24]) if content[:16] == _PNG else (SIDE, SIDE)
    if (width, height) != (SIDE, SIDE):
        raise InputError(f"{where}: is {width}×{height} pixels, not {SIDE}×{SIDE}")
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.size != (SIDE, SIDE):  # a second header within the file
                raise InputError(f"{where}: is of several sizes, not {SIDE}×{SIDE}")
            if image.mode not in {"1", "L"}:
                raise InputError(f"{where}: is of mode {image.mode}, not black and white")
            grey = np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{where}: is not an image ({error})") from None
    return np.packbits(grey < 128).tobytes()


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")


POOL, TEST, IMAGE_SIDE = 19_280, 13_180, 28
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
        checksum=sha256,
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
    if (found := _digest(strokes)) != source.checksum:
        raise source.mismatch(path, found)
    return resized(strokes, IMAGE_SIDE, LEVELS[resizing], antialias=resizing == "antialiased")
