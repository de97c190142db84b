"""`--until`: more seeds of a command or of a study, until it is decided."""

import json
import sys
from pathlib import Path

import pytest

from genconv.store.recorded import recorded_runs
from genconv.store.until import read_record, record_paths
from tests.cli.commands import Done, genconv
from tests.experiment.compiling import quick_compilation

SCRIPT = """
import random, sys
seed, shift, file = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
numbers = random.Random(seed * 1000 + int(10 * shift))
if seed == 3:
    sys.exit("boom")
with open(file, "w") as table:
    table.write("epoch,train_loss,val_loss\\n")
    for epoch in range(2):
        lost = seed % 4 == 1 and "frail" in sys.argv
        table.write(f"{epoch},{'nan' if lost else 2.0},{'nan' if lost else shift + numbers.gauss(0, 0.3)}\\n")
"""
STUDY = """
name = "rates"
seeds = 2
[[cells]]
models = "vae"
datasets = "8gaussians"
[cells.training]
learning_rate = 0.05
[[cells]]
models = "vae"
datasets = "8gaussians"
[cells.training]
learning_rate = 0.000001
[model]
hidden = [6]
latent = 2
[data]
training_size = 96
validation_size = 64
test_size = 32
[training]
epochs = 3
batch_size = 32
validation_batch_size = 64
warmup_steps = 0
[evaluation]
importance_samples = 2
samples = 4
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def launch(model: str, shift: float, *options: str, frail: bool = False) -> Done:
    words = [sys.executable, "script.py", "{seed}", str(shift), "{folder}/log.csv", *(["frail"] if frail else [])]
    read = ["--read", "{folder}/log.csv", "--quiet"]
    return genconv("launch", "--model", model, "--dataset", "photos", *read, *options, "--", *words)


def test_a_command_until_it_is_told_apart_from_a_baseline(folder: Path) -> None:
    assert launch("base", 1.0, "-n", "8").code == 1
    until = ["--until", "decided", "--baseline", "base"]
    done = launch("mine", -1.0, *until)
    assert done.code == 1, "seed 3 has failed"
    assert "mine better" in done.out
    assert "5 runs: 4 finished, 1 failed" in done.out
    (path,) = record_paths(folder / "runs")
    before = path.read_bytes()
    again = launch("mine", -1.0, *until)
    assert "mine better" in again.out
    assert path.read_bytes() == before
    assert len(recorded_runs(folder / "runs")) == 8 + 5
    assert genconv("verify", "runs").code == 0
    compared = genconv("compare", "runs")
    assert "the seeds of 'mine on photos' were chosen by looks" in compared.err
    refused = launch("mine", -1.0, *until, "--max-seeds", "60")
    assert refused.code == 2
    assert refused.error.startswith("max-seeds = 60: these runs are looked at by the plan of runs/until-")
    path.write_text(path.read_text().replace('"before": 0', '"before": 1'))
    assert genconv("verify", "runs").code == 1


def test_a_command_until_its_rate_of_divergence_is_known(folder: Path) -> None:
    done = launch("frail", 0.0, "--until", "diverged<=0.02", "--look-every", "4", "--max-seeds", "200", frail=True)
    assert "frail  above 0.02" in done.out
    (path,) = record_paths(folder / "runs")
    (answer,) = read_record(path).answers.values()
    assert (answer.said, answer.metric) == ("above", "diverged")
    assert answer.seeds < 20


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--until", "decided"], "--until decided: needs --baseline MODEL"),
        (["--until", "decided", "--baseline", "base", "-n", "3"], "-n and --until: only one of the two can be given"),
        (
            ["--until", "decided", "--baseline", "base"],
            "--baseline base: 'runs' holds no runs of it; launch them first",
        ),
        (["--until", "decided", "--baseline", "mine"], "--baseline mine: is the model that is launched"),
        (["--until", "diverged=0.1"], "--until 'diverged=0.1': must be decided, or diverged<=RATE"),
        (
            ["--until", "diverged<=0.1", "--baseline", "base"],
            "--baseline: cannot be given with --until 'diverged<=0.1'",
        ),
        (["--alpha", "0.1"], "--alpha: cannot be given without --until"),
        (
            ["--until", "decided", "--baseline", "base", "--anytime", "--futility", "0"],
            "--futility: cannot be given with",
        ),
        (
            ["--until", "decided", "--baseline", "base", "--alpha", "0.9"],
            "alpha = 0.9: must be above 0 and at most 0.5",
        ),
    ],
)
def test_options_that_do_not_go_together(folder: Path, options: list[str], words: str) -> None:
    done = launch("mine", 0.0, *options)
    assert done.code == 2
    assert done.error.startswith(words)
    assert not list((folder / "runs").glob("*-recorded-*"))


def test_a_study_until_it_is_decided(folder: Path) -> None:
    (folder / "study.toml").write_text(STUDY)
    until = ["--until", "decided", "--look-every", "5", "--max-seeds", "10", "--quiet"]
    with quick_compilation():
        done = genconv("run", "study.toml", *until)
        again = genconv("run", "study.toml", *until)
    assert done.code == again.code == 0, done.err
    assert "better" in done.out
    assert done.out == again.out
    (path,) = record_paths(folder / "runs")
    record = read_record(path)
    assert record.name == "rates"
    assert {len(one.values) for look in record.looks for one in look.runs} == {5}
    page = (folder / "runs" / "report-rates.html").read_text()
    assert "Looks and decisions" in page
    with quick_compilation():
        fresh = genconv("run", "study.toml", *until, "--fresh")
    assert fresh.code == 2
    assert fresh.error.startswith("--fresh: cannot be given with --until")
    document = json.loads(path.read_text())
    assert document["plan"]["max-seeds"] == 10


def test_imports_are_looked_at_as_they_come(folder: Path) -> None:
    for count in (7, 10):
        lines = ["seed,epoch,val_loss,model"]
        for model, shift in (("old", 0.0), ("new", -3.0), ("twin", 0.05)):
            lines += [f"{seed},0,{shift + ((seed * 7 + len(model)) % 10) / 10},{model}" for seed in range(count)]
        (folder / "runs.csv").write_text("\n".join(lines))
        imported = genconv("import", "runs.csv", "--dataset", "photos", "--kind", "loss", "-o", f"store{count}")
        assert imported.code == 0, imported.err
    too_few = genconv("look", "store7", "--look-every", "8")
    assert too_few.code == 2
    assert "error: the next look needs 8 runs of each cell: new on photos has 7" in too_few.err
    first = genconv("look", "store7", "--baseline", "old")
    assert first.code == 0, first.err
    assert "look 1, 5 seeds each, alpha spent 0.0126 of 0.05: 2 open" in first.out
    assert "note: the next look needs 10 runs of each cell: new on photos has 7, old on photos has 7" in first.err
    (path,) = record_paths(folder / "store7")
    (folder / "store10" / path.name).write_bytes(path.read_bytes())
    second = genconv("look", "store10", "--baseline", "old")
    assert "look 2, 10 seeds each" in second.out
    assert "new better than old" in second.out
    assert "numbers now" not in second.err
