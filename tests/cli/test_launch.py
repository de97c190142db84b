"""`launch`: a stranger's script over seeds, with runs that crash, hang, are killed and leave nothing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import genconv
from genconv.store.recorded import open_recorded, recorded_runs
from tests.cli.commands import Done
from tests.cli.commands import genconv as command

STRANGER = """
import csv, os, sys, time
seed = int(sys.argv[1])
os.makedirs("logs", exist_ok=True)
print("training", seed)
with open(f"logs/{seed}.csv", "w") as file:
    rows = csv.writer(file)
    rows.writerow(["epoch", "train_loss", "val_loss"])
    for epoch in range(4):
        bad = seed == 5 and epoch > 1
        rows.writerow([epoch, "nan" if bad else 2 / (epoch + 1), "nan" if bad else 3 / (epoch + 1) + seed])
        file.flush()
        if seed == 1 and epoch == 2:
            raise RuntimeError("CUDA out of memory")
        if seed == 2 and epoch == 2:
            print("waiting", flush=True)
            time.sleep(100)
        if seed == 3 and epoch == 2:
            os.kill(os.getpid(), 9)
if seed == 4:
    os.remove(f"logs/{seed}.csv")
if seed == 5:
    sys.exit("the loss is NaN")
"""
RECORDING = """
import sys, genconv
with genconv.record(config={"lr": 0.1}) as run:
    seed = run.run.coordinates.seed
    for epoch in range(3):
        run.log(epoch=epoch, validation=1 / (epoch + 1) + seed)
        if seed == 1 and "fail" in sys.argv:
            raise ValueError("bad luck")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stranger.py").write_text(STRANGER)
    (tmp_path / "recording.py").write_text(RECORDING)
    return tmp_path


def launch(*options: str, words: list[str]) -> Done:
    return command("launch", "--model", "mine", "--dataset", "photos", *options, "--", *words)


def states(root: Path) -> dict[int | None, tuple[str, str]]:
    found = [open_recorded(path) for path in recorded_runs(root)]
    return {one.run.coordinates.seed: (one.state, one.reason) for one in found}


def process_of(root: Path, seed: int) -> dict[str, object]:
    (path,) = root.glob(f"*-s{seed}-*/process.json")
    found: dict[str, object] = json.loads(path.read_text())
    return found


def test_a_strangers_script_with_every_way_to_fail(folder: Path) -> None:
    words = [sys.executable, "stranger.py", "{seed}"]
    done = launch("-n", "8", "--read", "logs/{seed}.csv", "--timeout", "2", "--jobs", "2", words=words)
    assert done.code == 1
    assert done.out.splitlines()[-2:] == [
        "8 runs: 3 finished, 5 failed → runs",
        "next: genconv metrics runs, genconv report runs",
    ]
    assert "note: read so: " in done.err
    found = states(folder / "runs")
    assert [found[seed][0] for seed in range(8)] == [
        "finished", "failed", "failed", "failed", "failed", "failed", "finished", "finished"
    ]  # fmt: skip
    assert found[1][1] == "exit code 1, last line: RuntimeError: CUDA out of memory"
    assert found[2][1] == "timed out after 2 s"
    assert found[3][1] == "killed by SIGKILL, last line: training 3" or found[3][1] == "killed by SIGKILL"
    assert found[4][1] == "exit code 0, but 'logs/4.csv' does not exist"
    assert found[5][1] == "exit code 1, last line: the loss is NaN"
    assert [done.out.count(word) for word in ("timed out after", "SIGKILL", "CUDA", "does")] == [1, 2, 1, 1]
    assert process_of(folder / "runs", 3)["signal"] == "SIGKILL"
    assert process_of(folder / "runs", 2)["timed_out"] is True
    memory = float(str(process_of(folder / "runs", 0)["peak_memory"]))
    assert 1e6 < memory < 100e6  # its own, and not that of the process that has started it
    results = genconv.load(folder / "runs")
    assert results[0].curves.seeds == (0, 5, 6, 7)  # what failed with NaN has diverged
    assert results[0].curves.diverged.tolist() == [False, True, False, False]
    assert [run.run for run in results.uncounted] == [1, 2, 3, 4]
    for path in recorded_runs(folder / "runs"):
        assert {file.name for file in path.iterdir()} == {"log.jsonl", "output.txt", "process.json", "record.json"}


