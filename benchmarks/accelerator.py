"""All that is to be known of genconv on an accelerator, by one command and within a budget of seconds.

    python benchmarks/accelerator.py --budget 540 -o DIR [--torch-python PATH]

In this order: the rate of a large product; of every model, at 1, 10 and 40 seeds (toys: 1, 10, 100), compile time,
seed-steps per second, the share of that rate, memory, and the price of n seeds over one; the same models in PyTorch on
the same card, one seed at a time; then whole cells of the published study, ten seeds each, in the order of their cost.

Everything lies in DIR in small files. At the end of the budget, or when it is killed at any moment, nothing is lost but
what was being measured, and the same command goes on from there: cells in training are saved as genconv saves them.
It runs on a CPU too. PyTorch is left out where no interpreter has it.
"""

import argparse
import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cases import CASES, PRECISIONS

HERE = Path(__file__).parent
GRACE = 20.0
"""Seconds that a training has to save itself, at most a quarter of what is left."""
CELLS = (
    *("vae mnist", "lvae mnist", "draw4 omniglot", "draw2 omniglot", "draw3 omniglot", "draw omniglot"),
    *("draw4 mnist", "draw2 mnist", "draw3 mnist", "draw mnist", "vae 8gaussians", "vae checkerboard"),
    *("flow 8gaussians", "flow checkerboard", "lvae 8gaussians", "lvae checkerboard", "flow mnist"),
)
"""Of the published study, in the order of their cost."""
MODES = ("eager", "fused", "compiled")


class Budget:
    """Seconds that are left."""

    def __init__(self, total: float) -> None:
        self._end = time.monotonic() + total

    @property
    def left(self) -> float:
        """Not below 0."""
        return max(self._end - time.monotonic(), 0.0)


def run(command: Sequence[str], budget: Budget, *, saves: bool = False, text: str = "") -> tuple[int | None, str]:
    """Run a program until it ends or the budget does; its exit code, None if it was stopped, and what it printed.

    A program that `saves` is interrupted a while before the end, so that it can.
    """
    sources = os.pathsep.join(part for part in (str(HERE.parent / "src"), os.environ.get("PYTHONPATH", "")) if part)
    process = subprocess.Popen(  # noqa: S603  this project's own programs
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": sources},
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509  there are no threads here
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


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent is killed; genconv saves itself then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def measure(options: argparse.Namespace, budget: Budget) -> None:
    """genconv's side; a worker that breaks down is started again, without what broke it."""
    folder = options.output / "measured"
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {"--seeds": options.seeds, "--toy-seeds": options.toy_seeds}
    command = [sys.executable, str(HERE / "accelerator_worker.py"), str(folder), "--cases", *options.cases]
    command += [str(word) for flag, values in sizes.items() for word in (flag, *values)]
    command += [] if options.steps is None else ["--steps", str(options.steps)]
    code, printed = 1, ""
    while code not in (0, None) and budget.left and len(list(folder.glob("*.begun"))) <= len(options.cases):
        before = sorted(path.name for path in folder.iterdir())
        code, printed = run(command, budget)
        if code and before == sorted(path.name for path in folder.iterdir()):
            break
    (options.output / "measured.log").write_text(printed, encoding="utf-8")


def measure_torch(options: argparse.Namespace, budget: Budget) -> None:
    """PyTorch's side, in wall time."""
    folder = options.output / "torch"
    folder.mkdir(parents=True, exist_ok=True)
    if run([options.torch_python, "-c", "import torch"], budget)[0] != 0:
        print("PyTorch is left out: no interpreter has it (--torch-python)", flush=True)
        return
    for case in options.cases:
        for precision in PRECISIONS:
            for mode in MODES:
                file = folder / f"{case} {precision} {mode}.json"
                if file.exists() or not budget.left:
                    continue
                command = [options.torch_python, str(HERE / "torch_worker.py"), case, precision, mode, "1"]
                code, printed = run(command, budget, text="\n\n\n")
                if code is not None:
                    save(file, torch_result(printed))


def torch_result(printed: str) -> dict[str, Any]:
    """Of what the worker said: steps per second of the fastest round."""
    said = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    if len(said) < 2:
        return {"error": (printed.splitlines() or ["it ended at once"])[-1][:300]}
    return {**said[0], "steps_per_second": said[0]["steps"] / min(one["wall"] for one in said[1:])}


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


def save(file: Path, what: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(what, indent=1), encoding="utf-8")
    part.replace(file)


def table(options: argparse.Namespace) -> Iterator[str]:
    """Lines of Markdown: what is measured so far."""
    measured = {file.stem: json.loads(file.read_text()) for file in (options.output / "measured").glob("*.json")}
    torch = {file.stem: json.loads(file.read_text()) for file in (options.output / "torch").glob("*.json")}
    if "environment" in measured:
        yield f"{measured['environment']['device']}, JAX {measured['environment']['packages']['jax']}"
    for precision in PRECISIONS:
        if rate := measured.get(f"product {precision}", {}).get("flops_per_second"):
            yield f"a large product in {precision}: {rate / 1e12:.3g} T/s"
    yield "\n| case | precision | seeds | compile, s | seed-steps/s | of the rate | memory, GB | price | over PyTorch |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for case in options.cases:
        for precision in PRECISIONS:
            for seeds in options.seeds if CASES[case].images else options.toy_seeds:
                if (one := measured.get(f"{case} {precision} {seeds}")) is not None:
                    yield f"| {case} | {precision} | {seeds} | {_numbers(one, case, precision, measured, torch)} |"


def _numbers(one: dict[str, Any], case: str, precision: str, measured: dict[str, Any], torch: dict[str, Any]) -> str:
    if "error" in one:
        return f"{one['error'][:60]} | | | | |"
    alone = measured.get(f"{case} {precision} 1", {}).get("epoch_seconds")
    rate = measured.get(f"product {precision}", {}).get("flops_per_second")
    best = max((torch.get(f"{case} {precision} {mode}", {}).get("steps_per_second", 0) for mode in MODES), default=0)
    memory = one["peak_bytes"] or one["temporary_bytes"]
    cells = (
        f"{one['compile_seconds']:.1f}",
        f"{one['seed_steps_per_second']:.0f}",
        f"{one['flops_per_second'] / rate:.2f}" if rate else "–",
        f"{memory / 1e9:.2f}",
        f"{one['epoch_seconds'] / alone:.2f}" if alone else "–",
        f"{one['seed_steps_per_second'] / best:.1f}" if best else "–",
    )
    return " | ".join(cells)


def main() -> None:
    """Measure, train, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=540, help="seconds for everything")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--torch-python", default=sys.executable, help="an interpreter that has PyTorch")
    parser.add_argument("--cases", nargs="*", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 10, 40])
    parser.add_argument("--toy-seeds", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--steps", type=int, help="of a timed epoch; the case's own unless given")
    parser.add_argument("--cells", nargs="*", choices=CELLS, default=list(CELLS), metavar="'MODEL DATASET'")
    parser.add_argument("--runs", type=int, default=10, help="of a whole cell")
    parser.add_argument("--set", action="append", default=[], dest="settings", help="a setting of the whole cells")
    options = parser.parse_args()
    budget = Budget(options.budget)
    options.output.mkdir(parents=True, exist_ok=True)
    if options.cases:
        measure(options, budget)
        measure_torch(options, budget)
        lines = "\n".join(table(options))
        (options.output / "table.md").write_text(lines, encoding="utf-8")
        print(lines, flush=True)
    train(options, budget)


if __name__ == "__main__":
    main()
