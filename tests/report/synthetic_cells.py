"""Cells that were never trained: small curves with every ending a seed can have."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from genconv.config.evaluation import EvaluationConfig
from genconv.config.run import Cell, Run
from genconv.config.training import TrainingConfig
from genconv.coordinates import Coordinates
from genconv.curves import CellCurves, Divergence, Reference
from genconv.measure import EXACT, Measure, importance_weighted
from genconv.store.load import cell_of
from genconv.store.outcome import Outcome
from genconv.store.results import Results, StoredCell
from genconv.store.runs import RunRecord, StoredRun, save_run

REFERENCE = Reference(entropy=2.832, deviation=0.975, gaussian=4.255)


def curves(
    model: str = "flow",
    *,
    dataset: str = "8gaussians",
    protocol: str = "corrected",
    seeds: int = 4,
    epochs: int = 12,
    died: Mapping[int, int] | None = None,
    reference: Reference | None = REFERENCE,
    variant: str = "",
    measure: Measure = EXACT,
) -> CellCurves:
    """Falling curves; `died` maps a seed's place to the epoch from which it has no number."""
    noise = np.random.default_rng(len(model)).normal(size=(seeds, epochs))
    losses = 3.0 + 2 * np.exp(-np.arange(epochs) / 3) + 0.02 * noise
    divergences: list[Divergence | None] = [None] * seeds
    for place, epoch in (died or {}).items():
        losses[place, epoch:] = np.nan
        divergences[place] = Divergence(epoch, "non-finite loss", 10 * epoch)
    return CellCurves(
        dataset,
        model,
        protocol,
        tuple(range(seeds)),
        losses,
        losses,
        tuple(divergences),
        reference,
        {},
        variant,
        measure,
    )


def imported(*cells: CellCurves) -> Results:
    """Curves without configuration or runs behind them."""
    return Results(tuple(StoredCell(cell) for cell in cells))


def stored(
    root: Path, cell: CellCurves, *, density: bool = False, arrays: Mapping[str, np.ndarray] | None = None
) -> StoredCell:
    """The same curves as run folders, with samples and, if asked for, a density on a grid; or with `arrays`.

    1,000 validation points; the losses of single held-out examples have a standard deviation of 1.
    """
    config = Cell(
        dataset=cell.dataset,
        model=cell.model,
        protocol=cell.protocol,
        data={"training_size": 100, "validation_size": 1000},
        architecture={"widths": [8, 8]},
        training=TrainingConfig(epochs=cell.epochs, batch_size=10),
        evaluation=EvaluationConfig(),
    )
    paths = [save_run(root, _record(config, cell, place, density, arrays)) for place in range(len(cell.seeds))]
    return cell_of([StoredRun.open(path) for path in paths])


def _record(
    config: Cell, cell: CellCurves, place: int, density: bool, arrays: Mapping[str, np.ndarray] | None
) -> RunRecord:
    samples = {"samples": np.random.default_rng(place).normal(size=(64, 2)).astype(np.float32)}
    if density:
        grid = np.linspace(-4, 4, 16, dtype=np.float32)
        samples |= {"grid_x": grid, "grid_y": grid, "log_density": np.full((16, 16), -3, np.float32)}
    if arrays is not None:
        samples = dict(arrays)
    bound = {"curve": cell.measure, "importance_weighted": importance_weighted(64)}
    weighted = {"importance_weighted": cell.validation[place, -1] - 0.05}
    outcome = Outcome(10, cell.divergences[place], weighted, cell.reference, bound)
    examples = {"loss": (cell.validation[place, -1] + np.linspace(-1.73, 1.73, 100)).astype(np.float32)}
    environment = {"versions": {"jax": "0.10.0"}, "device": "cpu", "wall_time": 1.5 + place}
    run = Run(config, Coordinates.of_seed(int(cell.seeds[place])))
    weights = {"w": np.zeros(1)}
    return RunRecord(run, _recorded(cell.validation[place]), outcome, environment, weights, samples, examples=examples)


def _recorded(losses: np.ndarray) -> dict[str, np.ndarray]:
    epochs = np.arange(len(losses), dtype=np.float64)
    return {
        f"{split}.{name}": v
        for split in ("training", "validation")
        for name, v in (("epoch", epochs), ("loss", losses))
    }
