"""The real data, for tests marked `data`."""

import os
from pathlib import Path

import pytest

from genconv.data.images.sources import Source, located


def real(source: Source) -> Path:
    """The file below GENCONV_DATA; skips if it is not there, and never downloads."""
    if "GENCONV_DATA" not in os.environ:
        pytest.skip("GENCONV_DATA does not name a folder with the real data")
    path = located(source, Path(os.environ["GENCONV_DATA"]))
    if path is None:
        pytest.skip(f"{source.path} is not in the folder that GENCONV_DATA names")
    return path
