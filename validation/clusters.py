"""A study on a real cluster whose workers are disturbed, against the same study on this machine: byte for byte.

    python validation/clusters.py slurm study.toml -o tried --every 20
    python validation/clusters.py ray study.toml -o tried --beside 5 --every 5

`slurm` needs a SLURM (`.ci/slurm` starts one): until the study is done, a job that runs is queued again
(`scontrol requeue`), signalled (`scancel --signal=USR1`), or its worker killed (`kill -9`), one of them every so many
seconds. `ray` starts two nodes and removes one while it is at work; as many `genconv work` as `--beside` says work on
the same study, and of all workers, Ray's too, a third is killed at random, one every so many seconds; others are
started in their place. Settings follow the study's name. Exits with 1 if a file or the table differs, a run was stored
twice, `verify` finds a fault, or anything but runs, the report, plans and one log is left.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from kills import COMPARED


def main() -> int:
    """Run both, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=("slurm", "ray"))
    parser.add_argument("study")
    parser.add_argument("settings", nargs="*")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two faults")
    parser.add_argument("--beside", type=int, default=0, help="with ray: workers beside, a third of all is killed")
    given = parser.parse_args()
    words = [given.study, *given.settings]
    alone, disturbed = given.output / "alone", given.output / "disturbed"
    genconv("run", *words, "-o", str(alone), "--on", "local", "-q")
    faults, written, done = Counter[str](), set[tuple[str, int, int]](), threading.Event()
    watching = threading.Thread(target=watch, args=(disturbed, written, done))
    watching.start()
    began = time.monotonic()
    try:
        if given.engine == "slurm":
            on_slurm(words, disturbed, given.every, faults)
        else:
            on_ray(words, disturbed, faults, given)
    finally:
        done.set()
        watching.join()
    print(f"{time.monotonic() - began:.0f} s; faults: {dict(faults)}")
    return compare(alone, disturbed, len(written))


def watch(root: Path, written: set[tuple[str, int, int]], done: threading.Event) -> None:
    """Note each run that appears; one that is replaced is another file, and is noted twice."""
    while not done.wait(0.2):
        for path in root.glob("[!.]*/outcome.json"):
            with suppress(OSError):
                found = path.stat()
                written.add((path.parent.name, found.st_ino, found.st_mtime_ns))


