"""Which cells and runs of results are read: by settings, whoever recorded them."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from genconv.errors import InputError, quoted, unknown_name
from genconv.store.grouping import full_key, short_key
from genconv.store.imported import ImportedCell
from genconv.store.results import Results, StoredCell

Rows = NDArray[np.bool_]
"""Shape (N,): which runs of a cell."""


def with_settings(results: Results, wanted: Mapping[str, Sequence[str]]) -> Results:
    """The cells with one of the given values of each setting, values as text; `training.epochs` → `40`, `400`.

    The end of a name is enough where only one setting has it: `epochs`.
    Of an imported cell whose runs differ in a setting, the runs with one of the values. `InputError` if no cell has a
    setting of that name, or none such a value.
    """
    kept = list(results.cells)
    known = {name for cell in results.cells for name in (*cell.settings, *_by_run(cell))}
    known |= {name for run in results.uncounted for name in run.settings}
    wanted = {full_key(key, known): values for key, values in wanted.items()}
    uncounted = tuple(run for run in results.uncounted if _has(run.settings, wanted))
    for key, values in wanted.items():
        if key not in known:
            raise unknown_name("setting", key, known) if known else InputError(f"--where {key}: no cell has settings")
        kept = [cell for whole in kept if (cell := _chosen(whole, key, values)) is not None]
        if not kept and not uncounted:
            there = list(dict.fromkeys(text for cell in results.cells for text in _values(cell, key)))
            raise InputError(f"no cell has {key} = {' or '.join(values)}: values are {quoted(there, 8)}")
    return replace(_with_note(results, kept, "--where"), uncounted=uncounted)


def _has(settings: Mapping[str, str], wanted: Mapping[str, Sequence[str]]) -> bool:
    """Whether nothing that is known of a run's settings is against what is wanted."""
    return all(
        key not in settings or any(is_value(settings[key], text) for text in texts) for key, texts in wanted.items()
    )


def grouped(results: Results, keys: Sequence[str]) -> Results:
    """The cells, told apart by some settings: an imported cell whose runs differ in one of them is split.

    `InputError` if two cells of one dataset and model have equal values of all of them: they differ in other settings,
    and are not one cell.
    """
    parts: list[StoredCell] = []
    known = {name for cell in results.cells for name in (*cell.settings, *_by_run(cell))}
    keys = [full_key(key, known) for key in keys]
    for cell in results.cells:
        for key in keys:
            if key not in cell.settings and key not in _by_run(cell):
                own = {*cell.settings, *_by_run(cell)}
                if not own:
                    raise InputError(f"--group-by {key}: {cell.curves.label} has no settings on record")
                raise InputError(f"--group-by: {cell.curves.label}: {unknown_name('setting', key, own)}")
        parts.extend(_split(cell, keys))
    seen: dict[tuple[str, ...], StoredCell] = {}
    for part in parts:
        curves = part.curves
        name = (curves.dataset, curves.model, curves.protocol, curves.variant)
        if name in seen:
            raise InputError(_alike(seen[name], part, keys))
        seen[name] = part
    return replace(results, cells=tuple(parts))


def subset(cell: StoredCell, rows: Rows) -> StoredCell:
    """Some runs of a cell."""
    curves, places = cell.curves, np.flatnonzero(rows).tolist()
    some = replace(
        curves,
        seeds=_rows(curves.seeds, places),
        training=curves.training[rows],
        validation=curves.validation[rows],
        divergences=_rows(curves.divergences, places),
        evaluation={name: values[rows] for name, values in curves.evaluation.items()},
        coordinates=None if curves.coordinates is None else _rows(curves.coordinates, places),
    )
    imported = None if cell.imported is None else _some_imported(cell.imported, rows)
    return replace(cell, curves=some, runs=_rows(cell.runs, places) if cell.runs else (), imported=imported)


def matching_runs(results: Results, keep: Callable[[StoredCell], Rows], reason: str) -> Results:
    """The runs for which `keep` holds, and a note on how many cells and runs that leaves."""
    found = [(cell, keep(cell)) for cell in results.cells]
    return _with_note(results, [subset(cell, rows) for cell, rows in found if rows.any()], reason)


T = TypeVar("T")


def _rows(values: tuple[T, ...], places: Sequence[int]) -> tuple[T, ...]:
    return tuple(values[place] for place in places)


