"""From sources to cells: the runs of one model and dataset, with names, seeds and common epochs."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError, printable, quoted
from genconv.measure import LOSS, Measure
from genconv.readers.align import align
from genconv.readers.detect import read_source
from genconv.readers.names import checked_name, names_from, seeds_of
from genconv.readers.options import ImportOptions
from genconv.readers.run import ExternalRun, LeftOut, Reading, Series
from genconv.store.files import sha256
from genconv.store.imported import ImportedCell

_MOST_SEEDS = 100_000


@dataclass(frozen=True)
class Import:
    """A cell that was read, and notes on what the readers decided."""

    cell: ImportedCell
    notes: tuple[str, ...]


def read_cells(sources: Iterable[Path], options: ImportOptions) -> tuple[list[Import], tuple[str, ...]]:
    """The cells in `sources`, and a line for each source; runs of one model and dataset are one cell wherever they lie.

    `InputError`, one printable line, if a source cannot be read: no source is skipped.
    """
    try:
        readings = [reading for path in sources for reading in read_source(path, options)]
        if not readings:
            raise InputError("no source given")
        groups: dict[tuple[str, str], list[tuple[ExternalRun, Reading]]] = defaultdict(list)
        guessed: dict[tuple[str, str], str] = {}
        for reading in readings:
            for run in reading.runs:
                name, how = _name(run, options)
                groups[name].append((run, reading))
                if how:
                    guessed[name] = how
        cells = [_cell(name, members, guessed.get(name), options) for name, members in groups.items()]
    except InputError as error:
        raise InputError(printable(str(error))) from None
    return cells, tuple(dict.fromkeys(printable(_sentence(reading)) for reading in readings))


def _name(run: ExternalRun, options: ImportOptions) -> tuple[tuple[str, str], str | None]:
    """Model and dataset, and where their names come from if neither the source nor the user gives them."""
    model = run.model if options.model is None else options.model
    dataset = run.dataset if options.dataset is None else options.dataset
    how = None
    if model is None or dataset is None:
        found = names_from(run.origin, options.datasets)
        unsaid = [kind for kind, value in (("model", model), ("dataset", dataset)) if value is None]
        model = found[0] if model is None else model
        dataset = found[1] if dataset is None else dataset
        said = " and ".join(f"{kind} '{model if kind == 'model' else dataset}'" for kind in unsaid)
        flags = " ".join(f"--{kind}" for kind in unsaid)
        how = f"{said} from the name '{run.origin.name}' ({flags} to say otherwise)"
    return (checked_name("model", model), checked_name("dataset", dataset)), how


def _cell(
    name: tuple[str, str], members: Sequence[tuple[ExternalRun, Reading]], how: str | None, options: ImportOptions
) -> Import:
    model, dataset = name
    where = f"{model} on {dataset}"
    runs = [_negated(run) if options.negate else run for run, _ in members]
    seeds, numbering = seeds_of(runs, where)
    by_seed = _by_seed(seeds, runs, where)
    aligned = align(list(by_seed.values()), options.align, where)
    notes = [note for note in (how, numbering, *aligned.notes, _about_sign(aligned.validation, options)) if note]
    files = dict.fromkeys(file for _, reading in members for file in reading.files)
    provenance = {
        "sources": [{"name": printable(file.name), "sha256": sha256(file)} for file in files],
        "columns": {role: column for _, reading in members for role, column in reading.columns.items()},
        "labels": [run.label for run in by_seed.values()],
        "negated": bool(options.negate),
        "left_out": [
            {"label": printable(run.label), "reason": run.reason}
            for reading in {id(reading): reading for _, reading in members}.values()
            for run in reading.left_out
        ],
        "notes": [printable(note) for note in notes],
    }
    epochs_at, steps_at = _places(runs, aligned.keys)
    cell = ImportedCell(
        dataset,
        model,
        tuple(by_seed),
        aligned.training,
        aligned.validation,
        provenance,
        measure=_measure([reading for _, reading in members], options),
        epochs_at=epochs_at,
        steps_at=steps_at,
    )
    return Import(cell, tuple(map(printable, notes)))


def _measure(readings: Sequence[Reading], options: ImportOptions) -> Measure:
    """What the user says, else what all sources say alike, else nothing."""
    said = {reading.measure for reading in readings}
    return options.measure or (said.pop() if len(said) == 1 else LOSS)


def _places(runs: Sequence[ExternalRun], keys: FloatArray) -> tuple[FloatArray | None, FloatArray | None]:
    """Epochs, counted from 0, and steps of the places; None for 0, 1, 2, …, and for what the source does not count.

    A source in which no place is before epoch 1 counts epochs from 1.
    """
    if not all(run.by_epoch for run in runs):
        whole = bool(np.all(keys == np.round(keys)))
        return (None, keys) if whole else (keys, None)
    first = min(series.keys[0] for run in runs for series in (run.training, run.validation) if len(series))
    epochs = keys - 1 if first >= 1 else keys
    return (None if np.array_equal(epochs, np.arange(len(epochs))) else epochs), None


def _by_seed(seeds: Sequence[int], runs: Sequence[ExternalRun], where: str) -> dict[int, ExternalRun]:
    """Runs in the order of their seeds. Copies of a run count once; two different runs of one seed are an error."""
    if len(runs) > _MOST_SEEDS:
        raise InputError(f"{where}: {len(runs)} seeds are more than {_MOST_SEEDS}")
    by_seed: dict[int, ExternalRun] = {}
    for seed, run in sorted(zip(seeds, runs, strict=True), key=lambda pair: pair[0]):
        if seed in by_seed and not _same(by_seed[seed], run):
            places = " and ".join(f"'{same.origin.name}'" for same in (by_seed[seed], run))
            raise InputError(f"{where}: seed {seed} occurs twice with different losses (in {places})")
        by_seed[seed] = run
    return by_seed


def _same(a: ExternalRun, b: ExternalRun) -> bool:
    pairs = ((a.training, b.training), (a.validation, b.validation))
    return all(
        np.array_equal(one.keys, other.keys) and np.array_equal(one.values, other.values, equal_nan=True)
        for one, other in pairs
    )


def _negated(run: ExternalRun) -> ExternalRun:
    training, validation = (Series(series.keys, -series.values) for series in (run.training, run.validation))
    return replace(run, training=training, validation=validation)


def _about_sign(validation: np.ndarray[tuple[int, ...], np.dtype[np.float64]], options: ImportOptions) -> str | None:
    """A note where losses look like ELBOs; only the user changes the sign."""
    first = validation[:, 0]
    if options.negate:
        return "negated: higher was better"
    if np.isfinite(first).any() and np.median(first[np.isfinite(first)]) < 0:
        return "the losses start below zero: if higher is better in them, --negate"
    return None


def _sentence(reading: Reading) -> str:
    roles = ", ".join(f"{role} ← '{name}'" for role, name in reading.columns.items())
    names = [file.name for file in reading.files]
    name = names[0] if len(names) == 1 else f"{len(names)} files ({names[0]}, …)"
    return f"{name}: {'; '.join(part for part in (roles, *reading.notes, *_left_out(reading.left_out)) if part)}"


def _left_out(runs: Sequence[LeftOut]) -> list[str]:
    """A line for each reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        by_reason[run.reason].append(run.label)
    return [
        f"left out: {len(labels)} {'run' if len(labels) == 1 else 'runs'} {reason} ({quoted(labels, 4)})"
        for reason, labels in by_reason.items()
    ]
