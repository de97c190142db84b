"""Recording from any code: what is on disk, when, and what is refused."""

import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import genconv
from genconv.errors import InputError
from genconv.store.recorded import open_recorded, recorded_runs

SCRIPT = """
import sys, time, genconv
with genconv.record(sys.argv[1], model="mine", dataset="photos", seed=int(sys.argv[2])) as run:
    for epoch in range(int(sys.argv[3]), int(sys.argv[4])):
        run.log(epoch=epoch, validation=3 - epoch / 10, training=2.0)
        print(epoch, flush=True)
    while len(sys.argv) > 5:
        time.sleep(0.1)
"""


def recording(root: Path, seed: int, first: int, end: int, *more: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", SCRIPT, str(root), str(seed), str(first), str(end), *more]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603


def wait_for(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    while (said := process.stdout.readline().strip()) != line:
        assert said, "the process has ended"


def test_it_is_imported_quickly_and_without_anything_heavy() -> None:
    code = (
        "import sys, genconv\ngenconv.record\n"
        "print(sorted({'jax', 'scipy', 'polars', 'numpy', 'pydantic', 'matplotlib'} & sys.modules.keys()))"
    )
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.stdout == "[]\n"
    assert min(seconds) < 0.25  # 0.07 on an idle machine, with Python's own start


def test_what_was_logged_is_read_again(tmp_path: Path) -> None:
    config = {"lr": 0.1, "layers": (8, 8), "optimizer": {"name": "adam"}, "path": Path("x"), "limit": math.inf}
    with genconv.record(
        tmp_path, model="mine", dataset="photos", seed=np.int64(3), kind="bound", method="ELBO", config=config
    ) as run:
        run.log(epoch=0, validation=np.float32(2.5), training=np.array([3.0]), kl=1)
        run.log(epoch=1, training=math.nan)
        run.log(epoch=1, validation=-math.inf)
    found = open_recorded(run.path)
    assert found.state == "finished"
    assert (found.run.model, found.run.dataset, found.run.coordinates.seed) == ("mine", "photos", 3)
    assert found.run.measure == genconv.Measure("bound", "nats", "ELBO")
    assert found.run.config["layers"] == [8, 8]
    assert found.run.config["optimizer"] == {"name": "adam"}
    assert found.places == (0, 1)
    assert found.values["validation"] == {0: 2.5, 1: -math.inf}
    assert found.values["kl"] == {0: 1}
    assert math.isnan(found.values["training"][1])
    assert sorted(path.name for path in run.path.iterdir()) == ["log.jsonl", "record.json"]


def test_a_value_is_on_disk_at_once_and_a_killed_process_leaves_its_epochs(tmp_path: Path) -> None:
    process = recording(tmp_path, 3, 0, 5, "wait")
    wait_for(process, "4")
    (folder,) = recorded_runs(tmp_path)
    running = open_recorded(folder)
    assert running.places == (0, 1, 2, 3, 4)
    assert running.state == "running"
    assert f"process {process.pid}" in running.reason
    process.kill()
    process.communicate()
    killed = open_recorded(folder)
    assert (killed.state, killed.places) == ("interrupted", (0, 1, 2, 3, 4))


def test_a_second_process_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    process = recording(tmp_path, 3, 0, 2, "wait")
    wait_for(process, "1")
    try:
        with pytest.raises(InputError, match=rf"seed 3 of mine on photos is recorded by process {process.pid} on"):
            genconv.record(tmp_path, model="mine", dataset="photos", seed=3).start()
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert open_recorded(recorded_runs(tmp_path)[0]).values["validation"] == {0: 3, 1: 2.9}


@pytest.mark.parametrize("first", [0, 2])
def test_a_killed_run_begins_again_or_goes_on(tmp_path: Path, first: int) -> None:
    process = recording(tmp_path, 3, 0, 4, "wait")
    wait_for(process, "3")
    process.kill()
    process.communicate()
    (folder,) = recorded_runs(tmp_path)
    with (folder / "log.jsonl").open("ab") as file:
        file.write(b'{"epoch": 4, "val')  # the kill came in the middle of a line
    assert open_recorded(folder).places == (0, 1, 2, 3)
    recording(tmp_path, 3, first, 6).communicate()
    found = open_recorded(folder)
    assert found.state == "finished"
    assert found.places == (0, 1, 2, 3, 4, 5)
    assert (found.starts, found.void) == (2, 4 - first)


def test_random_kills_lose_at_most_the_line_that_was_being_written(tmp_path: Path) -> None:
    code = SCRIPT.replace("        print(epoch, flush=True)\n", "")
    for seed in range(4):
        words = [sys.executable, "-c", code, str(tmp_path), str(seed), "0", "1000000"]
        process = subprocess.Popen(words)  # noqa: S603
        while not (seeds := [path for path in recorded_runs(tmp_path) if f"-s{seed}-" in path.name]):
            time.sleep(0.01)
        time.sleep(0.05 * (seed + 1))
        process.kill()
        process.wait()
        found = open_recorded(seeds[0])
        assert found.state == "interrupted"
        assert found.places == tuple(range(len(found.places)))
        assert found.values["validation"] == {epoch: 3 - epoch / 10 for epoch in range(len(found.places))}


def test_an_error_is_failure_and_is_not_swallowed(tmp_path: Path) -> None:
    run = genconv.record(tmp_path, model="mine", dataset="photos", seed=1)

    def training() -> None:
        with run:
            run.log(epoch=1, validation=1.0)
            raise ValueError("bad\nluck")

    with pytest.raises(ValueError, match="bad\nluck"):
        training()
    found = open_recorded(run.path)
    assert (found.state, found.reason) == ("failed", "ValueError: bad luck")
    again = genconv.record(tmp_path, model="mine", dataset="photos", seed=1)
    with pytest.raises(KeyboardInterrupt), again:
        raise KeyboardInterrupt
    assert open_recorded(run.path).state == "interrupted"


def test_a_finished_run_is_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    with genconv.record(tmp_path, model="mine", dataset="photos", seed=1) as run:
        run.log(epoch=1, validation=1.0)
    with pytest.raises(InputError, match=r"is finished in .*: fresh=True records it again"):
        genconv.record(tmp_path, model="mine", dataset="photos", seed=1).start()
    with genconv.record(tmp_path, model="mine", dataset="photos", seed=1, fresh=True) as run:
        run.log(epoch=1, validation=2.0)
    assert open_recorded(run.path).values["validation"] == {1: 2.0}
    (aside,) = tmp_path.glob(".replaced-*")
    assert open_recorded(next(aside.iterdir())).values["validation"] == {1: 1.0}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"epoch": 3, "validation": "1.5"}, "validation = '1.5': is no number"),
        ({"epoch": 3, "validation": True}, "validation = True: is no number"),
        ({"epoch": 3, "validation": np.ones(2)}, "validation = array.*: is no number"),
        ({"epoch": 3, "kl": None}, "kl = None: is no number"),
        ({"epoch": 3, "kl": 10**400}, "kl = an integer of .* bits: is no number"),
        ({"epoch": 3}, r"log\(epoch=3\): has no value"),
        ({"validation": 1.0}, "must be given either epoch or step"),
        ({"epoch": 3, "step": 3, "validation": 1.0}, "must be given either epoch or step"),
        ({"step": 3, "validation": 1.0}, "step = 3: this run counts epochs"),
        ({"epoch": 1, "validation": 1.0}, "epoch = 1: must be at least 2, which is logged already"),
        ({"epoch": 2, "validation": 1.0}, "epoch 2: 'validation' is logged already"),
        ({"epoch": math.nan, "validation": 1.0}, "epoch = nan: must be a finite number from 0"),
    ],
)
def test_what_cannot_be_logged_is_refused_in_one_line(tmp_path: Path, arguments: dict[str, object], error: str) -> None:
    with genconv.record(tmp_path, model="mine", dataset="photos", seed=1) as run:
        run.log(epoch=2, validation=1.0)
        with pytest.raises(InputError, match=error) as refused:
            run.log(**arguments)  # type: ignore[arg-type]
        assert "\n" not in str(refused.value)
        run.log(epoch=3, validation=0.5)
    assert open_recorded(run.path).values["validation"] == {2: 1.0, 3: 0.5}
    with pytest.raises(InputError, match="is not being recorded"):
        run.log(epoch=4, validation=1.0)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "must be given a seed, or streams"),
        ({"seed": -1}, "seed = -1: must be a whole number from 0"),
        ({"seed": 1.5}, "seed = 1.5: must be a whole number from 0"),
        ({"seed": True}, "seed = True: must be a whole number from 0"),
        ({"streams": {"weights": 1}}, "unknown stream 'weights'"),
        ({"streams": {"init": "a"}}, "init = 'a': must be a whole number"),
        ({"seed": 1, "kind": "elbo"}, "unknown kind 'elbo'"),
        ({"seed": 1, "kind": "exact", "unit": "bits"}, "unit = 'bits': a likelihood is in 'nats' or 'bits/dim'"),
        ({"seed": 1, "model": ""}, "model = '': must be 1 to 1000 printable characters"),
        ({"seed": 1, "config": [1]}, r"config = \[1\]: must be a dictionary"),
    ],
)
def test_what_names_no_run_is_refused(tmp_path: Path, arguments: dict[str, object], error: str) -> None:
    with pytest.raises(InputError, match=error):
        genconv.record(tmp_path, **{"model": "mine", "dataset": "photos", **arguments})  # type: ignore[arg-type]