def genconv(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A command; its output."""
    command = [sys.executable, "-m", "genconv", *words]
    return subprocess.run(command, check=check, text=True, stdout=subprocess.PIPE)


def on_slurm(words: list[str], root: Path, every: float, faults: Counter[str]) -> None:
    """Start the study again and again until it ends well, and disturb its jobs meanwhile."""
    done = threading.Event()

    def disturb() -> None:
        while not done.wait(every):
            with suppress(OSError, subprocess.TimeoutExpired):
                faults[fault()] += 1

    threading.Thread(target=disturb, daemon=True).start()
    while genconv("run", *words, "-o", str(root), "--on", "slurm", check=False).returncode:
        faults["started again"] += 1
    done.set()


def fault() -> str:
    """Disturb one of the tasks that run; what was done."""
    asked = ["squeue", "--noheader", "--states=RUNNING", "--format", "%i"]
    said = subprocess.run(asked, check=False, text=True, stdout=subprocess.PIPE).stdout
    running = [one for one in said.split() if "_" in one]
    if not running:
        return "nothing runs"
    task = random.choice(running)
    kind = random.choice(("requeue", "signal", "kill"))
    if kind == "kill":
        job, _, number = task.partition("_")
        processes = workers({f"SLURM_ARRAY_JOB_ID={job}", f"SLURM_ARRAY_TASK_ID={number}"})
        for process in processes:
            os.kill(process, signal.SIGKILL)
        return "kill -9" if processes else "no worker yet"
    ask = {"requeue": ["scontrol", "requeue", task], "signal": ["scancel", "--signal=USR1", task]}[kind]
    subprocess.run(ask, check=False, timeout=30, stderr=subprocess.DEVNULL)
    return " ".join(ask[:-1])


def workers(environment: set[str]) -> list[int]:
    """The processes of `genconv work` with these variables."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            variables = set((folder / "environ").read_text(errors="replace").split("\0"))
            if b"work" in words and not words[0].endswith(b"srun") and environment <= variables:
                found.append(int(folder.name))
    return found


def workers_below(process: int) -> list[int]:
    """The processes of `genconv work`, and such tasks of Ray, among all that a process has started."""
    asked = ["ps", "-eo", "pid,ppid,args"]
    listed = subprocess.run(asked, check=True, text=True, stdout=subprocess.PIPE).stdout
    below, found = {process}, []
    for line in sorted(listed.splitlines()[1:], key=lambda one: int(one.split()[0])):
        pid, parent, words = line.split(maxsplit=2)
        if int(parent) in below:
            below.add(int(pid))
            if words.startswith("ray::genconv work") or " -m genconv work " in words:
                found.append(int(pid))
    return found


def on_ray(words: list[str], root: Path, faults: Counter[str], given: argparse.Namespace) -> None:
    """Two nodes with a core each; one goes when a run is stored."""
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # listens to this machine alone
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    nodes = {"num_cpus": 1, "object_store_memory": 80_000_000}
    cluster = Cluster(initialize_head=True, head_node_args={**nodes, "include_dashboard": False})
    other = cluster.add_node(**nodes)

    def lose_a_node() -> None:
        while not list(root.glob("*/config.json")):
            time.sleep(0.2)
        cluster.remove_node(other, allow_graceful=False)
        faults["node removed"] += 1

    done = threading.Event()
    beside = threading.Thread(target=work_beside, args=(root, given, done, faults))
    threading.Thread(target=lose_a_node, daemon=True).start()
    beside.start()
    try:
        genconv("run", *words, "-o", str(root), "--on", "ray", f"execution.ray.address={cluster.address}")
    finally:
        done.set()
        beside.join()
        cluster.shutdown()


def work_beside(root: Path, given: argparse.Namespace, done: threading.Event, faults: Counter[str]) -> None:
    """Keep so many workers at work, and kill a third of all that there were."""
    while not (plans := list(root.glob(".studies/*.json"))) and not done.wait(0.2):
        pass
    command = [sys.executable, "-m", "genconv", "work", str(root), "-q"]
    seen, started = set[int](), list[subprocess.Popen[bytes]]()
    while plans and not done.wait(given.every) and given.beside:
        there = workers_below(os.getpid())
        seen |= {*there}
        if there and 3 * faults["kill -9"] < len(seen):
            with suppress(OSError):
                os.kill(random.choice(there), signal.SIGKILL)
                faults["kill -9"] += 1
        for _ in range(given.beside - sum(one.poll() is None for one in started)):
            started.append(subprocess.Popen(command))
    codes = Counter(one.wait() for one in started)
    print(f"{len(seen)} workers, {faults['kill -9']} of them killed; exit codes of those beside Ray: {dict(codes)}")


def compare(alone: Path, disturbed: Path, stored: int) -> int:
    """Print every difference; 0 if there is none."""
    runs = sorted(path.parent.name for path in alone.glob("*/config.json"))
    faults = [
        f"{name}/{file} differs"
        for name in runs
        for file in COMPARED
        if content(alone / name / file) != content(disturbed / name / file)
    ]
    if genconv("metrics", str(alone)).stdout != genconv("metrics", str(disturbed)).stdout:
        faults.append("the table differs")
    if (verified := genconv("verify", str(disturbed), check=False)).returncode:
        faults.append(f"verify: {verified.stdout}")
    logs = [path.read_text() for path in disturbed.glob("logs/*")]
    if stored > len(runs):
        faults.append(f"{stored} runs were stored, {len(runs)} are wanted")
    left = {path.name for path in disturbed.iterdir()} - set(runs) - {".studies"}
    others = [name for name in left if not name.startswith("report-") and name != "logs"]
    if others or len(logs) > 1:
        faults.append(f"left: {others}, {len(logs)} logs")
    print(f"{len(runs)} runs, {stored} times was one stored, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults else 0


def content(path: Path) -> bytes | None:
    """A file's bytes; None if it is not there."""
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
