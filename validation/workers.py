"""Many runs of a trivial command, and workers of which a third are killed: what it costs, and what is lost.

    python validation/workers.py cost -o many --runs 10000
    python validation/workers.py kills -o killed --workers 5 --runs 200

`cost` launches a command that records one value, or (`--script read`) one that copies a file that is read, and tells
the processor time of genconv itself a run, its memory on the way, the time of `genconv status`, and what `verify` says.
The same call goes on with what is missing.

`kills` starts a study with as many workers, kills a third of all that it starts at random with SIGKILL, starts others
in their place, and tells whether each run is stored once with its own losses.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from genconv.experiment.command import Command
from genconv.experiment.launch import launch
from genconv.readers.options import ImportOptions
from genconv.readers.recorded import recorded_cells
from genconv.store.load import load
from genconv.store.recorded import open_recorded, recorded_runs

RECORDS = """
import genconv
with genconv.record() as run:
    run.log(epoch=0, validation=1.0 + run.run.coordinates.seed % 7)
"""
TRIVIAL = """
import sys, time
time.sleep(0.2)
open(sys.argv[1] + "/began", "a").write(sys.argv[2] + "\\n")
open(sys.argv[2], "w").write("epoch,loss\\n0,1\\n1," + sys.argv[3] + "\\n")
"""
STUDY = """
name = "killed"
seeds = SEEDS
[[cells]]
command = ["PYTHON", "-S", "FOLDER/trivial.py", "FOLDER/out", "FOLDER/out/{seed}-{x}.csv", "{seed}"]
model = "trivial"
dataset = "nothing"
values = { x = [1, 2] }
read = "FOLDER/out/{seed}-{x}.csv"
[execution]
block = 4
"""


def main() -> None:
    """One of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["cost", "kills"])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--workers", type=int, default=5)
    parser.add_argument("--script", choices=["record", "read"], default="record")
    chosen = parser.parse_args()
    chosen.output.mkdir(parents=True, exist_ok=chosen.what == "cost")
    if chosen.what == "cost":
        cost(chosen.output.resolve(), chosen.runs, chosen.script)
    else:
        kills(chosen.output.resolve(), chosen.runs, chosen.workers)


def cost(folder: Path, runs: int, script: str) -> None:
    """What the engine itself takes."""
    (folder / "losses.csv").write_text("epoch,loss\n0,2\n1,1\n")
    (folder / "record.py").write_text(RECORDS)
    words, read = (sys.executable, str(folder / "record.py")), None
    if script == "read":
        words, read = ("cp", str(folder / "losses.csv"), "{folder}/losses.csv"), "{folder}/losses.csv"
    command = Command(words, "trivial", "nothing", read, ImportOptions("trivial", "nothing"))
    memory: list[int] = []

    def told(_: object) -> None:
        memory.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    before, began = time.process_time(), time.monotonic()
    found = launch(command, range(runs), folder / "runs", 2, told)
    own, whole = time.process_time() - before, time.monotonic() - began
    states, new = {one.state for one in found}, sum(one.end is not None for one in found)
    cost = 1000 * own / max(new, 1)
    print(f"{runs} runs {states}, {new} of them now: {cost:.1f} ms of processor time each, {whole:.0f} s in all")
    at = [memory[place] // 1024 for place in (max(new, 1) // 10, new // 2, -1)]
    print(f"memory after a tenth, at the middle and at the end: {at} MB")
    began = time.monotonic()
    words = (sys.executable, "-m", "genconv", "status", str(folder / "runs"))
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    print(f"status: {time.monotonic() - began:.2f} s")
    began = time.monotonic()
    words = (sys.executable, "-m", "genconv", "verify", str(folder / "runs"))
    code = subprocess.run(words, check=False, stdout=subprocess.DEVNULL).returncode
    print(f"verify: exit code {code}, {time.monotonic() - began:.1f} s")


def kills(folder: Path, runs: int, workers: int) -> None:
    """A third of all workers killed."""
    study = folder / "killed.toml"
    text = STUDY.replace("PYTHON", sys.executable).replace("SEEDS", str(runs // 2))
    study.write_text(text.replace("FOLDER", str(folder)))
    (folder / "trivial.py").write_text(TRIVIAL)
    (folder / "out").mkdir()
    store = folder / "runs"
    started, killed = _kill_a_third(study, store, 0.9 * runs, workers)
    found = [open_recorded(path) for path in recorded_runs(store)]
    count = len((folder / "out" / "began").read_text().splitlines())
    wanted = sorted((seed, x) for seed in range(runs // 2) for x in (1, 2))
    stored = sorted((one.run.coordinates.init, one.run.config["x"]) for one in found)
    own = all(one.values["validation"][1.0] == one.run.coordinates.init for one in found)
    cells = [len(cell.curves.seeds) for cell in load([store], None, recorded_cells)]
    print(f"{started} workers, {killed} of them killed: {len(found)} runs, {count} processes of the command")
    print(f"each run stored once: {stored == wanted}, finished: {all(one.state == 'finished' for one in found)}")
    print(f"each with its own losses: {own}; runs of the cells: {cells}")
    print(f"left over: {sorted(path.name for path in store.glob('.*'))}")


def _kill_a_third(study: Path, store: Path, enough: float, workers: int) -> tuple[int, int]:
    """How many workers were started until the study was finished, and how many of them were killed."""
    generator, environment = random.Random(0), {**os.environ, "GENCONV_LEASE_SECONDS": "10"}
    words = [sys.executable, "-m", "genconv"]
    run = [*words, "run", str(study), "-q", "-o", str(store)]
    alive = [subprocess.Popen(run, env=environment, stdout=subprocess.DEVNULL)]
    started, killed = 1, 0
    while not (store / ".studies" / "killed.json").exists():
        time.sleep(0.1)
    while alive:
        while len(alive) < workers and len(recorded_runs(store)) < enough:
            alive.append(subprocess.Popen([*words, "work", str(store), "-q"], env=environment))
            started += 1
        time.sleep(generator.uniform(0.5, 4))
        if 3 * (killed + 1) <= started and len(alive) > 1:
            generator.choice(alive).kill()
            killed += 1
        alive = [one for one in alive if one.poll() is None]
    return started, killed


if __name__ == "__main__":
    main()
