"""Where the files of datasets lie: `GENCONV_DATA` or `--data-dir`, otherwise the cache folder of the platform."""

import os
from pathlib import Path

import platformdirs

from genconv.data.images.source import Source

VARIABLE = "GENCONV_DATA"


def data_folder(given: Path | None = None) -> Path:
    """The folder that is given, that the environment names, or that the platform keeps caches in."""
    if given is not None:
        return given
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return platformdirs.user_cache_path("genconv", appauthor=False)


def located(source: Source, folder: Path) -> Path | None:
    """The file in `folder`, wherever it may lie there; None if it is missing."""
    places = (folder / place for place in (source.path, *source.others))
    return next((place for place in places if place.exists()), None)


def where_to_put(source: Source) -> str:
    """In words, for a person who has the file, after its place was named."""
    return f"put it there, or set {VARIABLE} to the folder that holds {source.path}"
