"""Runs that nobody trained: what the store, the metrics and the commands see, without a compiler."""

from pathlib import Path
from typing import Any

import numpy as np

from genconv.config.evaluation import EvaluationConfig
from genconv.config.run import Cell, Run
from genconv.config.training import TrainingConfig
from genconv.coordinates import Coordinates
from genconv.curves import Divergence, Reference
from genconv.measure import ELBO, importance_weighted
from genconv.store.outcome import Outcome
from genconv.store.runs import RunRecord, save_run

EPOCHS = 7


def cell(**changes: Any) -> Cell:
    values: dict[str, Any] = {
        "dataset": "rings",
        "model": "vae",
        "protocol": "corrected",
        "data": {"training_size": 512, "validation_size": 128, "test_size": 128},
        "architecture": {"hidden": [8], "latent": 1},
        "training": TrainingConfig(epochs=EPOCHS, batch_size=128),
        "evaluation": EvaluationConfig(),
    }
    return Cell.checked({**values, **changes})


def losses(seed: int, epochs: int = EPOCHS) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation losses of a seed, each of shape (epochs,)."""
    generator = np.random.default_rng(seed)
    return 3 + generator.random(epochs), 4 + generator.random(epochs)


def recorded(seed: int, epochs: int = EPOCHS) -> dict[str, np.ndarray]:
    """What a run of a seed recorded, by name."""
    arrays: dict[str, np.ndarray] = {}
    for split, values in zip(("training", "validation"), losses(seed, epochs), strict=True):
        arrays[f"{split}.epoch"] = np.arange(epochs, dtype=np.float64)
        arrays[f"{split}.step"] = 4 * np.arange(1, epochs + 1, dtype=np.float64)
        arrays[f"{split}.loss"] = values
    return arrays


def record(
    seed: int = 0, of: Cell | None = None, divergence: Divergence | None = None, reference: Reference | None = None
) -> RunRecord:
    of = cell() if of is None else of
    epochs = of.training.epochs
    measures = {"curve": ELBO, "loss": ELBO, "importance_weighted": importance_weighted(64)}
    return RunRecord(
        run=Run(of, Coordinates.of_seed(seed)),
        curves=recorded(seed, epochs),
        outcome=Outcome(123, divergence, {"loss": 4.25, "importance_weighted": float("nan")}, reference, measures),
        environment={"python": "3"},
        weights={"layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3)},
        samples={"samples": np.zeros((4, 2), np.float32)},
        examples={"loss": np.full(8, 4.25, np.float32)},
    )


def store(root: Path, seeds: int = 3, of: Cell | None = None) -> list[Path]:
    """Run folders for seeds 0 … seeds − 1 under `root`."""
    root.mkdir(parents=True, exist_ok=True)
    return [save_run(root, record(seed, of)) for seed in range(seeds)]
