"""How far the mapping over seeds moves a curve on this device: `map` against `vmap`, alone against among others.

    python validation/mapping_deviation.py [--epochs 10]

Prints, for each model, the largest relative deviation of seed 7's validation curve from its curve trained alone with
`map`.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from genconv.config.execution import ExecutionConfig
from genconv.config.study import Study
from genconv.runner.resolve import ResolvedCell, resolve
from genconv.training.mapping import offer_cores
from genconv.training.trainer import CellTrainer, train_cell

SEED = 7
WAYS = {
    "map, among ten": (tuple(range(10)), "map"),
    "map, other order": ((9, 3, SEED, 0), "map"),
    "vmap, alone": ((SEED,), "vmap"),
    "vmap, among ten": (tuple(range(10)), "vmap"),
}


def curve(one: ResolvedCell, seeds: tuple[int, ...], mapping: str) -> NDArray[np.float64]:
    """Validation curve of the seed, trained in this company."""
    execution = ExecutionConfig.checked({"mapping": mapping})
    trainer = CellTrainer(one.cell, one.model, one.dataset, seeds, execution)
    result = train_cell(trainer, one.cell, lambda *_: None)
    return np.array([record.validation.loss[seeds.index(SEED)] for record in result.epochs], dtype=np.float64)


def main() -> None:
    """Train every model in every way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=10)
    epochs = parser.parse_args().epochs
    offer_cores()
    grid = {
        "models": ["vae", "lvae", "flow"],
        "datasets": "8gaussians",
        "data": {"training_size": 5120, "validation_size": 2048, "test_size": 256},
        "training": {"epochs": epochs, "batch_size": 256, "warmup_steps": 20},
    }
    for one in resolve(Study.checked({"name": "mapping", "seeds": 1, "cells": (grid,)})):
        alone = curve(one, (SEED,), "map")
        for name, (seeds, mapping) in WAYS.items():
            deviation = np.max(np.abs(curve(one, seeds, mapping) / alone - 1))
            print(f"{one.cell.model:5} {name:18} {'same bits' if deviation == 0 else f'{deviation:.1e}'}", flush=True)


if __name__ == "__main__":
    main()
