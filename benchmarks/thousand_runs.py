"""What a study of a thousand runs costs to read: wall time, CPU time and peak memory of every command that reads it.

    python benchmarks/thousand_runs.py 100x10 10x100 1x1000 --epochs 300

Each shape is cells × seeds, written through the store as a finished study would be (nothing is trained), and as curve
files. Every command is a process of its own.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genconv.config.evaluation import EvaluationConfig
from genconv.config.run import Cell, Run
from genconv.config.training import TrainingConfig
from genconv.coordinates import Coordinates
from genconv.curves import Divergence, Reference
from genconv.store.outcome import Outcome
from genconv.store.runs import RunRecord, save_run

COMMANDS: dict[str, list[str]] = {
    "list": ["list", "datasets"],
    "status": ["status", "PATH"],
    "verify": ["verify", "PATH"],
    "metrics": ["metrics", "PATH"],
    "compare": ["compare", "PATH"],
    "compare json": ["compare", "PATH", "--format", "json"],
    "plan": ["plan", "PATH", "--metric", "last", "--effect", "1"],
    "report": ["report", "PATH", "-o", "OUT/report.html"],
    "plot": ["plot", "PATH", "-o", "OUT/figures"],
}
RUNS_ALONE = ("status", "verify")
DYING = 0.02
"""Share of seeds that diverge half-way."""


@dataclass(frozen=True)
class Shape:
    """How many runs, and what is in each."""

    cells: int
    seeds: int
    epochs: int
    datasets: int
    weights: int
    images: bool


def main() -> None:
    """Write each shape into a temporary folder and measure every command on it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shapes", nargs="*", default=["100x10", "10x100", "1x1000"], metavar="CELLSxSEEDS")
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--datasets", type=int, default=1, help="over which the cells are spread; 1 gives most pairs")
    parser.add_argument("--weights", type=int, default=100_000, help="numbers in each run's weights")
    parser.add_argument("--images", action="store_true", help="store pictures of images, not points and densities")
    parser.add_argument("--files", action="store_true", help="curve files in place of run folders")
    parser.add_argument("--command", action="append", choices=COMMANDS, help="only this; repeat it")
    parser.add_argument("--folder", type=Path, help="keep what is written here, and use what is there")
    options = parser.parse_args()
    for text in options.shapes:
        cells, seeds = map(int, text.split("x"))
        shape = Shape(cells, seeds, options.epochs, options.datasets, options.weights, options.images)
        with tempfile.TemporaryDirectory() as temporary:
            folder = (options.folder or Path(temporary)) / f"{text}x{options.epochs}"
            made = _files(folder / "files", shape) if options.files else _runs(folder / "runs", shape)
            print(f"\n{cells} cells × {seeds} seeds × {shape.epochs} epochs, {_size(made) / 1e6:.0f} MB in {made.name}")
            for name in options.command or COMMANDS:
                if not (options.files and name in RUNS_ALONE):
                    print(_measured(name, made, folder), flush=True)


def _measured(name: str, made: Path, folder: Path) -> str:
    arguments = [part.replace("PATH", str(made)).replace("OUT", str(folder)) for part in COMMANDS[name]]
    began = time.perf_counter()
    process = os.fork()
    if not process:
        for stream, file in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        os.execv(sys.executable, [sys.executable, "-m", "genconv", *arguments])  # noqa: S606  this very program
    _, status, used = os.wait4(process, 0)
    wall, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
    written = f", {_size(folder / 'report.html') / 1e6:.1f} MB page" if name == "report" else ""
    end = f"exit {os.waitstatus_to_exitcode(status)}{written}"
    return f"  {name:13} {wall:7.1f} s wall {cpu:7.1f} s CPU {used.ru_maxrss / 1024:7.0f} MiB   {end}"


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