def test_the_same_command_runs_what_is_missing(folder: Path) -> None:
    words = [sys.executable, "stranger.py", "{seed}"]
    options = ["--seeds", "0,1", "--read", "logs/{seed}.csv"]
    assert launch(*options, words=words).code == 1
    first = (folder / "logs" / "0.csv").stat().st_mtime_ns
    (folder / "stranger.py").write_text(STRANGER.replace("seed == 1", "seed == 99"))
    done = launch(*options, words=words)
    assert (done.code, done.out.splitlines()[-2]) == (0, "2 runs: 2 finished → runs")
    assert (folder / "logs" / "0.csv").stat().st_mtime_ns == first
    results = genconv.load(folder / "runs")
    assert results[0].curves.seeds == (0, 1)
    assert "seed 1 was started 2 times: 3 places of an earlier start are void" in " ".join(results.notes)


def test_a_file_of_an_earlier_run_is_not_read(folder: Path) -> None:
    (folder / "old.csv").write_text("epoch,loss\n0,1\n1,2\n")
    os.utime(folder / "old.csv", (1e9, 1e9))
    assert launch("--read", "old.csv", words=["true"]).code == 1
    assert states(folder / "runs")[0][1] == (
        "exit code 0, but 'old.csv' is older than this run: the command has not written it"
    )


def test_scripts_that_record_know_which_run_they_are(folder: Path) -> None:
    words = [sys.executable, "recording.py"]
    done = launch("-n", "3", words=[*words, "fail"])
    assert done.code == 1
    found = states(folder / "runs")
    assert found[1] == ("failed", "exit code 1, last line: ValueError: bad luck")
    assert [found[seed][0] for seed in (0, 2)] == ["finished", "finished"]
    (cell,) = genconv.load(folder / "runs")
    assert cell.settings["lr"] == "0.1"
    assert "recording.py fail" in cell.settings["command"]
    (folder / "recording.py").write_text(RECORDING.replace('"fail"', '"never"'))
    assert launch("-n", "3", words=[*words, "fail"]).code == 0


def test_a_script_that_records_nothing_or_another_run_has_failed(folder: Path) -> None:
    assert launch(words=["true"]).code == 1
    assert "it recorded nothing" in states(folder / "runs")[0][1]
    code = "import genconv; genconv.record(seed=7).start()"
    assert launch("-o", "other", words=[sys.executable, "-c", code]).code == 1
    assert "seed = 7: this script was launched for seed = 0" in states(folder / "other")[0][1]


def test_output_is_kept_and_bounded(folder: Path) -> None:
    code = "import sys\nprint('first')\nfor _ in range(300): print('x' * 9999)\nprint('last', file=sys.stderr)"
    launch(words=[sys.executable, "-c", code])
    (output,) = folder.glob("runs/*/output.txt")
    text = output.read_text()
    assert text.startswith("first\n")
    assert text.endswith("last\n")
    assert "bytes are left out]" in text
    assert len(text) < 1_100_000


def test_no_shell_reads_the_command(folder: Path) -> None:
    launch(words=["echo", "$HOME; touch nothing", "`id`", "{folder}"])
    (output,) = folder.glob("runs/*/output.txt")
    assert output.read_text() == f"$HOME; touch nothing `id` {output.parent}\n"


