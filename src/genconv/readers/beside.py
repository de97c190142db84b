"""Hyper-parameters in a file beside the table of a run: Lightning's `hparams.yaml`, Hydra's `.hydra/config.yaml`."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from genconv.readers.options import ImportOptions
from genconv.readers.run import ExternalRun, Reading
from genconv.readers.scalars import said_of, seed_from
from genconv.readers.settings import value_of
from genconv.readers.yaml_settings import settings_in

LIGHTNING = "hparams.yaml"
_FILES = (LIGHTNING, ".hydra/config.yaml")
"""Either lies in a folder of one run."""
_ROLES = ("model", "dataset", "seed")


def settings_beside(table: Path) -> tuple[str, dict[str, str]]:
    """The name of the file beside a table, and its plain values by dotted names; both empty if there is none."""
    for name in _FILES:
        if found := settings_in(table.parent / name):
            return name, found
    return "", {}


def split_columns(
    options: ImportOptions, columns: Collection[str], settings: Mapping[str, str]
) -> tuple[ImportOptions, dict[str, str]]:
    """The options for the table alone, and the roles that the user gives to hyper-parameters which are no column."""
    given = {
        role: name
        for role, name in options.columns.items()
        if role in _ROLES and not _all_in(name, columns) and _all_in(name, settings)
    }
    kept = {role: name for role, name in options.columns.items() if role not in given}
    return (replace(options, columns=kept) if given else options), given


def _all_in(name: str, known: Collection[str]) -> bool:
    return name in known or all(part.strip() in known for part in name.split("+"))


def with_settings(reading: Reading, file: str, settings: Mapping[str, str], given: Mapping[str, str]) -> Reading:
    """The reading of a table with the hyper-parameters of its run; what the table says of its own comes first.

    Of several runs in one table none has the seed in the file.
    """
    if not settings:
        return reading
    alone = len(reading.runs) == 1
    runs = tuple(_with(run, settings, given, alone=alone) for run in reading.runs)
    columns = {**reading.columns, **given}
    return replace(reading, runs=runs, columns=columns, notes=(*reading.notes, f"settings from '{file}'"))


def _with(run: ExternalRun, settings: Mapping[str, str], given: Mapping[str, str], *, alone: bool) -> ExternalRun:
    where = f"run '{run.label[:40]}'"
    said = {
        role: value_of(settings, given[role], role, where).strip() if role in given else said_of(settings, role)
        for role in _ROLES
    }
    return replace(
        run,
        model=said["model"] if run.model is None else run.model,
        dataset=said["dataset"] if run.dataset is None else run.dataset,
        seed=seed_from(said["seed"]) if run.seed is None and alone else run.seed,
        settings={**settings, **run.settings},
    )
