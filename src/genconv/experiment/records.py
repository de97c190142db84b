"""From the arrays of a trained cell to one record a run."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from math import isnan
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from genconv.config.run import Run
from genconv.experiment.environment import environment
from genconv.experiment.resolve import ResolvedCell
from genconv.measure import Measure, importance_weighted
from genconv.nn.buffer import count_parameters
from genconv.store.arrays import Arrays
from genconv.store.outcome import Outcome
from genconv.store.runs import EPOCH_SECONDS, RunRecord
from genconv.training.cell import CellResult, named_arrays
from genconv.training.epoch import EpochRecord
from genconv.training.objective import measure_of, measure_over


def records(
    resolved: ResolvedCell, result: CellResult, kept: Callable[[int], Arrays] = lambda index: {}
) -> Iterator[RunRecord]:
    """One record for each run of the result; `kept` tells the state before its divergence of a run that diverged."""
    made_with = environment(result.mapping, resolved.cell.training.precision, len(result.runs), result.seconds)
    made_with[EPOCH_SECONDS] = [None if isnan(one) else round(one, 3) for one in result.epoch_seconds]
    for index, coordinates in enumerate(result.runs):
        yield RunRecord(
            run=Run(resolved.cell, coordinates),
            curves=_curves(result.epochs, index, result.steps),
            outcome=_outcome(resolved, result, index),
            environment=made_with,
            weights=named_arrays(result.model, index),
            samples=_samples(result, index),
            at_default=resolved.at_default,
            examples={name: np.asarray(values[index]) for name, values in result.evaluation.examples.items()},
            state={} if result.divergences[index] is None else kept(index),
        )


def _curves(epochs: list[EpochRecord], index: int, steps: int) -> dict[str, NDArray[np.float64]]:
    arrays: dict[str, NDArray[np.float64]] = {}
    for split in EpochRecord._fields:
        arrays[f"{split}.epoch"] = np.arange(len(epochs), dtype=np.float64)
        arrays[f"{split}.step"] = np.arange(1.0, len(epochs) + 1) * steps
        for name in getattr(epochs[0], split):
            values = [float(getattr(record, split)[name][index]) for record in epochs]
            arrays[f"{split}.{name}"] = np.array(values, dtype=np.float64)
    return arrays


@np.errstate(over="ignore", invalid="ignore")
def deviation(redraws: NDArray[np.float32]) -> float:
    """Standard deviation of evaluations of one run; infinite or NaN of one that diverged, without a word from NumPy."""
    return float(np.std(redraws, ddof=1))


def _outcome(resolved: ResolvedCell, result: CellResult, index: int) -> Outcome:
    evaluation = result.evaluation
    scalars = {name: float(values[index]) for name, values in evaluation.means.items()}
    if evaluation.redraws is not None:
        scalars["redraw_sd"] = deviation(np.asarray(evaluation.redraws[index]))
    for number, units in enumerate(evaluation.units, start=1):
        scalars |= {f"{kind}_units_{number}": float(count[index]) for kind, count in units._asdict().items()}
    return Outcome(
        parameters=count_parameters(jax.tree.map(lambda leaf: leaf[index], result.model)),
        divergence=result.divergences[index],
        evaluation=scalars,
        reference=resolved.dataset.reference,
        measures=_measures(resolved, evaluation.means),
        test=result.tests[index],
    )


def _measures(resolved: ResolvedCell, means: Collection[str]) -> dict[str, Measure]:
    """What the losses of the curves and of the final evaluation say."""
    config = resolved.model.config_type.checked(resolved.cell.architecture, "model")
    measure, draws = measure_of(resolved.model, config, resolved.dataset), resolved.cell.evaluation.importance_samples
    measures = {"curve": measure, "loss": measure}
    for name, count in {"importance_weighted": draws, "importance_weighted_quarter": draws // 4}.items():
        if name in means:
            bound = importance_weighted(count)
            measures[name] = replace(bound if measure.says_nll else measure, method=bound.method, over=measure.over)
    if "nll" in means and (density := resolved.model.held_out_measure(config)) is not None:
        measures["nll"] = measure_over(density, resolved.dataset)
    return measures


def _samples(result: CellResult, index: int) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {"samples": np.asarray(result.evaluation.samples[index])}
    arrays |= _snapshots(result, index)
    if (undone := result.evaluation.standardization) is not None:
        arrays |= {f"standardization.{name}": np.asarray(part[index]) for name, part in undone._asdict().items()}
    if (grid := result.evaluation.grid) is not None:
        names = {"grid_x": grid.x, "grid_y": grid.y, "log_density": grid.log_density}
        arrays |= {name: np.asarray(values[index]) for name, values in names.items()}
    return arrays


def _snapshots(result: CellResult, index: int) -> dict[str, NDArray[Any]]:
    """Snapshots by epoch and traces by step of one run; nothing for points."""
    arrays: dict[str, NDArray[Any]] = {}
    if result.snapshots:
        shown = list(result.snapshots.values())
        arrays["snapshots.epochs"] = np.array(list(result.snapshots), dtype=np.int32)
        arrays["snapshots.inputs"] = np.asarray(shown[0].inputs[index])
        for name in ("samples", "reconstructions"):
            arrays[f"snapshots.{name}"] = np.stack([getattr(each, name)[index] for each in shown])
    for name, steps in (("generation", result.traces.generation), ("reconstruction", result.traces.reconstruction)):
        if steps is not None:
            present = {kind: values for kind, values in steps._asdict().items() if values is not None}
            arrays |= {f"{name}.{kind}": np.asarray(values[index]) for kind, values in present.items()}
    if result.traces.inputs is not None:
        arrays["reconstruction.inputs"] = np.asarray(result.traces.inputs[index])
    return arrays
