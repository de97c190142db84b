"""Whether a run is the same in any company: the same seeds trained alone, in other orders, vectorised."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from genconv.config.execution import ExecutionConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.curves import Divergence, FloatArray
from genconv.experiment.footprint import check_memory
from genconv.experiment.observer import Observer
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.statistics.equivalence import equivalence
from genconv.store.certificates import Certificate, Trial, save_certificate
from genconv.training.divergence import CAUSES
from genconv.training.epoch import EpochRecord
from genconv.training.interruptible import run_interruptibly
from genconv.training.trainer import CellTrainer

_ROUNDING = 1e-2
"""Of the loss: the largest difference after one epoch that another order of arithmetic explains."""
_ROUNDING_AT_FIRST = 1e-4
"""The same before the first step, where one pass alone has been rounded."""
_ALONE = 2
"""Seeds that are trained each by itself."""


_REASONS = (
    "the same arithmetic gives other bits: a run depends on its place among the seeds, or on who is beside it",
    "the same training gives other bits a second time",
)


class Curves(NamedTuple):
    """What a trial gave, by seed."""

    initial: FloatArray
    """Validation loss of the initial weights, shape (N,)."""
    training: FloatArray
    """Losses, shape (N, E)."""
    validation: FloatArray
    divergences: tuple[Divergence | None, ...]
    mapping: str


@dataclass(frozen=True)
class Way:
    """One way of training some seeds."""

    name: str
    groups: tuple[tuple[int, ...], ...]
    """Which seeds are trained together, by their places, in that order."""
    execution: ExecutionConfig
    same_arithmetic: bool
    precision: str | None = None
    """Another one than the cell's."""


def certify(study: Study, root: Path, most: int, observer: Observer) -> Iterator[Certificate]:
    """One certificate a cell, of its first `most` seeds; each is written into the store."""
    cells = resolve(study)
    for one in cells:
        one.dataset.load()
        check_memory(one)
        one.check_model()
    for one in cells:
        certificate = certified(one, one.runs[:most], study.execution, observer)
        save_certificate(root, certificate)
        yield certificate


def certified(
    one: ResolvedCell, runs: Sequence[Coordinates], execution: ExecutionConfig, observer: Observer
) -> Certificate:
    """Train the runs in every way and compare each with the usual one."""
    everybody = (tuple(range(len(runs))),)
    cell = one.cell
    name = f"{cell.model} on {cell.dataset}"
    observer.noted(f"{name}: the usual way, seeds: {len(runs)}")
    usual = _trained(one, runs, Way("usual", everybody, execution, same_arithmetic=True))
    died = sum(one is not None for one in usual.divergences)
    vectorised = usual.mapping.startswith("vmap")
    tried = tuple(ways(len(runs), execution, one, vectorised=vectorised))
    trials = []
    for number, way in enumerate(tried, 1):
        observer.noted(f"{name}: way {number} of {len(tried)}, {way.name}")
        trials.append(_compared(way, usual, _trained(one, runs, way)))
    return Certificate(cell.identity, name, usual.mapping, len(runs), cell.training.epochs, tuple(trials), died)


