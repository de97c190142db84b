"""Omniglot's images from a zip archive or its unpacked folder: `FOLDER/Alphabet/characterNN/NNNN_MM.png`, 105×105."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from genconv.errors import InputError
from genconv.untrusted import not_plain

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
