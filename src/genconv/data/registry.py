"""All datasets by name."""

from genconv.data.base import DatasetEntry
from genconv.data.images.array_dataset import array_entry, is_array_file
from genconv.data.images.entries import image_entries
from genconv.data.toy.dataset import toy_entries
from genconv.errors import unknown_name


def dataset_entries() -> dict[str, DatasetEntry]:
    """Every known dataset by name."""
    return {entry.name: entry for entry in (*toy_entries(), *image_entries())}


def dataset_named(name: str) -> DatasetEntry:
    """The dataset of that name, or in the NumPy file at that path; `InputError` with the nearest name otherwise."""
    if is_array_file(name):
        return array_entry(name)
    entries = dataset_entries()
    if name not in entries:
        raise unknown_name("dataset", name, entries)
    return entries[name]
