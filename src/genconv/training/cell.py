"""A cell from its first epoch to its evaluation: the loop over epochs, and what it gives."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np
from jaxtyping import PyTree
from numpy.typing import NDArray

from genconv.config.run import Cell
from genconv.coordinates import Coordinates
from genconv.curves import Divergence
from genconv.models.base import Model
from genconv.store.outcome import TestSet
from genconv.training.divergence import CAUSES, Health
from genconv.training.epoch import EpochRecord
from genconv.training.evaluation import Evaluation
from genconv.training.interruptible import run_interruptibly
from genconv.training.progress import CellProgress
from genconv.training.seeds import first
from genconv.training.snapshots import Snapshot, Traces, snapshot_epochs
from genconv.training.trainer import CellTrainer

EpochCallback = Callable[[CellProgress, NDArray[np.bool_]], None]
"""Called after each epoch with where the cell stands, and which seeds have diverged, shape (N,)."""
NO_TRACES = Traces(None, None, None)


@dataclass(frozen=True)
class CellResult:
    """What training a cell gave, as NumPy arrays with a leading axis over seeds."""

    runs: tuple[Coordinates, ...]
    epochs: list[EpochRecord]
    """One a epoch; each leaf of shape (N,)."""
    divergences: tuple[Divergence | None, ...]
    evaluation: Evaluation
    snapshots: dict[int, Snapshot]
    """By epoch; empty for points."""
    traces: Traces
    """How images come about step by step, where they do."""
    model: Model
    """Final weights, stacked."""
    mapping: str
    steps: int
    """Optimizer steps in an epoch."""
    tests: tuple[TestSet, ...]
    """Which held-out examples were evaluated, one a run."""
    seconds: float
    """Wall time of compilation, training and evaluation together."""
    epoch_seconds: tuple[float, ...] = ()
    """Of training at the end of each epoch, as in `CellProgress.seconds`."""


def train_cell(
    trainer: CellTrainer,
    cell: Cell,
    on_epoch: EpochCallback,
    progress: CellProgress | None = None,
) -> CellResult:
    """Train all seeds for all epochs, from `progress` on if some are done already, and evaluate them."""
    began = time.perf_counter()
    left = progress is None or progress.done < cell.training.epochs
    trainer.compile_ahead(None if progress is None else progress.states, epochs=left)
    progress = progress or CellProgress(run_interruptibly(trainer.start))
    before = progress.seconds[-1] if progress.seconds else 0.0
    to_show = snapshot_epochs(cell, trainer.modality)
    for epoch in range(progress.done, cell.training.epochs):
        states = run_interruptibly(trainer.perturbed, progress.states, epoch)
        states, record = run_interruptibly(trainer.epoch, states, epoch)
        record, diverged = _fetch((record, states.health.diverged), trainer.count)
        shown = {epoch: _fetch(run_interruptibly(trainer.snapshot, states), trainer.count)} if epoch in to_show else {}
        seconds = [*progress.seconds, before + time.perf_counter() - began]
        progress = CellProgress(states, [*progress.epochs, record], {**progress.snapshots, **shown}, seconds)
        on_epoch(progress, diverged)
    drawn = _fetch(run_interruptibly(trainer.traces, progress.states), trainer.count) if to_show else NO_TRACES
    evaluation = _fetch(run_interruptibly(trainer.evaluate, progress.states), trainer.count)
    model, health = _fetch((trainer.evaluated(progress.states), progress.states.health), trainer.count)
    return CellResult(
        runs=trainer.runs,
        epochs=progress.epochs,
        divergences=divergences_of(health, trainer.steps),
        evaluation=evaluation,
        snapshots=progress.snapshots,
        traces=drawn,
        model=model,
        mapping=trainer.mapping.description,
        steps=trainer.steps,
        tests=trainer.tests(),
        seconds=time.perf_counter() - began,
        epoch_seconds=tuple(progress.seconds),
    )


def named_arrays(tree: PyTree[Any], index: int) -> dict[str, NDArray[Any]]:
    """One seed's arrays of a stacked tree by their path, such as `encoder.layers.0.weight`."""
    leaves = jtu.tree_leaves_with_path(tree)
    return {jtu.keystr(path, simple=True, separator="."): np.asarray(leaf[index]) for path, leaf in leaves}


def divergences_of(health: Health, steps: int) -> tuple[Divergence | None, ...]:
    """From `health` stacked over seeds; `steps` make an epoch."""
    return tuple(
        Divergence(int(step) // steps, CAUSES[int(cause) - 1], int(step)) if cause else None
        for step, cause in zip(health.step, health.cause, strict=True)
    )


def _fetch(tree: Any, count: int) -> Any:
    """Bring the first `count` entries of a tree to the host."""
    return jax.tree.map(np.asarray, first(tree, count))