@pytest.mark.parametrize(
    ("options", "words", "error"),
    [
        ([], ["no-such-command"], "command 'no-such-command': is not there, or cannot be executed"),
        ([], ["echo", "{lr}"], "'{lr}': {lr} is no placeholder; they are {seed}, {folder}, {model}, {dataset}"),
        (["--jobs", "0"], ["true"], "--jobs 0: must be at least 1"),
        (["--jobs", "2", "--read", "a.csv"], ["true"], "--read 'a.csv': with --jobs, runs write into one file"),
        (["--timeout", "0"], ["true"], "--timeout 0: must be above 0"),
        (["-n", "0"], ["true"], "number of seeds = 0"),
        (["-o", "stranger.py"], ["true"], "output folder 'stranger.py' cannot be written"),
    ],
)
def test_wrong_input_is_one_line(folder: Path, options: list[str], words: list[str], error: str) -> None:
    done = launch(*options, words=words)
    assert done.code == 2
    assert done.error.startswith(error)
    assert not (folder / "runs").exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_launcher_that_is_ended_ends_its_processes(folder: Path, number: signal.Signals, code: int) -> None:
    words = [sys.executable, "-m", "genconv", "launch", "-n", "3", "--jobs", "2", "--model", "m", "--dataset", "d"]
    script = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(100)"
    launcher = subprocess.Popen(  # noqa: S603
        [*words, "--read", "{seed}.csv", "--", sys.executable, "-c", script], stderr=subprocess.PIPE, text=True
    )
    outputs: list[Path] = []
    while len(outputs) < 2:
        time.sleep(0.05)
        outputs = [path for path in folder.glob("runs/*/output.txt") if path.read_text().endswith("\n")]
    launcher.send_signal(number)
    _, said = launcher.communicate(timeout=30)
    assert launcher.returncode == code
    assert said.count("\n") <= 4
    for output in outputs:
        with pytest.raises(ProcessLookupError):
            os.kill(int(output.read_text()), 0)
    assert {state for state, _ in states(folder / "runs").values()} == {"interrupted"}


def test_two_launchers_share_a_store(folder: Path) -> None:
    script = "import os, sys, time\ntime.sleep(0.3)\nopen(sys.argv[1] + '.csv', 'w').write('epoch,loss\\n0,1\\n1,2\\n')"
    words = [sys.executable, "-m", "genconv", "launch", "-n", "4", "--model", "m", "--dataset", "d"]
    whole = [*words, "--read", "{seed}.csv", "--", sys.executable, "-c", script, "{seed}"]
    both = [subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]  # noqa: S603
    for one in both:
        one.communicate(timeout=60)
    found = [open_recorded(path) for path in recorded_runs(folder / "runs")]
    assert [(one.state, one.starts) for one in found] == [("finished", 1)] * 4
    shutil.rmtree(folder / "runs")


def test_a_process_that_outlives_its_launcher_is_not_run_twice(folder: Path) -> None:
    script = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(100)"
    words = [
        sys.executable,
        "-m",
        "genconv",
        "launch",
        "--model",
        "mine",
        "--dataset",
        "photos",
        "--read",
        "{seed}.csv",
    ]
    command_line = [sys.executable, "-c", script]
    launcher = subprocess.Popen([*words, "--", *command_line], stderr=subprocess.DEVNULL)  # noqa: S603
    outputs: list[Path] = []
    while not outputs:
        time.sleep(0.05)
        outputs = [path for path in folder.glob("runs/*/output.txt") if path.read_text().endswith("\n")]
    launcher.kill()
    launcher.wait()
    survivor = int(outputs[0].read_text())
    try:
        done = launch("--read", "{seed}.csv", words=command_line)
        assert done.code == 1
        assert done.err == "seed 0: running (its process outlives an earlier launcher)\n"
        assert states(folder / "runs")[0][0] == "interrupted"
        assert int(outputs[0].read_text()) == survivor
    finally:
        os.kill(survivor, signal.SIGKILL)
    assert launch("--read", "{seed}.csv", "--timeout", "1", words=command_line).code == 1
    assert states(folder / "runs")[0] == ("failed", "timed out after 1 s")
