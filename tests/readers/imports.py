"""Shorthands of the tests of imports."""

from pathlib import Path

import numpy as np
import pytest

from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.readers.cells import Import, read_cells
from genconv.readers.options import ImportOptions

NAMED = {"model": "m", "dataset": "d"}
HEADER = "epoch,loss,val_loss"


def read(*paths: Path, **options: object) -> tuple[list[Import], tuple[str, ...]]:
    return read_cells(paths, ImportOptions(**options))  # type: ignore[arg-type]


def one(*paths: Path, **options: object) -> Import:
    """The only cell in the sources."""
    (found,) = read(*paths, **{**NAMED, **options})[0]
    return found


def refused(*paths: Path, **options: object) -> str:
    """The line of the error."""
    with pytest.raises(InputError) as caught:
        read(*paths, **{**NAMED, **options})
    message = str(caught.value)
    assert message.isprintable()
    return message


def fall(count: int, offset: float = 0.0) -> FloatArray:
    """A falling curve."""
    return np.round(4 * np.exp(-np.arange(count) / 10) + 2 + offset, 4)


def keras(path: Path, count: int = 6, offset: float = 0.0, every: int = 1) -> Path:
    """A file as Keras writes it, validated at every so many epochs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    losses = fall(count, offset)
    rows = [
        f"{epoch},{loss:.4f},{f'{loss + 0.1:.4f}' if (epoch + 1) % every == 0 else ''}"
        for epoch, loss in enumerate(losses)
    ]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path
