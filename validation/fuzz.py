"""Hostile input in numbers: made and damaged files of every kind through the commands that read them.

    python validation/fuzz.py --cases 10000 [--kind "run folders"] [--first 0]

Each case gives a result or one clear line; never a traceback, more than ten seconds, more than 2 GiB, or a file
outside the output folder. Prints for each kind how many there were, how they ended, the slowest and the most memory,
and exits with 1 at the first that breaks the promise, whose files are kept. A case is a function of its kind and number
alone. The generators are those of `tests/fuzz`.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.fuzz.contract import ViolationError, check, peak_memory  # noqa: E402
from tests.fuzz.kinds import KINDS, steps_of  # noqa: E402


def main() -> int:
    """All kinds, each in a process of its own, so that a crash is a finding too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--kind", choices=list(KINDS))
    parser.add_argument("--first", type=int, default=0, help="number of the first case of each kind")
    parser.add_argument(
        "--folder", type=Path, help="where the files of a case are made; a temporary folder if left out"
    )
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="genconv-fuzz-"))
    if arguments.kind:
        return run(arguments.kind, range(arguments.first, arguments.first + arguments.cases), folder)
    total = sum(kind.share for kind in KINDS.values())
    for name, kind in KINDS.items():
        cases = -(-arguments.cases * kind.share // total)
        words = [sys.executable, __file__, f"--kind={name}", "--cases", str(cases), "--first", str(arguments.first)]
        code = subprocess.run([*words, "--folder", str(folder)], check=False).returncode
        if code:
            print(f"{name}: ended with {code}, the files of the case are in {folder}")
            return 1
    return 0


def run(name: str, numbers: range, where: Path) -> int:
    """Cases of one kind; 1 if one of them breaks the promise."""
    warnings.simplefilter("error")  # a warning is a line that nobody asked for
    kind, codes, slowest, began = KINDS[name], Counter[int](), (0.0, 0), time.monotonic()
    for number in numbers:
        folder = where / f"{name.replace(' ', '-')}-{number}"
        for step in steps_of(kind, Random(f"{name} {number}"), folder):
            try:
                verdict = check(step, folder, kind.codes)
            except ViolationError as error:
                print(f"{name}, case {number}: {error}")
                return 1
            codes[verdict.code] += 1
            slowest = max(slowest, (verdict.seconds, number))
        shutil.rmtree(folder)
    told = ", ".join(f"{count} with exit code {code}" for code, count in sorted(codes.items()))
    seconds, megabytes = time.monotonic() - began, peak_memory() / 2**20
    print(
        f"{name}: {len(numbers)} cases, {codes.total()} calls ({told}) in {seconds:.0f} s, "
        f"slowest {slowest[0]:.2f} s (case {slowest[1]}), peak memory {megabytes:.0f} MiB",
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
