"""CPU time per seed and training step: genconv against the best that one would write in PyTorch, in turns.

    python benchmarks/against_torch.py [CASE …] [--torch-python PATH] [--rounds 5] [--precisions float32 bfloat16]

Every model of the published study; both sides have equally many parameters (checked). PyTorch's loop is eager, with the
fused Adam, or compiled as well (`torch_worker.py`), each as two processes of one thread, which train a seed each, and
as one process of two threads. genconv trains two seeds in one process on two cores (`genconv_worker.py`), a
whole epoch with shuffling, divergence checks, records and a validation batch, which PyTorch's loop leaves out.

In every round each program runs once, alone but for what else the machine does. What is compared is the time that all
threads computed (user and system), by seed and step, so that other work on the machine hardly counts. The ratio is the
median over the rounds of genconv over the best PyTorch of that round, with the smallest and the largest in brackets.
The floor is what the step's matrix products alone take at the rate of one large product. Two threads of one process
wait for each other at every product: where other work takes a core from them, `--shapes processes` leaves them out.

PyTorch is no requirement of genconv: `--torch-python` names an interpreter that has it.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cases import CASES, PRECISIONS

HERE = Path(__file__).parent
CORES = 2
MODES = ("eager", "fused", "compiled")
SHAPES = {"processes": "2 × 1 thread", "threads": "1 × 2 threads"}


class Worker:
    """A program that answers a line with what its work cost."""

    def __init__(self, python: str, script: str, arguments: Sequence[str], threads: int) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        command = [python, str(HERE / script), *arguments]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603  this folder's own programs
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        self.about: dict[str, Any] = {}

    def get_ready(self) -> None:
        """Wait until it is; `RuntimeError` if it ends instead."""
        self.about = self.answer()

    def ask(self) -> None:
        """Let it work once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """What it says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(map(str, self._process.args))} ended")  # type: ignore[arg-type]
        said: dict[str, Any] = json.loads(line)
        return said

    def end(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.communicate()


@dataclass(frozen=True)
class Program:
    """Workers that work at the same time, and their times by seed and step, in ms, round by round."""

    workers: tuple[Worker, ...]
    times: list[float]
    walls: list[float]

    def round(self) -> None:
        """Work once."""
        for worker in self.workers:
            worker.ask()
        costs = [worker.answer() for worker in self.workers]
        steps = sum(worker.about["steps"] for worker in self.workers)
        self.times.append(1e3 * sum(cost["cpu"] for cost in costs) / steps)
        self.walls.append(1e3 * max(cost["wall"] for cost in costs) / steps)


def programs(case: str, precision: str, options: argparse.Namespace, stack: ExitStack) -> dict[str, Program]:
    """All programs of a case, ready; one after another, since getting ready means compiling."""

    def program(number: int, python: str, script: str, *arguments: str, threads: int = CORES) -> Program | None:
        workers = tuple(Worker(python, script, arguments, threads) for _ in range(number))
        for worker in workers:
            stack.callback(worker.end)
        try:
            for worker in workers:
                worker.get_ready()
        except RuntimeError as error:
            print(f"left out: {error}", file=sys.stderr, flush=True)
            return None
        return Program(workers, [], [])

    made = {
        "genconv": program(1, sys.executable, "genconv_worker.py", case, precision, str(CORES)),
        "product": program(1, sys.executable, "genconv_worker.py", "product", precision, str(CORES)),
    }
    for mode in options.modes:
        for shape in options.shapes:
            number, threads = (CORES, 1) if shape == "processes" else (1, CORES)
            words = ("torch_worker.py", case, precision, mode, str(threads))
            made[f"{mode}, {SHAPES[shape]}"] = program(number, options.torch_python, *words, threads=threads)
    return {name: one for name, one in made.items() if one is not None}


def measured(case: str, precision: str, options: argparse.Namespace) -> dict[str, Any]:
    """A row of the table: times by seed and step of every program, in ms, round by round, and the floor."""
    with ExitStack() as stack:
        ready = programs(case, precision, options, stack)
        for _ in range(options.rounds):
            for program in ready.values():
                program.round()
        about = {name: program.workers[0].about for name, program in ready.items()}
    if missing := {"genconv", "product"} - ready.keys() or (len(ready) < 3 and {"PyTorch"}):
        raise SystemExit(f"{case}, {precision}: no answer of {', '.join(sorted(missing))}")
    for name in ready.keys() - {"product"}:
        if about[name]["parameters"] != CASES[case].parameters:
            raise SystemExit(f"{case}, {name}: {about[name]['parameters']} parameters, not {CASES[case].parameters}")
    product = ready.pop("product")
    floors = [time * about["genconv"]["flops"] / about["product"]["flops"] for time in product.times]
    return {
        "case": case,
        "precision": precision,
        "cpu": {name: program.times for name, program in ready.items()},
        "wall": {name: program.walls for name, program in ready.items()},
        "floor": floors,
        "versions": {name: one["version"] for name, one in about.items()},
    }


def ratios(row: Mapping[str, Any]) -> list[float]:
    """genconv over the best PyTorch, round by round."""
    others = [times for name, times in row["cpu"].items() if name != "genconv"]
    return [ours / min(theirs) for ours, *theirs in zip(row["cpu"]["genconv"], *others, strict=True)]


def line(row: Mapping[str, Any], modes: Sequence[str], shapes: Sequence[str]) -> str:
    """A row of the Markdown table."""
    cells = [row["case"], row["precision"]]
    for mode in modes:
        every = [row["cpu"].get(f"{mode}, {SHAPES[shape]}") for shape in shapes]
        cells.append(" / ".join("–" if times is None else f"{median(times):.2f}" for times in every))
    found = sorted(ratios(row))
    ours = median(row["cpu"]["genconv"])
    cells += [
        f"{ours:.2f}",
        f"{median(found):.2f} ({found[0]:.2f} to {found[-1]:.2f})",
        f"{median(row['floor']) / ours:.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def head(options: argparse.Namespace) -> tuple[str, ...]:
    """The first lines of the table."""
    return (
        f"CPU time by seed and step, ms; of PyTorch {' / '.join(SHAPES[shape] for shape in options.shapes)}\n",
        f"| case | precision | {' | '.join(options.modes)} | genconv | genconv / best PyTorch | floor / genconv |",
        "|---" * (5 + len(options.modes)) + "|",
    )


def main() -> None:
    """Measure case after case and print a row of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; all unless given")
    parser.add_argument("--torch-python", default=sys.executable, help="an interpreter that has PyTorch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument(
        "--shapes", nargs="+", choices=SHAPES, default=list(SHAPES), help="threads need a quiet machine"
    )
    parser.add_argument("--json", type=Path, help="append every round's times, a line of JSON a row")
    parser.add_argument("--print", type=Path, metavar="FILE", help="the table of such a file, and nothing else")
    options = parser.parse_args()
    if options.print:
        rows = [json.loads(text) for text in options.print.read_text(encoding="utf-8").splitlines()]
        print("\n".join([*head(options), *(line(row, options.modes, options.shapes) for row in rows)]))
        return
    for case in options.cases:
        if case not in CASES:
            parser.error(f"case '{case}': must be one of {', '.join(CASES)}")
    if subprocess.run([options.torch_python, "-c", "import torch"], capture_output=True, check=False).returncode:  # noqa: S603
        parser.error(f"{options.torch_python} has no PyTorch: name an interpreter that has it with --torch-python")
    print("\n".join(head(options)), flush=True)
    for case in options.cases or CASES:
        for precision in options.precisions:
            row = measured(case, precision, options)
            print(line(row, options.modes, options.shapes), flush=True)
            if options.json:
                with options.json.open("a", encoding="utf-8") as file:
                    print(json.dumps(row), file=file)


if __name__ == "__main__":
    main()
