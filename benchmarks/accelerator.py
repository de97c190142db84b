"""All that is to be known of genconv on an accelerator, by one command and within a budget of seconds.

    python benchmarks/accelerator.py --budget 540 -o DIR [--torch-python PATH] [--at-once 14]

In this order: the rate of a large product; of every model, at 1, 10 and 40 seeds (toys: 1, 10, 100), compile time,
seed-steps per second, the share of that rate, memory, and the price of n seeds over one; the same models in PyTorch on
the same card, one seed at a time; then whole cells of the published study, ten seeds each, in the order of their cost.
Each model is measured in a process of its own, alone on the device. `--at-once` of them compile side by side before:
then the compile times are those of so many compilers on this machine's cores.

Everything lies in DIR in small files. At the end of the budget, or when it is killed at any moment, nothing is lost but
what was being measured, and the same command goes on from there: cells in training are saved as genconv saves them.
It runs on a CPU too. PyTorch is left out where no interpreter has it. `--print DIR/measured.json` prints its table.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import side_by_side
from cases import CASES, PRECISIONS
from side_by_side import HERE, Budget, Job, save

GRACE = 20.0
"""Seconds that a training has to save itself, at most a quarter of what is left."""
CELLS = (
    *("vae mnist", "lvae mnist", "draw4 omniglot", "draw2 omniglot", "draw3 omniglot", "draw omniglot"),
    *("draw4 mnist", "draw2 mnist", "draw3 mnist", "draw mnist", "vae 8gaussians", "vae checkerboard"),
    *("flow 8gaussians", "flow checkerboard", "lvae 8gaussians", "lvae checkerboard", "flow mnist"),
)
"""Of the published study, in the order of their cost."""
MODES = ("fused", "compiled", "graphs")
"""Of PyTorch; eager Adam is never the fastest on a GPU."""


def run(command: Sequence[str], budget: Budget, *, saves: bool = False, text: str = "") -> tuple[int | None, str]:
    """Run a program until it ends or the budget does; its exit code, None if it was stopped, and what it printed.

    A program that `saves` is interrupted a while before the end, so that it can.
    """
    process = subprocess.Popen(  # noqa: S603  this project's own programs
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=side_by_side.environment(),
        start_new_session=True,
        preexec_fn=side_by_side.end_with_parent,  # noqa: PLW1509  there are no threads here
    )
    grace = min(GRACE, budget.left / 4) if saves else 0.0
    try:
        for wait, stop in ((budget.left - grace, signal.SIGINT if saves else signal.SIGKILL), (grace, signal.SIGKILL)):
            try:
                printed, _ = process.communicate(text, timeout=wait)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, stop)
            else:
                return process.returncode, printed
        return None, process.communicate()[0]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def measure(options: argparse.Namespace, budget: Budget) -> None:
    """Both sides, in wall time."""
    folder = options.output / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "environment.json").exists():
        code, printed = run([sys.executable, "-c", _ENVIRONMENT], budget)
        if code == 0:
            save(folder / "environment.json", json.loads(printed.splitlines()[-1]))
    worker = [sys.executable, str(HERE / "genconv_worker.py")]
    for precision in PRECISIONS:
        rate = Job((*worker, "product", precision, "1"), folder / f"product {precision}.json")
        side_by_side.measure([rate], 1, options.rounds, budget)
    steps = [] if options.steps is None else [str(options.steps)]
    jobs = [
        Job((*worker, case, precision, str(seeds), *steps), folder / f"{case} {precision} {seeds}.json")
        for case in options.cases
        for precision in PRECISIONS
        for seeds in seeds_of(case, options)
    ]
    side_by_side.measure(jobs, options.at_once, options.rounds, budget)
    found = run([options.torch_python, "-c", "import torch"], budget)[0] if shutil.which(options.torch_python) else 1
    if found != 0:
        reason = "the budget is over" if found is None else "no interpreter has it (--torch-python)"
        print(f"PyTorch is left out: {reason}", flush=True)
        return
    baselines = [
        Job((options.torch_python, str(HERE / "torch_worker.py"), case, precision, mode, "1"), file)
        for mode in MODES
        for case in options.cases
        for precision in PRECISIONS
        for file in [folder / f"{case} {precision} {mode}.json"]
    ]
    side_by_side.measure(baselines, options.at_once, options.rounds, budget)


_ENVIRONMENT = """
import json
from genconv.experiment.environment import environment
print(json.dumps(environment("", "", 0, 0.0)))
"""


def seeds_of(case: str, options: argparse.Namespace) -> list[int]:
    """How many at once: more of the points, which are cheap."""
    seeds: list[int] = options.seeds if CASES[case].images else options.toy_seeds
    return seeds


def train(options: argparse.Namespace, budget: Budget) -> None:
    """Whole cells, one after another; those that are finished train nothing."""
    for cell in options.cells:
        if budget.left < 1:
            return
        model, dataset = cell.split()
        command = [sys.executable, "-m", "genconv", "train", "-m", model, "-d", dataset, "--protocol", "published"]
        command += ["-n", str(options.runs), "-o", str(options.output / "runs")]
        command += options.settings
        began = time.monotonic()
        code, printed = run(command, budget, saves=True)
        end = "finished" if code == 0 else "stopped" if code is None or budget.left < GRACE else "failed"
        print(f"{cell}: {end} after {time.monotonic() - began:.0f} s", flush=True)
        (options.output / f"{model}_{dataset}.log").write_text(printed, encoding="utf-8")
        if code == 0:
            write_curves(options.output, budget)


def write_curves(output: Path, budget: Budget) -> None:
    """The finished cells' curves in the form of the study's files, and the table of their metrics."""
    code = """
