"""Named arrays in safetensors files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from genconv.errors import InputError
from genconv.store.files import one_line

Arrays = Mapping[str, NDArray[Any]]


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write the arrays; `SafetensorError` or `OSError` if that fails."""
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays in a file; `InputError` if it cannot be read as such."""
    try:
        return dict(load_file(path))
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path}: cannot be read ({one_line(error)})") from None
