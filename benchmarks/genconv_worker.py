"""genconv's side of `against_torch.py`: a whole epoch of a published cell for several seeds, measured from outside.

python benchmarks/genconv_worker.py CASE PRECISION SEEDS
"""

import sys
import tempfile
from pathlib import Path

import jax
import numpy as np
from cases import CASES, Case
from serving import serve

from genconv.config.execution import ExecutionConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.hardware import configure_cpu_devices
from genconv.nn.buffer import count_parameters
from genconv.training.trainer import CellTrainer

SIDE, INK = 28, 0.13


def study_cell(case: Case, precision: str, folder: Path) -> ResolvedCell:
    """The published cell with as many training batches as a round has steps, and one batch to validate and to test."""
    sizes = {"validation_size": case.batch, "test_size": case.batch}
    if case.images:
        rows = case.batch * (case.steps + 2)
        path = folder / "images.npy"
        np.save(path, 255 * (np.random.default_rng(0).random((rows, SIDE, SIDE)) < INK).astype(np.uint8))
        dataset, data = str(path), {**sizes, "binarization": "none"}
    else:
        dataset, data = "8gaussians", {**sizes, "training_size": case.batch * case.steps}
    grid = {
        "models": case.model,
        "datasets": dataset,
        "protocols": "published",
        "model": dict(case.settings),
        "data": data,
        "training": {"precision": precision, "batch_size": case.batch},
    }
    (cell,) = resolve(Study.checked({"name": "benchmark", "seeds": 1, "cells": (grid,)}))
    return cell


def main() -> None:
    """Train an epoch again and again, from one state on."""
    name, precision, seeds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if seeds > 1:
        configure_cpu_devices()
    case = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        cell = study_cell(case, precision, Path(folder))
        runs = [Coordinates.of_seed(seed) for seed in range(seeds)]
        trainer = CellTrainer(cell.cell, cell.model, cell.dataset, runs, ExecutionConfig())
    state = [trainer.start()]

    def epoch() -> None:
        state[0], record = trainer.epoch(state[0], 0)
        jax.block_until_ready(record)

    one = jax.tree.map(lambda leaf: leaf[0], state[0].model)
    serve(epoch, {"parameters": count_parameters(one), "steps": seeds * case.steps, "version": jax.__version__})


if __name__ == "__main__":
    main()