def ways(count: int, execution: ExecutionConfig, one: ResolvedCell, *, vectorised: bool) -> Iterator[Way]:
    """In other company, in other places, on other devices, mapped otherwise, at another precision."""
    places = tuple(range(count))
    half = max(1, count // 2)
    same = not vectorised
    alone = tuple((place,) for place in places[:_ALONE])
    yield Way("once more", (places,), execution, same_arithmetic=True)
    yield Way("alone", alone, execution, same)
    if count > 1:
        yield Way("in reversed order", (places[::-1],), execution, same)
        yield Way("half of them at a time", (places[:half], places[half:]), execution, same)
    if len(jax.devices()) > 1:
        yield Way("on one device", (places,), execution.updated({"devices": 1}, "execution"), same)
    other = execution.updated({"mapping": "map" if vectorised else "vmap", "devices": 1}, "execution")
    words = "one after another" if vectorised else "vectorised"
    yield Way(words, (places,), other, same_arithmetic=False)
    if count > 1 and not vectorised:
        yield Way("vectorised in reversed order", (places[::-1],), other, same_arithmetic=False)
    if one.cell.training.precision == "float32":
        yield Way("bfloat16 products", (places,), execution, same_arithmetic=False, precision="bfloat16")


def _trained(one: ResolvedCell, runs: Sequence[Coordinates], way: Way) -> Curves:
    cell = one.cell
    if way.precision is not None:
        rounded = cell.training.updated({"precision": way.precision}, "training")
        cell = cell.model_copy(update={"training": rounded})
    training, validation = (np.full((len(runs), cell.training.epochs), np.nan) for _ in range(2))
    initial = np.full(len(runs), np.nan)
    divergences: list[Divergence | None] = [None] * len(runs)
    mapping = ""
    for group in way.groups:
        trainer = CellTrainer(cell, one.model, one.dataset, [runs[place] for place in group], way.execution)
        mapping = trainer.mapping.description
        states = run_interruptibly(trainer.start)
        before = run_interruptibly(trainer.validate, states, 0)["loss"]
        initial[list(group)] = np.asarray(before, np.float64)[: len(group)]
        for epoch in range(cell.training.epochs):
            states, record = run_interruptibly(trainer.epoch, trainer.perturbed(states, epoch), epoch)
            _put(training, validation, group, epoch, record)
        for index, place in enumerate(group):
            step, cause = int(states.health.step[index]), int(states.health.cause[index])
            divergences[place] = Divergence(step // trainer.steps, CAUSES[cause - 1], step) if cause else None
    return Curves(initial, training, validation, tuple(divergences), mapping)


def _put(training: FloatArray, validation: FloatArray, group: Sequence[int], epoch: int, record: EpochRecord) -> None:
    for rows, losses in ((training, record.training["loss"]), (validation, record.validation["loss"])):
        rows[list(group), epoch] = np.asarray(losses, np.float64)[: len(group)]


def _compared(way: Way, usual: Curves, trial: Curves) -> Trial:
    seen = sorted(place for group in way.groups for place in group)
    far = np.maximum(
        _differences(usual.training[seen], trial.training[seen]),
        _differences(usual.validation[seen], trial.validation[seen]),
    )
    otherwise = sum(usual.divergences[place] != trial.divergences[place] for place in seen)
    at_first = _differences(usual.initial[seen], trial.initial[seen])
    bits = not far.any() and not otherwise and not at_first.any()
    law = None if bits else equivalence(usual.validation[seen, -1], trial.validation[seen, -1])
    equal = None if law is None else (True if law.equivalent else False if law.different else None)
    return Trial(
        way.name, way.same_arithmetic, bits, tuple(far.max(axis=0).tolist()), otherwise,
        None if law is None else asdict(law), equal,
        _fault(way, bits, (at_first, usual.initial[seen]), (far[:, 0], usual.validation[seen, 0]), equal),
    )  # fmt: skip


def _differences(one: FloatArray, other: FloatArray) -> FloatArray:
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        far: FloatArray = np.where(same, 0.0, np.abs(one - other))
    return np.where(np.isnan(far), np.inf, far)


def _fault(
    way: Way,
    bits: bool,
    before: tuple[FloatArray, FloatArray],
    after: tuple[FloatArray, FloatArray],
    equal: bool | None,
) -> str:
    """Why these differences are none of rounding: those before the first step and those after the first epoch, each
    with the losses there.
    """
    if bits or way.precision is not None:
        return ""
    if way.same_arithmetic:
        return _REASONS[way.name == "once more"]
    for when, (far, losses), most in (
        ("before the first step", before, _ROUNDING_AT_FIRST),
        ("after one epoch", after, _ROUNDING),
    ):
        if (far > most * np.maximum(np.abs(losses), 1.0)).any():
            return f"{when} the loss differs by {far.max():.3g}, more than rounding explains"
    return (
        "the mean last validation loss differs by more than 0.1 standard deviations over seeds"
        if equal is False
        else ""
    )
