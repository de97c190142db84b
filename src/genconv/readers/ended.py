"""How each run ended: which NaN, infinite, empty and large losses mean that it diverged, and which mean nothing.

A run diverged where its losses are NaN or infinite from some place to its end. A NaN that numbers follow was not
measured, nor is a validation loss that ends in NaN beside finite training losses. `--nan` and `--blank` say otherwise.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genconv.curves import Cause, FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.options import Meaning, Unsaid
from genconv.readers.places import evenly_spaced, in_words
from genconv.readers.run import ExternalRun, Series


class Rules(NamedTuple):
    """What the user, or the format of the source, says of such losses."""

    nan: Meaning = "missing"
    blank: Unsaid = "ask"
    blow_up: float | None = None


@dataclass(frozen=True)
class Ended:
    """A run without what was not measured, and where it diverged."""

    run: ExternalRun
    at: float | None = None
    """The place (epoch or step) at which it diverged; None if it ended alive."""
    cause: Cause = "non-finite loss"


class Notes:
    """What was decided of several runs, one line for each kind of decision."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[list[str], set[float]]] = defaultdict(lambda: ([], set()))

    def add(self, before: str, after: str, run: ExternalRun, places: FloatArray) -> None:
        """`before` at some epochs of the run `after`."""
        labels, keys = self._found[before, after]
        labels.append(run.label)
        keys.update(places.tolist())

    def lines(self, word: str) -> list[str]:
        """`NaN at epochs 3, 5 of 'a', 'b': not measured`."""
        return [
            f"{before} at {in_words(np.array(sorted(keys)), word)} of {quoted(labels, 4)}{after}"
            for (before, after), (labels, keys) in self._found.items()
        ]


def ends(runs: Sequence[ExternalRun], rules: Rules, where: str) -> tuple[list[Ended], list[str]]:
    """How each run of a cell ended, and a line for each decision.

    `InputError`, which names both readings and the option, where empty losses may mean either.
    """
    notes, word = Notes(), "epoch" if all(run.by_epoch for run in runs) else "step"
    runs = _without_blanks(runs, rules.blank, where, word, notes)
    runs = _without_unmeasured_places(runs, rules.nan, notes)
    found = [_ended(run, rules, notes) for run in runs]
    return found, [*notes.lines(word), *_about_blow_up(found, rules.blow_up)]


def _without_blanks(
    runs: Sequence[ExternalRun], policy: Unsaid, where: str, word: str, notes: Notes
) -> list[ExternalRun]:
    """Rows without losses as the user has it; `InputError` for those after a run's last number if nothing is said."""
    if policy == "diverged":
        wanted = np.unique(np.concatenate([run.validation.keys for run in runs]))
        return [_as_nan(run, wanted, notes) for run in runs]
    pending = [(run, run.blanks[run.blanks > _last(run)]) for run in runs]
    pending = [(run, places) for run, places in pending if len(places)]
    if pending and policy == "ask":
        keys = np.unique(np.concatenate([places for _, places in pending]))
        raise InputError(
            f"{where}: the rows of {in_words(keys, word)} of {quoted([run.label for run, _ in pending], 4)} are "
            "blank: --blank diverged if these runs diverged (many tools write NaN as nothing), --blank missing if they "
            "ended before"
        )
    for run, places in pending:
        notes.add("blank rows", ": taken as not measured (--blank diverged to say otherwise)", run, places)
    return list(runs)


def _last(run: ExternalRun) -> float:
    return max((series.keys[-1] for series in (run.training, run.validation) if len(series)), default=-np.inf)


def _as_nan(run: ExternalRun, validated: FloatArray, notes: Notes) -> ExternalRun:
    """The run with NaN at its empty places, and where it has a training loss but, after its last validation, none of
    validation, while other runs have one.
    """
    after = run.validation.keys[-1] if len(run.validation) else -np.inf
    unvalidated = np.intersect1d(run.training.keys[run.training.keys > after], validated)
    if not len(run.blanks) and not len(unvalidated):
        return run
    blanks = np.union1d(run.blanks, unvalidated)
    notes.add("blank losses", ": taken as NaN (--blank diverged)", run, blanks)
    training = _with(run.training, run.blanks) if len(run.training) else run.training
    return replace(run, training=training, validation=_with(run.validation, blanks), blanks=blanks)


def _with(series: Series, places: FloatArray) -> Series:
    places = np.setdiff1d(places, series.keys)
    keys = np.concatenate([series.keys, places])
    values = np.concatenate([series.values, np.full(len(places), np.nan)])
    order = np.argsort(keys, kind="stable")
    return Series(keys[order], values[order])


