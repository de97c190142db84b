"""From sources to cells: the runs of one model and dataset, with names, seeds and common places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genconv.curves import Divergence
from genconv.errors import InputError, clipped, printable
from genconv.measure import LOSS, Measure
from genconv.readers.align import Aligned, align, with_validation
from genconv.readers.detect import read_source
from genconv.readers.ended import Ended, Rules, ends
from genconv.readers.further import scalars_of
from genconv.readers.groups import Group, groups_of
from genconv.readers.leaving_out import long_enough
from genconv.readers.names import seeds_of
from genconv.readers.options import ImportOptions
from genconv.readers.places import Places, places_of
from genconv.readers.record import record_of, sentences, words_of
from genconv.readers.run import ExternalRun, LeftOut, Reading
from genconv.readers.settings import Settings
from genconv.readers.sign import about_sign, refuse_scores, signed
from genconv.readers.splits import joined
from genconv.store.imported import ImportedCell

_MOST_SEEDS = 100_000
_ONE_LOSS = "one loss only: it stands for the validation loss, there is no training loss"


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
        refuse_scores(options, "--negate takes its negative, --no-negate takes it as a loss")
        readings = [reading for path in sources for reading in read_source(path, options)]
        if not readings:
            raise InputError("no source given")
        readings = joined([signed(reading, options) for reading in readings])
        groups, lines = groups_of(readings, options)
        cells = [cell_of(group, options) for group in groups]
    except InputError as error:
        raise InputError(printable(str(error))) from None
    return cells, tuple(dict.fromkeys(printable(line) for line in (*sentences(readings), *lines)))


def cell_of(group: Group, options: ImportOptions) -> Import:
    """The cell of a group; an error says what was decided while its sources were read, which may be its cause."""
    try:
        return _cell(group, options)
    except InputError as error:
        said = [note for reading in group.readings for note in (*reading.notes, *words_of(reading.left_out))]
        words = "; ".join(dict.fromkeys(said))
        raise InputError(f"{error} (read so: {clipped(words, 400)})" if words else str(error)) from None


def _cell(group: Group, options: ImportOptions) -> Import:
    where, readings = f"{group.model} on {group.dataset}", group.readings
    if len(group.runs) > _MOST_SEEDS:
        raise InputError(f"{where}: {len(group.runs)} seeds are more than {_MOST_SEEDS}")
    runs, single = with_validation(group.runs, options.min_epochs, where)
    runs, found, decided, left_out = _ended(runs, readings, options, where)
    seeds, numbering = seeds_of(runs, where)
    order, copies = _by_seed(seeds, runs, where, named=options.model is not None)
    aligned = align([found[place] for place in order], options.align, where)
    settings = Settings.of([runs[place] for place in order])
    places = places_of(runs, aligned.keys)
    lost = [*group.left_out, *left_out]
    said = (group.guessed, numbering, copies, settings.note, *words_of(lost), _ONE_LOSS if single else None, *decided)
    scalars, unkept = scalars_of([runs[place] for place in order], aligned, places)
    closing = (*aligned.notes, places.note, unkept, about_sign(aligned.validation, options, readings))
    notes = [note for note in (*said, *closing) if note]
    labels = [runs[place].label for place in order]
    record = record_of(readings, options, notes, labels, settings, lost)
    cell = ImportedCell(
        group.dataset,
        group.model,
        tuple(seeds[place] for place in order),
        aligned.training,
        aligned.validation,
        record,
        measure=_measure(readings, options),
        epochs_at=places.epochs,
        steps_at=places.steps,
        divergences=tuple(_divergence(found[place], aligned, places) for place in order),
        settings=group.settings,
        scalars=scalars,
    )
    return Import(cell, tuple(map(printable, notes)))


def _ended(
    runs: Sequence[ExternalRun], readings: Sequence[Reading], options: ImportOptions, where: str
) -> tuple[list[ExternalRun], list[Ended], list[str], list[LeftOut]]:
    """The runs that are kept, how each ended, notes on that, and the runs that are too short or have no losses."""
    found, notes = ends(runs, _rules(readings, options), where)
    has_losses = [one.at is not None or len(one.run.validation) > 0 for one in found]
    empty = [run.label for run, has in zip(runs, has_losses, strict=True) if not has]
    found = [one for one, has in zip(found, has_losses, strict=True) if has]
    found, short = long_enough(found, options.min_epochs)
    if not found:
        raise InputError(f"{where}: no run is left, {len(runs)} left out")
    left_out = [*(LeftOut(label, "without validation losses") for label in empty), *short]
    return [one.run for one in found], found, notes, left_out


def _rules(readings: Sequence[Reading], options: ImportOptions) -> Rules:
    """What the user says, else the convention of the format if all sources have the same."""
    nan = {reading.nan for reading in readings}
    limits = {reading.blow_up for reading in readings}
    return Rules(
        options.nan or (nan.pop() if len(nan) == 1 else "missing"),
        options.blank,
        options.blow_up if options.blow_up is not None or len(limits) > 1 else limits.pop(),
    )


def _measure(readings: Sequence[Reading], options: ImportOptions) -> Measure:
    """What the user says, else what all sources say alike, else nothing."""
    said = {reading.measure for reading in readings}
    return options.measure or (said.pop() if len(said) == 1 else LOSS)


def _divergence(one: Ended, aligned: Aligned, places: Places) -> Divergence | None:
    """Where a run diverged, as the store counts; None if it is alive at the end, or was cut before."""
    if one.at is None or one.at > aligned.cut_at:
        return None
    stored = places.stored(aligned.keys)
    place = int(np.searchsorted(aligned.keys, one.at))
    beyond = place == len(stored)
    return Divergence(int(one.at - aligned.keys[-1] + stored[-1] if beyond else stored[place]), one.cause)


def _by_seed(
    seeds: Sequence[int], runs: Sequence[ExternalRun], where: str, *, named: bool
) -> tuple[list[int], str | None]:
    """The places of the runs in the order of their seeds, and a note on copies.

    Copies of a run count once; two different runs of one seed are an error. `named`: the user has named the model.
    """
    by_seed: dict[int, int] = {}
    copies: list[int] = []
    for place in sorted(range(len(runs)), key=lambda place: seeds[place]):
        seed = seeds[place]
        if seed not in by_seed:
            by_seed[seed] = place
        elif _same(runs[by_seed[seed]], runs[place]):
            copies.append(seed)
        else:
            raise _twice(seed, runs[by_seed[seed]], runs[place], where, named=named)
    if not copies:
        return list(by_seed.values()), None
    first = f"seed {copies[0]}{', …' if len(copies) > 1 else ''}"
    words = "1 copy of a run is" if len(copies) == 1 else f"{len(copies)} copies of runs are"
    return list(by_seed.values()), f"{words} left out ({first})"


def _twice(seed: int, one: ExternalRun, other: ExternalRun, where: str, *, named: bool) -> InputError:
    """An error on two runs of one seed, which names the settings that tell them apart."""
    names = [run.origin.name for run in (one, other)]
    shown = [run.label for run in (one, other)] if names[0] == names[1] else names
    files = " and ".join(f"'{name}'" for name in shown)
    differing = Settings.of([one, other])
    words = f", in runs that differ in {differing.words}" if differing.words else ""
    by = ",".join(list(differing.differing)[:3]) or "NAME"
    return InputError(
        f"{where}: seed {seed} occurs twice with different losses (in {files}){words}: "
        f"{'' if named else '--model or '}--group-by {by} makes cells of their own"
    )


def _same(a: ExternalRun, b: ExternalRun) -> bool:
    pairs = ((a.training, b.training), (a.validation, b.validation))
    return all(
        np.array_equal(one.keys, other.keys) and np.array_equal(one.values, other.values, equal_nan=True)
        for one, other in pairs
    )
