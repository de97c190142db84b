"""From the arrays of a trained cell to one record a run."""

from collections.abc import Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import polars as pl
from numpy.typing import NDArray

from genconv.config.cell import Run
from genconv.data.toy.dataset import ToyDataset
from genconv.models.base import ExactModel
from genconv.nn.buffer import count_parameters
from genconv.runner.environment import environment
from genconv.runner.resolve import ResolvedCell
from genconv.store.record import CURVE_SCHEMA, Outcome, RunRecord
from genconv.training.epoch import EpochRecord
from genconv.training.evaluation import density_on_grid
from genconv.training.trainer import CellResult, named_arrays


def records(resolved: ResolvedCell, result: CellResult) -> Iterator[RunRecord]:
    """One record for each seed of the result."""
    made_with = environment(result.mapping, len(result.seeds), result.seconds)
    for index, seed in enumerate(result.seeds):
        yield RunRecord(
            run=Run(cell=resolved.cell, seed=seed),
            curves=_curves(result.epochs, index),
            outcome=_outcome(resolved, result, index),
            environment=made_with,
            weights=named_arrays(result.model, index),
            samples=_samples(resolved, result, index),
        )


def _curves(epochs: list[EpochRecord], index: int) -> pl.DataFrame:
    columns: dict[str, list[Any]] = {name: [] for name in CURVE_SCHEMA}
    for split in EpochRecord._fields:
        for epoch, record in enumerate(epochs):
            columns["epoch"].append(epoch)
            columns["split"].append(split)
            for name, values in getattr(record, split)._asdict().items():
                missing = split == "validation" and name in ("gradient_norm", "learning_rate")
                columns[name].append(None if missing else float(values[index]))
    return pl.DataFrame(columns, schema=CURVE_SCHEMA)


def _outcome(resolved: ResolvedCell, result: CellResult, index: int) -> Outcome:
    scalars = {name: float(values[index]) for name, values in result.evaluation._asdict().items() if values.ndim == 1}
    if resolved.model.exact:
        scalars.pop("importance_weighted")
    return Outcome(
        parameters=count_parameters(jax.tree.map(lambda leaf: leaf[index], result.model)),
        divergence=result.divergences[index],
        evaluation=scalars,
        reference=resolved.dataset.reference,
    )


def _samples(resolved: ResolvedCell, result: CellResult, index: int) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"samples": np.asarray(result.evaluation.samples[index])}
    dataset, model = resolved.dataset, jax.tree.map(lambda leaf: jnp.asarray(leaf[index]), result.model)
    if isinstance(model, ExactModel) and isinstance(dataset, ToyDataset):
        grid = eqx.filter_jit(density_on_grid)(model, dataset.density.support)
        arrays |= dict(zip(("grid_x", "grid_y", "log_density"), map(np.asarray, grid), strict=True))
    return arrays
