"""All datasets by name."""

from genconv.data.base import DatasetEntry
from genconv.data.toy.dataset import toy_entries
from genconv.errors import unknown_name


def dataset_entries() -> dict[str, DatasetEntry]:
    """Every known dataset by name."""
    return {entry.name: entry for entry in toy_entries()}


def dataset_named(name: str) -> DatasetEntry:
    """The dataset of that name; `InputError` with the nearest one otherwise."""
    entries = dataset_entries()
    if name not in entries:
        raise unknown_name("dataset", name, entries)
    return entries[name]