def _some_imported(cell: ImportedCell, rows: Rows) -> ImportedCell:
    places = np.flatnonzero(rows).tolist()
    by_run = {name: [values[place] for place in places] for name, values in cell.differing_settings.items()}
    labels = cell.provenance.get("labels", ())
    provenance = {
        **cell.provenance,
        "settings": {
            **cell.common_settings,
            **{name: values[0] for name, values in by_run.items() if len(set(values)) == 1},
        },
        "by_run": {name: values for name, values in by_run.items() if len(set(values)) > 1},
        "differing": {name: list(dict.fromkeys(values)) for name, values in by_run.items() if len(set(values)) > 1},
        "labels": [labels[place] for place in places] if len(labels) == len(rows) else list(labels),
    }
    return replace(
        cell,
        seeds=_rows(cell.seeds, places),
        training=None if cell.training is None else cell.training[rows],
        validation=cell.validation[rows],
        divergences=None if cell.divergences is None else _rows(cell.divergences, places),
        provenance=provenance,
        scalars={name: one.of_rows(places) for name, one in cell.scalars.items()},
    )


def _by_run(cell: StoredCell) -> dict[str, list[str]]:
    return {} if cell.imported is None else cell.imported.differing_settings


def _values(cell: StoredCell, key: str) -> list[str]:
    """The values of a setting in a cell, as text."""
    if key in cell.settings:
        return [as_text(cell.settings[key])]
    return list(dict.fromkeys(_by_run(cell).get(key, ())))


def as_text(value: Any) -> str:
    """A setting as one writes it on a command line: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_value(recorded: Any, text: str) -> bool:
    """Whether a text names a recorded value: the same text, or the same number (`0.001` and `1e-3`)."""
    written = as_text(recorded)
    if written == text or (recorded is None and text.lower() == "none"):
        return True
    if isinstance(recorded, bool):
        return written == text.lower()
    try:
        return float(written) == float(text)
    except ValueError:
        return False


def _chosen(cell: StoredCell, key: str, values: Sequence[str]) -> StoredCell | None:
    if key in cell.settings:
        return cell if any(is_value(cell.settings[key], text) for text in values) else None
    recorded = _by_run(cell).get(key)
    if recorded is None:
        return None
    rows = np.array([any(is_value(value, text) for text in values) for value in recorded])
    return subset(cell, rows) if rows.any() else None


def _split(cell: StoredCell, keys: Sequence[str]) -> list[StoredCell]:
    """The cell in parts that have one value of each key, called by these values."""
    recorded = _by_run(cell)
    names, count = {*cell.settings, *recorded}, len(cell.curves.seeds)
    columns = [recorded[key] if key in recorded else [as_text(cell.settings[key])] * count for key in keys]
    rows = list(zip(*columns, strict=True))
    parts = []
    for values in dict.fromkeys(rows):
        part = subset(cell, np.array([row == values for row in rows]))
        variant = ", ".join(f"{short_key(key, names)}={value}" for key, value in zip(keys, values, strict=True))
        parts.append(replace(part, curves=replace(part.curves, variant=variant)))
    return parts


def _alike(one: StoredCell, other: StoredCell, keys: Sequence[str]) -> str:
    """Why two cells with equal values of all keys are no one cell."""
    names = sorted({*one.settings, *other.settings} - set(keys))
    differing = [name for name in names if one.settings.get(name) != other.settings.get(name)]
    label = one.curves.label
    if not differing:
        return f"--group-by: two cells are {label}, and nothing on record tells them apart: give fewer paths"
    hint = f"--where {differing[0]}=… chooses one, --group-by {','.join([*keys, differing[0]])} keeps them apart"
    return f"--group-by: two cells are {label}, and differ in {quoted(differing, 4)}: {hint}"


def _with_note(results: Results, kept: Sequence[StoredCell], why: str) -> Results:
    """The chosen cells, and a note on how much they are of all."""
    counts = [(len(cells), sum(len(cell.curves.seeds) for cell in cells)) for cells in (kept, results.cells)]
    if counts[0] == counts[1]:
        return replace(results, cells=tuple(kept))
    (cells, runs), (all_cells, all_runs) = counts
    note = f"{why}: {cells} of {all_cells} cells, {runs} of {all_runs} runs"
    return replace(results, cells=tuple(kept), notes=(*results.notes, note))