def _cells(shape: Shape) -> Iterator[Cell]:
    for number in range(shape.cells):
        name = f"set{number % shape.datasets}"
        yield Cell(
            dataset=name,
            model=f"model{number // shape.datasets}",
            protocol="corrected",
            data={"name": name, "training_size": 50_000, "validation_size": 10_000, "test_size": 10_000},
            architecture={"widths": [256, 256], "latent": number + 1, "activation": "relu"},
            training=TrainingConfig(epochs=shape.epochs, batch_size=256),
            evaluation=EvaluationConfig(),
        )


def _losses(shape: Shape, number: int, seed: int) -> tuple[np.ndarray, Divergence | None]:
    generator = np.random.default_rng([number, seed])
    epochs = np.arange(shape.epochs)
    end = 3 + 0.01 * (number % 17) + 0.02 * generator.normal()
    losses = end + 2 * np.exp(-epochs / (10 + generator.random())) + 0.01 * generator.normal(size=shape.epochs)
    if generator.random() >= DYING:
        return losses, None
    losses[shape.epochs // 2 :] = np.nan
    return losses, Divergence(shape.epochs // 2, "non-finite loss", 100 * shape.epochs)


def _runs(root: Path, shape: Shape) -> Path:
    if root.exists():
        return root
    root.mkdir(parents=True)
    for number, cell in enumerate(_cells(shape)):
        for seed in range(shape.seeds):
            losses, divergence = _losses(shape, number, seed)
            outcome = Outcome(shape.weights, divergence, {"loss": 3.1, "redraw_sd": 0.01}, Reference(2.8, 0.97, 4.2))
            weights = np.random.default_rng(seed).normal(size=shape.weights).astype(np.float32)
            environment = {"versions": {"jax": "0.10.0"}, "device": "cpu", "wall_time": 60.0 + seed}
            arrays = {"layer.weight": weights}
            samples = _pictures(shape) if shape.images else _points(seed)
            run = Run(cell, Coordinates.of_seed(seed))
            save_run(root, RunRecord(run, _recorded(losses), outcome, environment, arrays, samples))
    return root


def _recorded(losses: np.ndarray) -> dict[str, np.ndarray]:
    epochs = np.arange(len(losses), dtype=np.float64)
    columns = {"epoch": epochs, "step": 196 * (epochs + 1), "loss": losses}
    arrays = {f"{split}.{name}": values for split in ("training", "validation") for name, values in columns.items()}
    return {**arrays, "training.gradient_norm": losses}


def _points(seed: int) -> dict[str, np.ndarray]:
    grid = np.linspace(-4, 4, 100, dtype=np.float32)
    points = np.random.default_rng(seed).normal(size=(4096, 2)).astype(np.float32)
    height = (-(grid[:, None] ** 2) / 2 - grid**2 / 2).astype(np.float32)
    return {"samples": points, "grid_x": grid, "grid_y": grid, "log_density": height}


def _pictures(shape: Shape) -> dict[str, np.ndarray]:
    kept = [epoch for epoch in (0, 1, 3, 7, 15, 31, 63, 127, 255) if epoch < shape.epochs]
    image = np.tile(np.arange(0, 252, 9, dtype=np.uint8), (28, 1))
    many = np.tile(image, (len(kept), 12, 1, 1))
    return {
        "samples": np.tile(image, (100, 1, 1)),
        "snapshots.epochs": np.array(kept),
        "snapshots.samples": many,
        "snapshots.reconstructions": many,
        "snapshots.inputs": np.tile(image, (12, 1, 1)),
    }


def _files(root: Path, shape: Shape) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for number in range(shape.cells):
        rows = [_losses(shape, number, seed)[0] for seed in range(shape.seeds)]
        curves: Sequence[Any] = [[float(value) for value in row] for row in rows]
        name = f"model{number // shape.datasets}_set{number % shape.datasets}_{shape.seeds}.json"
        (root / name).write_text(json.dumps({"train": curves, "val": curves}), encoding="utf-8")
    return root


if __name__ == "__main__":
    main()
