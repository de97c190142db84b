"""What `accelerator.py` measures of genconv on this device; each measurement is a small file of JSON, written at once.

    python benchmarks/accelerator_worker.py FOLDER --cases CASE … --seeds N … --toy-seeds N … --steps N

A measurement whose file is there is left out. One that was begun twice and never came to its end (the memory was full,
the time was up) is given up.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from cases import CASES, PRECISIONS, Case
from genconv_worker import study_cell

from genconv.config.execution import ExecutionConfig
from genconv.coordinates import Coordinates
from genconv.experiment.cost import flops_per_step
from genconv.experiment.environment import environment
from genconv.hardware import configure
from genconv.training.trainer import CellTrainer

PATIENCE, ATTEMPTS = 1.0, 2
SIDES = {"cpu": 2048}
"""Of the large product, by platform; 8192 elsewhere."""


def seconds(work: Callable[[], Any]) -> float:
    """Of the fastest of a few calls, after one to warm up."""
    jax.block_until_ready(work())
    times: list[float] = []
    while not times or sum(times) < PATIENCE:
        began = time.perf_counter()
        jax.block_until_ready(work())
        times.append(time.perf_counter() - began)
    return min(times)


def product_rate(precision: str) -> dict[str, Any]:
    """Operations a second of one large square product."""
    side = SIDES.get(jax.default_backend(), 8192)
    factor = jnp.ones((side, side), jnp.dtype(precision))
    multiply = jax.jit(lambda a: jax.lax.dot(a, a, preferred_element_type=jnp.float32))
    return {"side": side, "flops_per_second": 2 * side**3 / seconds(lambda: multiply(factor))}


def training(case: Case, precision: str, seeds: int) -> dict[str, Any]:
    """Compile time, time of an epoch, and memory, of a published cell with so many seeds at once."""
    with tempfile.TemporaryDirectory() as folder:
        cell = study_cell(case, precision, Path(folder))
        runs = [Coordinates.of_seed(seed) for seed in range(seeds)]
        trainer = CellTrainer(cell.cell, cell.model, cell.dataset, runs, ExecutionConfig())
        splits = jax.eval_shape(cell.dataset.draw, jax.random.key(0), cell.dataset.load())
    states = trainer.start()
    began = time.perf_counter()
    temporary = trainer.compile_epoch(states)
    compiling = time.perf_counter() - began
    epoch = seconds(lambda: trainer.epoch(states, 0))
    flops = flops_per_step(cell, jax.tree.map(lambda leaf: leaf[0], states), splits)
    steps = seeds * case.steps
    return {
        "seeds": seeds,
        "steps": case.steps,
        "mapping": trainer.mapping.description,
        "compile_seconds": compiling,
        "epoch_seconds": epoch,
        "seed_steps_per_second": steps / epoch,
        "flops_per_second": flops * steps / epoch,
        "temporary_bytes": temporary,
        "peak_bytes": (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use"),
    }


def items(arguments: argparse.Namespace) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """All measurements by name, in their order: what is cheap first."""
    yield "environment", lambda: environment("", "", 0, 0.0)
    for precision in PRECISIONS:
        yield f"product {precision}", lambda precision=precision: product_rate(precision)  # type: ignore[misc]
    for name in arguments.cases:
        case = CASES[name]
        for precision in PRECISIONS:
            for seeds in arguments.seeds if case.images else arguments.toy_seeds:
                sized = Case(**{**vars(case), "steps": arguments.steps or case.steps})
                yield (
                    f"{name} {precision} {seeds}",
                    lambda sized=sized, precision=precision, seeds=seeds: training(sized, precision, seeds),  # type: ignore[misc]
                )


def measure(folder: Path, name: str, work: Callable[[], dict[str, Any]]) -> None:
    """Do it unless it is done, and write what came of it."""
    done, begun = folder / f"{name}.json", folder / f"{name}.begun"
    if done.exists():
        return
    attempts = len(begun.read_text().splitlines()) if begun.exists() else 0
    if attempts >= ATTEMPTS:
        return
    with begun.open("a") as file:
        print(time.time(), file=file)
    try:
        result = work()
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:300]}"}
    part = done.with_suffix(".part")
    part.write_text(json.dumps(result, indent=1), encoding="utf-8")
    part.replace(done)
    begun.unlink()
    print(f"measured: {name}", flush=True)


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", nargs="+", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--toy-seeds", type=int, nargs="+", required=True)
    parser.add_argument("--steps", type=int)
    arguments = parser.parse_args()
    configure()
    for name, work in items(arguments):
        measure(arguments.folder, name, work)


if __name__ == "__main__":
    main()
