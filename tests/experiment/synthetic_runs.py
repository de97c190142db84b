"""Runs that nobody trained: what the store, the metrics and the commands see, without a compiler."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from genconv.config.run import Cell, Run
from genconv.config.training import EvaluationConfig, StreamsConfig, TrainingConfig
from genconv.curves import Divergence, Reference
from genconv.store.runs import CURVE_SCHEMA, Outcome, RunRecord, save_run

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
        "streams": StreamsConfig(),
    }
    return Cell.checked({**values, **changes})


def losses(seed: int, epochs: int = EPOCHS) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation losses of a seed, each of shape (epochs,)."""
    generator = np.random.default_rng(seed)
    return 3 + generator.random(epochs), 4 + generator.random(epochs)


def record(
    seed: int = 0, of: Cell | None = None, divergence: Divergence | None = None, reference: Reference | None = None
) -> RunRecord:
    of = cell() if of is None else of
    epochs = of.training.epochs
    columns: dict[str, list[Any]] = {name: [None] * (2 * epochs) for name in CURVE_SCHEMA}
    columns["epoch"] = [*range(epochs)] * 2
    columns["split"] = ["training"] * epochs + ["validation"] * epochs
    columns["loss"] = np.concatenate(losses(seed, epochs)).tolist()
    return RunRecord(
        run=Run(cell=of, seed=seed),
        curves=pl.DataFrame(columns, schema=CURVE_SCHEMA),
        outcome=Outcome(123, divergence, {"loss": 4.25, "importance_weighted": float("nan")}, reference),
        environment={"python": "3"},
        weights={"layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3)},
        samples={"samples": np.zeros((4, 2), np.float32)},
    )


def store(root: Path, seeds: int = 3, of: Cell | None = None) -> list[Path]:
    """Run folders for seeds 0 … seeds − 1 under `root`."""
    root.mkdir(parents=True, exist_ok=True)
    return [save_run(root, record(seed, of)) for seed in range(seeds)]
