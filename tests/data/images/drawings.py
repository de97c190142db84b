"""Small archives that look like Omniglot's."""

import io
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = "images_background"
Member = tuple[str, bytes]


def png(strokes: np.ndarray, mode: str = "1") -> bytes:
    """A PNG with dark strokes on white."""
    file = io.BytesIO()
    Image.fromarray(np.where(strokes, 0, 255).astype(np.uint8)).convert(mode).save(file, "PNG")
    return file.getvalue()


def drawings(count: int, seed: int = 0) -> np.ndarray:
    """Random strokes, shape (count, 105, 105)."""
    return np.random.default_rng(seed).random((count, 105, 105)) < 0.1


def name(number: int, folder: str = FOLDER) -> str:
    return f"{folder}/Alphabet/character{number:02d}/0001_{number:02d}.png"


def archive(path: Path, members: Sequence[Member]) -> Path:
    """A zip archive with these members, duplicates and wild names included."""
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")
        for member, content in members:
            file.writestr(zipfile.ZipInfo(member), content)
    return path
