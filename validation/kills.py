"""A study killed again and again, against the same study left alone: every file of every run, byte for byte.

    python validation/kills.py published-toy-small -o killed --kills 50 --most 30
    python validation/kills.py quickstart -o killed --kills 100 data.training_size=2560 training.epochs=8

Each start is killed (`kill -9`; `--signal` names another) after a time drawn from [--least, --most] seconds, until that
many starts were killed or one came to its end; then the study is let finish. Prints how far each start came, exits with
1 if a file or the table differs, or if anything but runs and the report is left. Environment, being what the runs were
made with, is not compared.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

COMPARED = (
    "config.json",
    "curves.safetensors",
    "examples.safetensors",
    "outcome.json",
    "samples.safetensors",
    "weights.safetensors",
)


def main() -> int:
    """Run both, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--least", type=float, default=1.0)
    parser.add_argument("--most", type=float, default=20.0)
    parser.add_argument("--signal", default="SIGKILL")
    parser.add_argument("--random", type=int, default=0, help="seed of the moments")
    parser.add_argument("--set", nargs="*", default=[], help="as of genconv run")
    given = parser.parse_args()
    settings = list(given.set)
    alone, killed = given.output / "alone", given.output / "killed"
    shutil.rmtree(given.output, ignore_errors=True)
    given.output.mkdir(parents=True)
    began = time.monotonic()
    subprocess.run(genconv("run", given.study, "-o", str(alone), "--quiet", *settings), check=True, capture_output=True)
    print(f"left alone: {time.monotonic() - began:.0f} s, {len(runs(alone))} runs", flush=True)
    kills = kill(given, genconv("run", given.study, "-o", str(killed), "--quiet", *settings), killed)
    done = subprocess.run(
        genconv("run", given.study, "-o", str(killed), "--quiet", *settings),
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"{kills} kills; at the end: exit code {done.returncode} {done.stderr.strip()}")
    wrong = differences(alone, killed)
    print("\n".join(wrong) if wrong else f"{len(runs(killed))} runs and the table are the same, byte for byte")
    return 1 if wrong or done.returncode else 0


def kill(given: argparse.Namespace, command: list[str], folder: Path) -> int:
    """Start and kill until enough; how many were killed."""
    moments = random.Random(given.random)
    for start in range(1, given.kills + 1):
        wait = moments.uniform(given.least, given.most)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, said = process.communicate(timeout=wait)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.Signals[given.signal])
            process.communicate()
            saved = ", ".join(path.name for path in sorted((folder / ".training").glob("*/*/[0-9]*"))) or "nothing"
            print(f"{start}: killed after {wait:.1f} s; {len(runs(folder))} runs stored, saved: {saved}", flush=True)
            continue
        print(f"{start}: came to its end, exit code {process.returncode} {said.strip()}")
        return start - 1
    return int(given.kills)


def differences(alone: Path, killed: Path) -> list[str]:
    """Whatever is not the same in the two output folders."""
    names = [path.name for path in runs(alone)]
    found = [f"missing or too much: {name}" for name in sorted({*names} ^ {path.name for path in runs(killed)})]
    for name in names:
        for file in COMPARED:
            one, other = alone / name / file, killed / name / file
            if not other.exists() or one.read_bytes() != other.read_bytes():
                found.append(f"differs: {name}/{file}")
    left = {path.name for path in killed.iterdir()} - {*names} - {path.name for path in alone.iterdir()}
    found += [f"left behind: {name}" for name in sorted(left)]
    tables = [
        subprocess.run(genconv("metrics", str(folder), "--format", "csv"), capture_output=True, check=True).stdout
        for folder in (alone, killed)
    ]
    return found if tables[0] == tables[1] else [*found, "the tables differ"]


def runs(folder: Path) -> list[Path]:
    """Stored runs."""
    return sorted(path.parent for path in folder.glob("[!.]*/config.json"))


def genconv(*words: str) -> list[str]:
    """A command as the shell would run it."""
    return [sys.executable, "-m", "genconv", *words]


if __name__ == "__main__":
    sys.exit(main())
