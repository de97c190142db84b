"""All datasets by name, and those in files of the user's."""

from collections.abc import Iterator, Mapping
from typing import Any

from genconv.data.base import Dataset, DatasetEntry, DataSpec
from genconv.data.images.entries import image_entries
from genconv.data.own_file import is_own_file, own_file_entry
from genconv.data.tabular.copula import table_entries
from genconv.data.tabular.uci_dataset import uci_entries
from genconv.data.toy.dataset import toy_entries
from genconv.errors import InputError
from genconv.registry import Registry, checked_subclass


def dataset_entries() -> Mapping[str, DatasetEntry]:
    """Every dataset that has a name of its own: the shipped ones, then those of entry points."""
    return DATASETS.known


def dataset_named(name: str) -> DatasetEntry:
    """The dataset of that name, in the file of data at that path, or of the class `FILE.py:Name`.

    `InputError` with the nearest name if there is none, or for a file that holds no data that can be read.
    """
    return own_file_entry(name) if is_own_file(name) else DATASETS.named(name)


def _shipped() -> Iterator[tuple[str, DatasetEntry]]:
    for entry in (*toy_entries(), *table_entries(), *image_entries(), *uci_entries()):
        yield entry.name, entry


def _checked(name: str, value: object) -> DatasetEntry:
    """The entry of a user's class."""
    dataset = checked_subclass("dataset", name, value, Dataset)  # type: ignore[type-abstract]

    def build(config: Any) -> Dataset:
        built = dataset(config)
        for attribute, kind in (("spec", DataSpec), ("training_size", int)):
            if not isinstance(value := getattr(built, attribute, None), kind):
                raise InputError(f"dataset '{name}': its {attribute} is {value!r:.80}: must be a {kind.__name__}")
        return built

    return DatasetEntry.of(name, dataset.summary, dataset.defaults, build)


DATASETS = Registry("dataset", _shipped, _checked, ("Dataset",))
