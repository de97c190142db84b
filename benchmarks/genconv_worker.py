"""genconv's side of the benchmarks: a whole epoch of a published cell for several seeds, measured from outside.

    python benchmarks/genconv_worker.py CASE PRECISION SEEDS [STEPS]

Shuffling, gathering, divergence checks, records and a validation batch are included; STEPS are the case's own unless
given. CASE may be `product`: then a large matrix product is measured on each of so many devices, at whose rate a step's
products alone would be the floor.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from cases import CASES, Case
from serving import serve

from genconv.config.execution import ExecutionConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.experiment.cost import flops_per_step
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.hardware import configure_cpu_devices
from genconv.nn.buffer import count_parameters
from genconv.training.trainer import CellTrainer

SIDE, INK = 28, 0.13
LARGE = {"cpu": 2048}
"""Side of the large product, by platform; 8192 elsewhere."""


def study_cell(case: Case, precision: str, folder: Path) -> ResolvedCell:
    """The published cell with as many training batches as a round has steps, and a batch each to validate and test."""
    data: dict[str, Any] = {"validation_size": case.batch, "test_size": case.batch}
    dataset = "8gaussians"
    if case.images:
        images = np.random.default_rng(0).random((case.batch * (case.steps + 2), SIDE, SIDE)) < INK
        dataset = str(folder / "images.npy")
        np.save(dataset, 255 * images.astype(np.uint8))
        data["binarization"] = "none"
    else:
        data["training_size"] = case.batch * case.steps
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


def training(case: Case, precision: str, seeds: int) -> tuple[Callable[[], None], dict[str, Any]]:
    """A function that trains an epoch, always from the state on in which the last call left it; and what it is."""
    with tempfile.TemporaryDirectory() as folder:
        cell = study_cell(case, precision, Path(folder))
        runs = [Coordinates.of_seed(seed) for seed in range(seeds)]
        trainer = CellTrainer(cell.cell, cell.model, cell.dataset, runs, ExecutionConfig())
        splits = jax.eval_shape(cell.dataset.draw, jax.random.key(0), cell.dataset.load())
    states = [trainer.start()]
    one = jax.tree.map(lambda leaf: leaf[0], states[0])
    began = time.perf_counter()
    temporary = trainer.compile_epoch(states[0])
    compiling = time.perf_counter() - began

    def epoch() -> None:
        states[0], record = trainer.epoch(states[0], 0)
        jax.block_until_ready(record)

    return epoch, {
        "parameters": count_parameters(one.model),
        "flops": flops_per_step(cell, one, splits),
        "steps": seeds * case.steps,
        "mapping": trainer.mapping.description,
        "compile_seconds": compiling,
        "temporary_bytes": temporary,
    }


def large_product(precision: str, copies: int) -> tuple[Callable[[], None], dict[str, Any]]:
    """A function that multiplies two large square matrices on each of so many devices at once; and what it is."""
    side = LARGE.get(jax.default_backend(), 8192)
    numbers = np.random.default_rng(0).standard_normal((side, side), np.float32)
    factors = [jax.device_put(numbers, device).astype(precision) for device in jax.devices()[:copies]]
    exact = "default" if precision == "bfloat16" else "highest"
    multiply = jax.jit(lambda a: jax.lax.dot(a, a, precision=exact, preferred_element_type=jnp.float32))

    def run() -> None:
        jax.block_until_ready([multiply(a) for a in factors])

    return run, {"flops": 2 * side**3, "steps": copies}


def peak_memory() -> int | None:
    """Bytes of the device that this process held at most, where the device counts them."""
    peak: int | None = (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    return peak


def main() -> None:
    """Get ready and serve."""
    name, precision, seeds, *steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), *map(int, sys.argv[4:])
    if seeds > 1:
        configure_cpu_devices()
    if name == "product":
        work, about = large_product(precision, seeds)
    else:
        case = replace(CASES[name], steps=steps[0]) if steps else CASES[name]
        work, about = training(case, precision, seeds)
    serve(work, lambda: {**about, "version": jax.__version__, "peak_bytes": peak_memory()})


if __name__ == "__main__":
    main()