def _without_unmeasured_places(runs: Sequence[ExternalRun], policy: Meaning, notes: Notes) -> list[ExternalRun]:
    """The runs without places at which no run has a validation loss, where all of them were validated in between."""
    if policy == "diverged" or all(np.isfinite(run.validation.values).all() for run in runs):
        return list(runs)
    measured = np.unique(np.concatenate([run.validation.keys[~np.isnan(run.validation.values)] for run in runs]))
    if len(measured) < 2 or (all(run.by_epoch for run in runs) and not evenly_spaced(measured)):
        return list(runs)
    cleaned = []
    for run in runs:
        keys = run.validation.keys
        nowhere = ~np.isin(keys, measured) & (keys < measured[-1] + np.diff(measured).max())
        nowhere &= (keys < measured[-1]) | _finite_until(run.training, keys)
        if nowhere.any():
            notes.add("NaN", ", where no run has a number: not validated there", run, keys[nowhere])
        cleaned.append(replace(run, validation=Series(keys[~nowhere], run.validation.values[~nowhere])))
    return cleaned


def _finite_until(training: Series, keys: FloatArray) -> NDArray[np.bool_]:
    """Where the training loss is finite throughout, and reaches as far."""
    if not len(training) or not np.isfinite(training.values).all():
        return np.zeros(len(keys), dtype=bool)
    return np.asarray(keys <= training.keys[-1])


def _ended(run: ExternalRun, rules: Rules, notes: Notes) -> Ended:
    run = _without_empty_training(run, notes) if rules.nan == "missing" else run
    starts = [series.keys[place] for series in (run.training, run.validation) if (place := _tail(series)) is not None]
    unclear = _unclear_tail(run)
    taken_as_nan = unclear is not None and rules.blank == "diverged" and unclear[0] in run.blanks
    if unclear is not None and rules.nan == "missing" and not taken_as_nan:
        after = ", to the end, beside finite training losses: not measured (--nan diverged to say otherwise)"
        notes.add("validation NaN", after, run, unclear)
        starts = []
    at = min(starts, default=None)
    if at is not None and len(run.validation) and np.isfinite(run.validation.values).all():
        after = ", to the end, beside finite validation losses: diverged there"
        notes.add("training loss NaN or infinite", after, run, run.training.keys[run.training.keys >= at])
    inside = _inside(run, at if unclear is None else float(unclear[0]))
    if len(inside):
        if rules.nan == "diverged":
            at = min([inside[0], *starts])
        else:
            after = ", numbers follow: not measured, no divergence (--nan diverged to say otherwise)"
            notes.add("NaN or infinite", after, run, inside)
    above = _above(run.validation, rules.blow_up)
    if above is not None and (at is None or above < at):
        return Ended(run, above, "blow-up")
    return Ended(run, at)


def _without_empty_training(run: ExternalRun, notes: Notes) -> ExternalRun:
    """The run without a training loss that is NaN throughout beside finite validation losses."""
    empty = len(run.training) and np.isnan(run.training.values).all()
    if not empty or not len(run.validation) or not np.isfinite(run.validation.values).all():
        return run
    notes.add("the training loss is NaN", ", throughout: not measured", run, run.training.keys)
    return replace(run, training=Series.empty())


def _tail(series: Series) -> int | None:
    """Where the losses that are not finite begin that reach to the end; None if the last one is finite."""
    finite = np.flatnonzero(np.isfinite(series.values))
    first = int(finite[-1]) + 1 if len(finite) else 0
    return first if first < len(series) else None


def _unclear_tail(run: ExternalRun) -> FloatArray | None:
    """The places at which a validation loss ends in NaN beside training losses that are finite throughout."""
    first = _tail(run.validation)
    if first is None or not np.isnan(run.validation.values[first:]).all():
        return None
    keys = run.validation.keys[first:]
    return keys if _finite_until(run.training, keys[:1]).all() else None


def _inside(run: ExternalRun, at: float | None) -> FloatArray:
    """Places of losses that are not finite, before those that reach to the end."""
    keys = [series.keys[~np.isfinite(series.values)] for series in (run.training, run.validation)]
    places = np.unique(np.concatenate(keys))
    return places if at is None else places[places < at]


def _above(validation: Series, limit: float | None) -> float | None:
    if limit is None:
        return None
    above = np.flatnonzero(np.isfinite(validation.values) & (validation.values > limit))
    return float(validation.keys[above[0]]) if len(above) else None


LARGE = 1e6
"""A finite loss above it is worth a word."""


def _about_blow_up(found: Sequence[Ended], limit: float | None) -> list[str]:
    """Which finite losses counted as divergence, or that large ones did not."""
    if limit is not None:
        labels = [one.run.label for one in found if one.cause == "blow-up"]
        words = f"{len(labels)} diverged: validation above {limit:g} ({quoted(labels, 4)}; --blow-up to say otherwise)"
        return [words] if labels else []
    large = [one.run.label for one in found if _above(one.run.validation, LARGE) is not None]
    if not large:
        return []
    return [f"validation above {LARGE:g} in {quoted(large, 4)}: finite, so no divergence (--blow-up LOSS sets a limit)"]
