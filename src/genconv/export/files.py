"""Text files that appear whole or not at all."""

from functools import partial
from pathlib import Path

from genconv.store.writing import write_file


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text; the path itself."""
    write_file(path, partial(_write, text))
    return path


def _write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")
