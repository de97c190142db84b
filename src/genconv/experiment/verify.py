"""Training stored runs again, to see whether the same numbers come."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genconv.config.execution import ExecutionConfig
from genconv.coordinates import Coordinates
from genconv.curves import FloatArray
from genconv.errors import InputError
from genconv.experiment.environment import COMPUTATION, computation_of
from genconv.experiment.footprint import check_memory
from genconv.experiment.records import records
from genconv.experiment.resolve import rebuild
from genconv.statistics.compare import compare_cells
from genconv.store.results import StoredCell
from genconv.store.runs import RunRecord, StoredRun
from genconv.training.cell import train_cell
from genconv.training.trainer import CellTrainer

CURVES = ("training", "validation")
METRICS = ("last", "min")
"""What verdicts are taken of."""


@dataclass(frozen=True)
class Retrained:
    """A run beside what came when it was trained again."""

    run: StoredRun
    trained_with: tuple[Coordinates, ...]
    """The runs that were trained together, in their order."""
    again: RunRecord
    deviations: Mapping[str, float]
    """Largest differences, 0 for the same bits, infinite where a number met none.

    `training` and `validation`: of the loss curves, nats; `weights`: over all weights; `evaluation`: over all
    numbers of the final evaluation.
    """
    same_end: bool
    """Whether it diverged, or not, as before."""
    computation: int = COMPUTATION
    """By which computation the stored run was made; by another than today's it cannot come out the same."""

    @property
    def same(self) -> bool:
        """Whether everything is as before, bit for bit."""
        return self.same_end and not any(self.deviations.values())

    @property
    def fault(self) -> bool:
        """Whether it should have come out the same, and did not."""
        return not self.same and self.computation == COMPUTATION


def retrain(run: StoredRun, execution: ExecutionConfig, code: Collection[Path] = ()) -> Iterator[Retrained]:
    """Train the run again: alone, and behind another run (in another width, in another place)."""
    own = run.run.coordinates
    other = own._replace(init=own.init + 1 if own.init < 2**32 - 1 else own.init - 1)
    for runs in ((own,), (other, own)):
        yield _compared(run, _trained(run, runs, execution, code), runs)


def chosen(runs: Sequence[StoredRun], count: int) -> list[StoredRun]:
    """`count` of the runs, spread evenly over them."""
    places = np.unique(np.linspace(0, len(runs) - 1, min(count, len(runs))).round().astype(int))
    return [runs[place] for place in places]


def changed_verdicts(cells: Sequence[StoredCell], retrained: Sequence[Retrained]) -> list[str] | None:
    """What `compare` would say otherwise with the new curves in place of the stored ones, a sentence each.

    None if no two cells of a dataset can be compared.
    """
    before, after = _verdicts(cells), _verdicts([_with(cell, retrained) for cell in cells])
    if before is None or after is None:
        return None
    return [f"{pair}: {was}; now: {after[pair]}" for pair, was in before.items() if after[pair] != was]


def _verdicts(cells: Sequence[StoredCell]) -> dict[str, str] | None:
    try:
        judged = compare_cells(cells, METRICS).results
    except InputError:
        return None
    found = {}
    for one in judged:
        pair = " and ".join(sorted((one.comparison.a.label, one.comparison.b.label)))
        found[f"{one.comparison.metric} of {pair}"] = (
            f"{one.verdict.winner} better" if one.verdict.winner else one.verdict.decision
        )
    return found


def _with(cell: StoredCell, retrained: Sequence[Retrained]) -> StoredCell:
    """The cell with the curves of those of its runs that were trained again."""
    curves = cell.curves
    for one in retrained:
        if cell.config == one.run.run.cell:
            place = curves.seeds.index(one.run.run.label)
            divergences = list(curves.divergences)
            divergences[place] = one.again.outcome.divergence
            training, validation = (
                _replaced(rows, place, one.again.curves[f"{split}.loss"])
                for split, rows in (("training", curves.training), ("validation", curves.validation))
            )
            curves = replace(curves, divergences=tuple(divergences), training=training, validation=validation)
    return replace(cell, curves=curves)


def _replaced(rows: FloatArray, place: int, row: FloatArray) -> FloatArray:
    copy = rows.copy()
    copy[place] = row
    return copy


def _trained(
    run: StoredRun, runs: tuple[Coordinates, ...], execution: ExecutionConfig, code: Collection[Path]
) -> RunRecord:
    resolved = rebuild(run.run.cell, code)
    resolved.dataset.load()
    check_memory(resolved)
    trainer = CellTrainer(resolved.cell, resolved.model, resolved.dataset, runs, execution)
    result = train_cell(trainer, resolved.cell, lambda *_: None)
    return next(record for record in records(resolved, result) if record.run == run.run)


def _compared(run: StoredRun, again: RunRecord, runs: tuple[Coordinates, ...]) -> Retrained:
    stored, evaluation = run.weights, run.outcome.evaluation
    deviations = {name: _largest(run.recorded[f"{name}.loss"], again.curves[f"{name}.loss"]) for name in CURVES}
    deviations["weights"] = max(_between(stored[name], again.weights.get(name)) for name in stored)
    deviations["evaluation"] = _largest(
        np.array(list(evaluation.values())),
        np.array([again.outcome.evaluation.get(name, np.nan) for name in evaluation]),
    )
    same_end = run.outcome.divergence == again.outcome.divergence
    return Retrained(run, runs, again, deviations, same_end, computation_of(run.environment))


def _between(a: NDArray[np.generic], b: NDArray[np.generic] | None) -> float:
    """As `_largest`; ∞ if the other model has no such weights."""
    return _largest(a, b) if b is not None and a.shape == b.shape else float("inf")


def _largest(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """max |a − b|; equal non-finite numbers differ by 0, unequal ones by ∞."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(a.astype(np.float64) - b.astype(np.float64)))
    return float(np.max(np.where(np.isnan(differences), np.inf, differences), initial=0.0))
