"""The files of the datasets that are read from files, by the dataset's name. No JAX."""

from pathlib import Path

from genconv.data.images import mnist, omniglot
from genconv.data.images.download import download_bar, fetch
from genconv.data.images.sources import Source, data_folder, located, where_to_put
from genconv.data.tabular import uci_files
from genconv.errors import WorkError, unknown_name

FILES: dict[str, tuple[Source, ...]] = {"mnist": mnist.SOURCES, "omniglot": omniglot.SOURCES} | uci_files.SOURCES


def files_of(name: str) -> tuple[Source, ...]:
    """The files of a dataset; `InputError` with the nearest name if it has none."""
    if name not in FILES:
        raise unknown_name("dataset of files", name, FILES)
    return FILES[name]


def present(source: Source, folder: Path | None = None) -> Path:
    """The file of `source`, downloaded if it is missing, with a bar on a terminal; `WorkError` if it cannot be had."""
    folder = data_folder(folder)
    found = located(source, folder)
    if found is not None:
        return found
    with download_bar(source.path) as bar:
        return fetch(source, folder, bar)


def only_located(source: Source, folder: Path | None = None) -> Path:
    """The file of `source`, without downloading it; `WorkError` telling where to put it if it is missing."""
    folder = data_folder(folder)
    found = located(source, folder)
    if found is None:
        how = source.by_hand or f"fetch it (genconv data fetch), or {where_to_put(source)}"
        raise WorkError(f"{folder / source.path} is missing: {how}")
    return found