def test_a_folder_that_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"folder '.*file' cannot be written"):
        genconv.record(tmp_path / "file", model="mine", dataset="photos", seed=1).start()
    with genconv.record(tmp_path / "runs", model="mine", dataset="photos", seed=1) as run:
        pass
    with pytest.raises(InputError, match="is a run: name the folder of the runs"):
        genconv.record(run.path, model="mine", dataset="photos", seed=1).start()


def test_a_changed_log_is_damage(tmp_path: Path) -> None:
    with genconv.record(tmp_path, model="mine", dataset="photos", seed=1) as run:
        run.log(epoch=0, validation=1.0)
    log = run.path / "log.jsonl"
    whole = log.read_text()
    log.write_text(whole.replace("1.0", "0.5"))
    with pytest.raises(InputError, match=r"line 3: is no record .*were changed after they were written"):
        open_recorded(run.path)
    for line in ("[]", "3", '"start"', '{"epoch": 0}', '{"epoch": 0, "values": 3}', '{"end": "well"}', "{", "[" * 5000):
        log.write_text(f"{line}\n{whole}")
        with pytest.raises(InputError, match="line 1: is no record"):
            open_recorded(run.path)
    log.write_text(whole)
    record = json.loads((run.path / "record.json").read_text())
    for change in ({"format": 9}, {"model": "other"}, {"coordinates": 3}, {"measure": {}}, {"config": 1}):
        (run.path / "record.json").write_text(json.dumps(record | change))
        with pytest.raises(InputError, match=r"record\.json"):
            open_recorded(run.path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_writes_nothing(tmp_path: Path) -> None:
    with genconv.record(tmp_path, model="mine", dataset="photos", seed=1) as run:
        child = os.fork()
        if child == 0:
            try:
                run.log(epoch=0, validation=9.0)
            except InputError:
                run.end()
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        run.log(epoch=0, validation=1.0)
    found = open_recorded(run.path)
    assert (found.state, found.values["validation"]) == ("finished", {0: 1.0})


def test_an_exit_after_ctrl_c_is_an_interruption(tmp_path):
    def exits() -> None:
        with genconv.record(tmp_path, model="mine", dataset="photos", seed=0) as run:
            run.log(epoch=0, validation=1.0)
            try:
                raise KeyboardInterrupt
            except KeyboardInterrupt:
                sys.exit(1)

    with pytest.raises(SystemExit):
        exits()
    assert any("1 interrupted" in note for note in genconv.load(tmp_path).notes)


def test_a_run_tells_its_seed(tmp_path):
    assert genconv.record(tmp_path, model="mine", dataset="photos", seed=7).seed == 7
    with pytest.raises(InputError, match="streams have integers of their own"):
        _ = genconv.record(tmp_path, model="mine", dataset="photos", streams={"init": 3}).seed


def test_the_time_of_a_run_that_is_started_again_goes_on(tmp_path: Path) -> None:
    def start() -> Any:
        return genconv.record(tmp_path, model="mine", dataset="photos", seed=0).start()

    first = start()
    for epoch in range(3):
        time.sleep(0.02)
        first.log(epoch=epoch, validation=1.0)
    first.end("interrupted")
    second = start()
    second.log(epoch=2, validation=1.0)
    second.end()
    (folder,) = recorded_runs(tmp_path)
    seconds = open_recorded(folder).seconds
    assert list(seconds) == [0, 1, 2]
    assert seconds[0] < seconds[1] <= seconds[2] < seconds[1] + 1