import json, sys, genconv
for cell in genconv.load(sys.argv[1] + "/runs").curves:
    rows = {"train": cell.training, "val": cell.validation}
    text = json.dumps({name: [[round(float(x), 4) for x in row] for row in values] for name, values in rows.items()})
    open(f"{sys.argv[1]}/{cell.model}_{cell.dataset}_{len(cell.seeds)}.json", "w").write(text)
"""
    run([sys.executable, "-c", code, str(output)], budget)
    done, table = run([sys.executable, "-m", "genconv", "metrics", str(output / "runs"), "--format", "json"], budget)
    if done == 0:
        (output / "metrics.json").write_text(table, encoding="utf-8")


def collected(folder: Path) -> dict[str, Any]:
    """What is measured so far, by name."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}


def table(measured: Mapping[str, Any]) -> Iterator[str]:
    """Lines of Markdown."""
    if "environment" in measured:
        yield f"{measured['environment']['device']}, JAX {measured['environment']['packages']['jax']}"
    rates = {precision: rate_of(measured.get(f"product {precision}")) for precision in PRECISIONS}
    for precision, rate in rates.items():
        if rate is not None:
            yield f"a large product in {precision}: {rate / 1e12:.3g} T/s"
    yield "\n| case | precision | seeds | compile, s | seed-steps/s | of the rate | memory, GB | price | over PyTorch |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for case in CASES:
        for precision in PRECISIONS:
            here = {name.split()[-1]: one for name, one in measured.items() if name.startswith(f"{case} {precision} ")}
            for seeds in sorted((name for name in here if name.isdigit()), key=int):
                yield f"| {case} | {precision} | {seeds} | {_numbers(seeds, here, rates[precision])} |"


def per_second(one: Mapping[str, Any] | None) -> float | None:
    """Steps of a program a second, of all its seeds together, in the round of median length."""
    return None if one is None or "error" in one else one["steps"] / median(one["walls"])


def rate_of(product: Mapping[str, Any] | None) -> float | None:
    """Operations a second."""
    done = per_second(product)
    return None if product is None or done is None else done * product["flops"]


def _numbers(seeds: str, here: Mapping[str, Any], rate: float | None) -> str:
    one = here[seeds]
    if (done := per_second(one)) is None:
        return f"{one['error'][:60]} | | | | | "
    alone = per_second(here.get("1"))
    best = max((per_second(here.get(mode)) or 0.0 for mode in MODES), default=0.0)
    memory = one["peak_bytes"] or one["temporary_bytes"]
    cells = (
        f"{one['compile_seconds']:.1f}",
        f"{done:.0f}",
        f"{one['flops'] * done / rate:.3f}" if rate else "–",
        f"{memory / 1e9:.2f}",
        f"{int(seeds) * alone / done:.2f}" if alone else "–",
        f"{done / best:.1f}" if best else "–",
    )
    return " | ".join(cells)


def main() -> None:
    """Measure, train, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=540, help="seconds for everything")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR")
    parser.add_argument("--torch-python", default=sys.executable, help="an interpreter that has PyTorch")
    parser.add_argument("--at-once", type=int, default=1, help="programs that compile side by side")
    parser.add_argument("--rounds", type=int, default=7, help="timed epochs of each program; the median counts")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 10, 40])
    parser.add_argument("--toy-seeds", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--steps", type=int, help="of a timed epoch; the case's own unless given")
    parser.add_argument("--cells", nargs="*", choices=CELLS, default=list(CELLS), metavar="'MODEL DATASET'")
    parser.add_argument("--runs", type=int, default=10, help="of a whole cell")
    parser.add_argument("--set", action="append", default=[], dest="settings", help="a setting of the whole cells")
    parser.add_argument("--print", type=Path, metavar="FILE", help="the table of a DIR/measured.json, and nothing else")
    options = parser.parse_args()
    if options.print:
        print("\n".join(table(json.loads(options.print.read_text()))))
        return
    if options.output is None:
        parser.error("-o DIR is missing")
    budget = Budget(options.budget)
    options.output.mkdir(parents=True, exist_ok=True)
    if options.cases:
        measure(options, budget)
        measured = collected(options.output / "measured")
        save(options.output / "measured.json", measured)
        lines = "\n".join(table(measured))
        (options.output / "table.md").write_text(lines, encoding="utf-8")
        print(lines, flush=True)
    train(options, budget)


if __name__ == "__main__":
    main()
