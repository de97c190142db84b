"""Small cells to train in tests."""

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from genconv.config.execution import ExecutionConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.training.cell import CellResult, train_cell
from genconv.training.trainer import CellTrainer

SMALL: dict[str, dict[str, Any]] = {
    "vae": {"hidden": [16, 12]},
    "lvae": {"hidden": [16, 12], "latent": [3, 2]},
    "flow": {"hidden": [12, 8], "couplings": 2},
    "spline-flow": {"hidden": [12], "couplings": 2, "bins": 4},
    "flow-matching": {"hidden": [12], "ode_steps": 4},
    "diffusion": {"hidden": [12], "draws": 2, "steps": 4},
    "maf": {"hidden": [12], "blocks": 2},
    "made": {"hidden": [8, 8], "components": 2},
}


def small_cell(model: str, protocol: str = "corrected", **sections: dict[str, Any]) -> ResolvedCell:
    """A cell of the model with narrow layers, few points, and three epochs."""
    defaults: dict[str, dict[str, Any]] = {
        "model": SMALL[model],
        "data": {"training_size": 320, "validation_size": 128, "test_size": 100},
        "training": {"epochs": 3, "batch_size": 64, "validation_batch_size": 64},
        "evaluation": {"importance_samples": 2, "samples": 8},
    }
    merged = {name: {**values, **sections.get(name, {})} for name, values in defaults.items()}
    grid = {"models": model, "datasets": "8gaussians", "protocols": protocol, **merged}
    (cell,) = resolve(Study.checked({"name": "test", "seeds": 1, "cells": (grid,)}))
    return cell


def trainer_of(cell: ResolvedCell, seeds: Sequence[int | Coordinates], **execution: Any) -> CellTrainer:
    runs = [Coordinates.of_seed(seed) if isinstance(seed, int) else seed for seed in seeds]
    return CellTrainer(cell.cell, cell.model, cell.dataset, runs, ExecutionConfig(**execution))


def trained(cell: ResolvedCell, seeds: Sequence[int | Coordinates], **execution: Any) -> CellResult:
    return train_cell(trainer_of(cell, seeds, **execution), cell.cell, lambda *_: None)


def fingerprint(result: CellResult, seed: int) -> list[Any]:
    """Every number of one seed of a result, as arrays."""
    index = result.runs.index(Coordinates.of_seed(seed))
    tree = (result.epochs, result.evaluation, result.model)
    return [np.asarray(leaf[index]) for leaf in jax.tree.leaves(tree)] + [result.divergences[index]]


def same_bits(a: list[Any], b: list[Any]) -> bool:
    """Whether two fingerprints agree to the last bit."""
    *x, died_x = a
    *y, died_y = b
    return died_x == died_y and len(x) == len(y) and all(i.tobytes() == j.tobytes() for i, j in zip(x, y, strict=True))
