"""Training stored runs again, to see whether the same numbers come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genconv.config.execution import ExecutionConfig
from genconv.runner.records import records
from genconv.runner.resolve import rebuild
from genconv.store.record import RunRecord
from genconv.store.runs import StoredRun
from genconv.training.mapping import offer_cores
from genconv.training.trainer import CellTrainer, train_cell


@dataclass(frozen=True)
class Retrained:
    """How far a run that was trained again is from what is stored: largest differences, 0 for the same bits."""

    path: Path
    company: tuple[int, ...]
    """The seeds that it was trained with, in their order."""
    curves: float
    """Nats, over both loss curves; infinite where a number met none."""
    weights: float
    """Over all weights."""
    same_end: bool
    """Whether it diverged, or not, as before."""


def retrain(run: StoredRun, execution: ExecutionConfig) -> Iterator[Retrained]:
    """Train the run again: alone, and behind another seed."""
    seed = run.run.seed
    for company in ((seed,), (seed + 1 if seed < 2**32 - 1 else seed - 1, seed)):
        yield _compared(run, _trained(run, company, execution), company)


def chosen(runs: Sequence[StoredRun], count: int) -> list[StoredRun]:
    """`count` of the runs, spread evenly over them."""
    places = np.unique(np.linspace(0, len(runs) - 1, min(count, len(runs))).round().astype(int))
    return [runs[place] for place in places]


def _trained(run: StoredRun, company: tuple[int, ...], execution: ExecutionConfig) -> RunRecord:
    offer_cores()
    resolved = rebuild(run.run.cell)
    resolved.dataset.load()
    trainer = CellTrainer(resolved.cell, resolved.model, resolved.dataset, company, execution)
    result = train_cell(trainer, resolved.cell, lambda *_: None)
    return next(record for record in records(resolved, result) if record.run.seed == run.run.seed)


def _compared(run: StoredRun, again: RunRecord, company: tuple[int, ...]) -> Retrained:
    stored = run.weights
    return Retrained(
        path=run.path,
        company=company,
        curves=_largest(run.curves["loss"].to_numpy(), again.curves["loss"].to_numpy()),
        weights=max(_largest(stored[name], again.weights[name]) for name in stored),
        same_end=run.outcome.divergence == again.outcome.divergence,
    )


def _largest(a: np.ndarray, b: np.ndarray) -> float:
    """max |a − b|; equal non-finite numbers differ by 0, unequal ones by ∞."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(a.astype(np.float64) - b.astype(np.float64)))
    return float(np.max(np.where(np.isnan(differences), np.inf, differences), initial=0.0))
