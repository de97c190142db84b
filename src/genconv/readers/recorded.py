"""Recorded runs as cells, by the rules of imports: divergence, places, lengths, settings."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from genconv.coordinates import Coordinates
from genconv.errors import InputError, printable
from genconv.measure import Measure
from genconv.readers.cells import cell_of
from genconv.readers.ended import Rules, ends
from genconv.readers.groups import Group, groups_of
from genconv.readers.log import flat_texts
from genconv.readers.options import ImportOptions
from genconv.readers.record import words_of
from genconv.readers.run import ExternalRun, LeftOut, Reading, Series
from genconv.readers.settings import ALL
from genconv.store.imported import ImportedCell
from genconv.store.load import RecordedCell, RecordedCells
from genconv.store.recorded import LOG, LOSSES, RecordedRun, open_recorded
from genconv.store.recorded_log import State
from genconv.store.scalars import WALL_TIME
from genconv.store.uncounted import WITHOUT_LOSS, UncountedRun, by_state

_OPTIONS = ImportOptions(group_by=(ALL,), align="shortest")
"""Configurations that differ are cells of their own, and a run that ended early cuts the others, which is noted."""
_OPTION = re.compile(r" \(--(nan|blank|blow-up) [^)]*\)")
"""What notes say of options that only imports have."""
_REASONS: Mapping[State, str] = {
    "finished": "without a loss",
    "failed": "that failed",
    "interrupted": "that was interrupted",
    "running": "still running",
}


def recorded_cells(folders: Sequence[Path]) -> RecordedCells:
    """The cells of the runs in some folders, what cannot be read, and a note on whatever was decided.

    A run that is not finished is left out, which is noted, unless it has diverged or no run of its cell is finished.
    """
    by_measure: dict[Measure, list[RecordedRun]] = defaultdict(list)
    problems: list[str] = []
    for folder in folders:
        try:
            run = open_recorded(folder)
        except InputError as error:
            problems.append(str(error))
        else:
            by_measure[run.run.measure].append(run)
    cells: list[RecordedCell] = []
    notes: list[str] = []
    uncounted: list[UncountedRun] = []
    for runs in by_measure.values():
        numbers = _numbers({run.run.coordinates for run in runs})
        groups, _ = groups_of([_reading(run, numbers[run.run.coordinates]) for run in runs], _OPTIONS)
        for group in groups:
            try:
                cells += _cell(group, {run.path: run for run in runs}, notes, uncounted)
            except InputError as error:
                problems.append(printable(str(error)))
    return RecordedCells(tuple(cells), tuple(problems), tuple(map(printable, notes)), tuple(uncounted))


def _numbers(runs: set[Coordinates]) -> dict[Coordinates, int]:
    """An integer for each: the seed, if all are the coordinates of one; else the place in their order."""
    seeds = {run: run.seed for run in runs}
    known = {run: seed for run, seed in seeds.items() if seed is not None}
    return known if len(known) == len(seeds) else {run: place for place, run in enumerate(sorted(runs, key=str))}


def _reading(run: RecordedRun, number: int) -> Reading:
    training, validation = (_series(run, loss) for loss in ("training", "validation"))
    found = ExternalRun(
        label=run.run.label,
        training=training,
        validation=validation,
        model=run.run.model,
        dataset=run.run.dataset,
        seed=number,
        by_epoch=run.counted == "epoch" and all(place == round(place) for place in run.places),
        origin=run.path,
        settings=flat_texts(run.run.config),
        scalars=_scalars(run),
    )
    columns = {loss: loss for loss in LOSSES if loss in run.values}
    again = f"{run.run.label} was started {run.starts} times"
    void = (f"{again}: {run.void} places of an earlier start are void",) if run.void else ()
    return Reading((found,), (run.path / LOG,), columns, void, run.run.measure)


def _scalars(run: RecordedRun) -> dict[str, Series]:
    """What the script logged beside the losses, and when it did."""
    times = {WALL_TIME: run.seconds} if run.seconds else {}
    named = {name: values for name, values in (times | dict(run.values)).items() if name not in LOSSES}
    return {
        name: Series(np.array(list(values), dtype=np.float64), np.array(list(values.values()), dtype=np.float64))
        for name, values in named.items()
    }


def _series(run: RecordedRun, loss: str) -> Series:
    values = run.values.get(loss, {})
    return Series(np.array(list(values), dtype=np.float64), np.array(list(values.values()), dtype=np.float64))


def _cell(
    group: Group, runs: Mapping[Path, RecordedRun], notes: list[str], uncounted: list[UncountedRun]
) -> list[RecordedCell]:
    """The cell of a group, none if no run is left; `notes` and `uncounted` grow."""
    where = f"{group.model} on {group.dataset}"
    if group.settings:
        where += f" ({', '.join(f'{name}={value}' for name, value in group.settings.items())})"
    every = group.runs
    kept, left_out, notes_on_state = _kept(group, runs)
    group.runs, group.left_out = kept, left_out
    if not kept:
        uncounted += _uncounted(every, set(), runs, group.settings)
        return []
    imported = cell_of(group, _OPTIONS)
    elsewhere = set(words_of(left_out))  # these runs are in `uncounted`
    told = [note for note in (*notes_on_state, *imported.notes) if note not in elsewhere]
    void = [note for reading in group.readings for note in reading.notes]
    notes += [f"{where}: {_OPTION.sub('', note)}" for note in (*told, *void)]
    cell = _with_folders(imported.cell, group, notes_on_state)
    chosen = {run.seed: runs[run.origin] for run in kept}
    recorded = [chosen[seed] for seed in cell.seeds]
    coordinates = tuple(run.run.coordinates for run in recorded)
    taken = {run.path for run in recorded}
    has_streams = any(run.run.has_streams for run in recorded)
    lost = _uncounted(every, taken, runs, group.settings)
    uncounted += lost
    return [RecordedCell(recorded[0].path, cell, coordinates, has_streams, by_state(lost))]


def _uncounted(
    every: Sequence[ExternalRun], taken: set[Path], runs: Mapping[Path, RecordedRun], settings: Mapping[str, str]
) -> list[UncountedRun]:
    """Those that are in no number. A finished run with losses is none of them: it is a copy of another."""
    found = []
    for run in every:
        one = runs[run.origin]
        if run.origin in taken or (one.state == "finished" and (len(run.validation) or len(run.training))):
            continue
        state = WITHOUT_LOSS if one.state == "finished" else one.state
        found.append(
            UncountedRun(one.run.dataset, one.run.model, one.run.coordinates.label, state, one.reason, settings)
        )
    return found


def _kept(group: Group, runs: Mapping[Path, RecordedRun]) -> tuple[list[ExternalRun], list[LeftOut], list[str]]:
    """The runs that count, those that do not, and a note if none of the former is finished."""
    states = {run.origin: runs[run.origin].state for run in group.runs}
    with_losses = [run for run in group.runs if len(run.validation) or len(run.training)]
    over = [run for run in with_losses if states[run.origin] == "finished" or _has_diverged(run)]
    kept, notes = over, []
    if not any(states[run.origin] == "finished" for run in over):
        diverged = {id(run) for run in over}
        kept = [run for run in with_losses if states[run.origin] != "failed" or id(run) in diverged]
        counts = Counter(states[run.origin] for run in kept)
        said = ", ".join(f"{count} {state}" for state, count in counts.items())
        notes = [f"no run is finished ({said}): what they have logged so far is taken"] if kept else []
    taken = {id(run) for run in kept}
    left_out = [
        LeftOut(_with_reason(run.label, runs[run.origin]), _REASONS[states[run.origin]])
        for run in group.runs
        if id(run) not in taken
    ]
    return kept, left_out, notes


def _has_diverged(run: ExternalRun) -> bool:
    if not len(run.validation):
        run = replace(run, training=Series.empty(), validation=run.training)
    found, _ = ends([run], Rules(), run.label)
    return found[0].at is not None


def _with_reason(label: str, run: RecordedRun) -> str:
    return f"{label}: {run.reason}" if run.state == "failed" and run.reason else label


def _with_folders(cell: ImportedCell, group: Group, notes: Sequence[str]) -> ImportedCell:
    """The cell with the folders of its runs on record instead of their logs, which all have one name."""
    logs = dict.fromkeys(file for reading in group.readings for file in reading.files)
    sources = [
        {**source, "name": printable(log.parent.name)}
        for log, source in zip(logs, cell.provenance["sources"], strict=True)
    ]
    said = [*notes, *cell.provenance["notes"]]
    return replace(cell, provenance={**cell.provenance, "sources": sources, "notes": said})
