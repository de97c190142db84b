"""`--until decided` with commands that crash, hang and fail always: launched by hand, and as cells of a study."""

import sys
from collections import Counter
from pathlib import Path

import pytest

from genconv.store.recorded import open_recorded, recorded_runs
from genconv.store.until import read_record, record_paths
from tests.cli.commands import Done, genconv

SCRIPT = """
import sys, time
model, seed, shift, file = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
with open("started", "a") as started:
    started.write(model + " " + str(seed) + "\\n")
if model == "broken" or seed in (1, 4, 7):
    sys.exit("no GPU")
if seed == 3:
    time.sleep(60)
with open(file, "w") as table:
    table.write("epoch,val_loss\\n0,9\\n1," + str(shift + (seed * 7 % 10) / 10) + "\\n")
"""
STUDY = f"""
name = "shifts"
seeds = 3
[[cells]]
command = ["{sys.executable}", "-S", "script.py", "MODEL", "{{seed}}", "{{shift}}", "{{folder}}/log.csv"]
model = "MODEL"
dataset = "photos"
values = {{ shift = [SHIFTS] }}
read = "{{folder}}/log.csv"
timeout = 1
"""
UNTIL = ("--until", "decided")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def launch(model: str, shift: float, *options: str) -> Done:
    words = [sys.executable, "-S", "script.py", model, "{seed}", str(shift), "{folder}/log.csv"]
    read = ("--read", "{folder}/log.csv", "--timeout", "1", "--jobs", "2", "--quiet")
    return genconv("launch", "--model", model, "--dataset", "photos", *read, *options, "--", *words)


def started() -> Counter[str]:
    return Counter(Path("started").read_text().splitlines())


def test_a_command_that_crashes_and_hangs_until_it_is_told_apart(folder: Path) -> None:
    base = launch("base", 0.0, "-n", "12")
    assert (base.code, base.out.splitlines()[-1]) == (1, "12 runs: 8 finished, 4 failed → runs")
    done = launch("mine", -2.0, *UNTIL, "--baseline", "base", "--look-every", "6")
    assert done.code == 1
    assert "mine better" in done.out
    assert "6 runs: 3 finished, 3 failed" in done.out
    assert [done.out.count(word) for word in ("no GPU", "timed out after")] == [2, 1]
    again = launch("mine", -2.0, *UNTIL, "--baseline", "base", "--look-every", "6")
    assert [line for line in again.out.splitlines() if "better" in line]
    assert set(started().values()) == {1}
    (path,) = record_paths(folder / "runs")
    (counted,) = [one for one in read_record(path).looks[0].runs if one.cell == "mine"]
    assert sorted(counted.values) == [0, 2, 5]
    assert genconv("verify", "runs").code == 0
    assert genconv("launch", "--model", "broken", "--dataset", "photos", "-n", "2", "--", "false").code == 1
    refused = launch("mine", -2.0, *UNTIL, "--baseline", "broken", "-o", "runs")
    assert (refused.code, refused.error) == (
        2, "--baseline broken: no run of it has a loss: broken on photos: seeds 0..1 failed (exit code 1)"
    )  # fmt: skip


def test_cells_of_commands_until_they_are_told_apart(folder: Path) -> None:
    text = STUDY.replace("MODEL", "mine").replace("SHIFTS", "0, -2")
    broken = "[[cells]]" + STUDY.partition("[[cells]]")[2].replace("MODEL", "broken").replace("SHIFTS", "1")
    (folder / "shifts.toml").write_text(text + broken + "[execution]\njobs = 2\n")
    words = ("run", "shifts.toml", *UNTIL, "--look-every", "8", "--max-seeds", "16")
    done = genconv(*words)
    assert done.code == 1, done.err
    assert "mine (shift=-2) better than mine (shift=0)" in done.out
    note = (
        "broken on photos: seeds 0..7 failed (exit code 1, last line: no GPU); none of its runs has a number, "
        "so nothing is asked"
    )
    assert note in done.err
    assert "mine on photos (shift=0): seeds 1,4,7 failed (exit code 1, last line: no GPU)" in done.out
    assert "mine on photos (shift=0): seed 3 failed (timed out after 1 s)" in done.out
    assert "broken on photos" in (folder / "runs" / "report-shifts.html").read_text()
    assert sum(started().values()) == 3 * 8
    again = genconv(*words, "--quiet")
    assert again.code == 1
    assert sum(started().values()) == 3 * 8, "what has failed is not run again at the same look"
    states = Counter(open_recorded(path).state for path in recorded_runs(folder / "runs"))
    assert states == {"finished": 2 * 4, "failed": 2 * 4 + 8}


def test_commands_that_all_fail_are_one_line(folder: Path) -> None:
    (folder / "shifts.toml").write_text(STUDY.replace("MODEL", "broken").replace("SHIFTS", "0, 1"))
    done = genconv("run", "shifts.toml", *UNTIL, "--look-every", "2", "--quiet")
    assert (done.code, done.error) == (
        1,
        "no run of shifts has a loss: broken on photos (shift=0): seeds 0..1 failed (exit code 1, last line: no GPU); "
        "broken on photos (shift=1): seeds 0..1 failed (exit code 1, last line: no GPU)",
    )
    plain = genconv("run", "shifts.toml", "--quiet", "-o", "other")
    assert plain.code == 1
    assert "broken (shift=0)  3 failed" in plain.out
    assert not (folder / "other" / "report-shifts.html").exists()
