"""Which changes around a run keep its bits: the same two seeds trained under each, held against the first.

    python validation/what_keeps_bits.py -o bits [--models vae lvae flow]

Small cells on 8gaussians, three epochs. Each training is a process of its own that compiles everything anew, unless the
line says otherwise. Prints, as Markdown, the largest difference of the loss curves (nats) and of the weights; "same
bits" if there is none.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import genconv
from genconv.store.runs import StoredRun

SIZES = ("data.training_size=8192", "data.validation_size=2048", "data.test_size=512", "training.warmup_steps=20")
WORDS = ("-d", "8gaussians", "-e", "3", "--quiet", *SIZES, "evaluation.importance_samples=2")


@dataclass(frozen=True)
class Change:
    """What is different from the first training."""

    name: str
    settings: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    seeds: str = "0,1"
    before: tuple[str, ...] = ()
    """Words before the command."""


def changes(cache: Path) -> list[Change]:
    """Everything that is tried on a CPU."""
    kept = {"JAX_ENABLE_COMPILATION_CACHE": "true", "JAX_COMPILATION_CACHE_DIR": str(cache)}
    return [
        Change("again"),
        Change("programs compiled by an earlier process", environment=kept),
        Change("among five seeds, in another order", seeds="4,1,3,0,2"),
        Change("one device instead of one a core", ("execution.devices=1",)),
        Change("one core (taskset)", before=("taskset", "-c", "0")),
        Change("`vmap` instead of `map`", ("execution.mapping=vmap",)),
        Change("`vmap`, among five seeds", ("execution.mapping=vmap",), seeds="4,1,3,0,2"),
        Change("instructions of a processor without AVX-512", environment={"XLA_FLAGS": "--xla_cpu_max_isa=AVX2"}),
        Change("without most of XLA's optimisations", environment={"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}),
        Change("JAX's matmul precision `highest`", environment={"JAX_DEFAULT_MATMUL_PRECISION": "highest"}),
    ]


def main() -> None:
    """Train, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--models", nargs="+", default=["vae", "lvae", "flow"])
    given = parser.parse_args()
    shutil.rmtree(given.output, ignore_errors=True)
    print(f"| change | {' | '.join(given.models)} |\n|---{'|---' * len(given.models)}|")
    first = {model: trained(model, Change("first"), given.output) for model in given.models}
    cache = given.output.absolute() / "cache"
    for change in changes(cache):
        if "earlier" in change.name:
            for model in given.models:
                trained(model, change, given.output / "earlier")
        found = [compared(first[model], trained(model, change, given.output)) for model in given.models]
        print(f"| {change.name} | {' | '.join(found)} |", flush=True)


def trained(model: str, change: Change, output: Path) -> Path:
    """Train the cell under a change; where."""
    where = output / f"{model}-{change.name.replace(' ', '-').replace('`', '')}"
    command = [*change.before, sys.executable, "-m", "genconv", "train", "-m", model, "--seeds", change.seeds]
    words = [*command, "-o", str(where), *WORDS, *change.settings]
    environment = {**os.environ, "JAX_ENABLE_COMPILATION_CACHE": "false", **change.environment}
    subprocess.run(words, env=environment, check=True, capture_output=True)
    return where


def compared(one: Path, other: Path) -> str:
    """Largest differences of seeds 0 and 1, in words."""
    pairs = list(zip(runs(one), runs(other), strict=True))
    curves = max(largest(a.curves["loss"].to_numpy(), b.curves["loss"].to_numpy()) for a, b in pairs)
    weights = max(largest(a.weights[name], b.weights[name]) for a, b in pairs for name in a.weights)
    return "same bits" if curves == weights == 0 else f"{curves:.1e} nats, {weights:.1e}"


def runs(folder: Path) -> list[StoredRun]:
    """Seeds 0 and 1."""
    (cell,) = genconv.load([folder]).cells
    return [run for run in cell.runs if run.run.coordinates.seed in (0, 1)]


def largest(a: np.ndarray, b: np.ndarray) -> float:
    """max |a − b|, in double precision."""
    return float(np.max(np.abs(a.astype(np.float64) - b.astype(np.float64))))


if __name__ == "__main__":
    main()
