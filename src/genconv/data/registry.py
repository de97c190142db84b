"""All datasets by name."""

from dataclasses import replace

from genconv.config.user_code import is_user_code, load
from genconv.data.base import DatasetEntry
from genconv.data.images.array import array_entry, is_array_file
from genconv.data.images.entries import image_entries
from genconv.data.toy.dataset import toy_entries
from genconv.errors import InputError, unknown_name


def dataset_entries() -> dict[str, DatasetEntry]:
    """Every known dataset by name."""
    return {entry.name: entry for entry in (*toy_entries(), *image_entries())}


def dataset_named(name: str) -> DatasetEntry:
    """The dataset of that name, or in the NumPy file at that path; `InputError` with the nearest name otherwise.

    `path.py:Name` executes that file.
    """
    if is_user_code(name):
        return _of_user(name)
    if is_array_file(name):
        return array_entry(name)
    entries = dataset_entries()
    if name not in entries:
        raise unknown_name("dataset", name, entries)
    return entries[name]


def _of_user(name: str) -> DatasetEntry:
    """A dataset in a file of the user's, under the name that was given."""
    entry = load(name)
    if not isinstance(entry, DatasetEntry):
        raise InputError(f"'{name}' is {entry!r:.80}: must be a genconv.data.base.DatasetEntry")
    return replace(entry, name=name)
