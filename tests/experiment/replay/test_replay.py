"""A diverged run is repeated to the bit, its fault is named, and one change at a time is tried."""

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genconv import api
from genconv.cli._options import Format
from genconv.cli.replay import _tell
from genconv.errors import InputError
from genconv.experiment.replay.bundle import read_bundle, write_bundle
from genconv.experiment.replay.changes import gone_on
from genconv.experiment.replay.replay import Replay, replay
from genconv.store.runs import StoredRun
from tests.cli.commands import genconv
from tests.experiment.compiling import quick_compilation

MODEL = Path(__file__).parent.parent / "divides.py"
STEPS, LIMIT = 5, 7
"""In an epoch; the step that divides by zero."""
DATA = ("data.training_size=450", "data.validation_size=100", "data.test_size=100", "training.batch_size=100")


@pytest.fixture(scope="module", autouse=True)
def quickly() -> Iterator[None]:
    with quick_compilation():
        yield


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> StoredRun:
    folder = tmp_path_factory.mktemp("planted")
    words = ["-d", "moons", "-n", "2", "-e", "3", "-o", folder, *DATA, f"model.limit={LIMIT}"]
    assert genconv("train", "-m", f"{MODEL}:Planted", *words).code == 0
    return StoredRun.open(next(folder.glob("*-s1-*")))


@pytest.fixture(scope="module")
def replayed(planted: StoredRun) -> Replay:
    return replay(planted.path, before=4, after=3, code=[MODEL])


def test_the_same_step_with_the_same_bits(planted: StoredRun, replayed: Replay) -> None:
    assert planted.outcome.divergence is not None
    assert planted.outcome.divergence.step == LIMIT
    assert replayed.same
    assert replayed.stored == replayed.subject.death == planted.outcome.divergence
    assert (replayed.differs, "the same bits" in replayed.how) == ("", True)


def test_it_goes_on_from_the_state_that_was_kept(planted: StoredRun, replayed: Replay) -> None:
    assert planted.state["epoch"].item() == LIMIT // STEPS
    kept = replay(planted.path, before=2, code=[MODEL], try_changes=False)
    assert (kept.same, kept.subject.first, kept.stored) == (True, STEPS, replayed.stored)
    assert "of epoch 1 and of the weights, from the state that was kept before it" in kept.how
    assert kept.examined.steps == replayed.examined.steps[-3:]
    assert kept.examined.fault == replayed.examined.fault
    assert "of the curves of loss and gradient until then" in replayed.how, (
        "more steps are wanted than lie behind the state"
    )


def test_the_planted_division_is_named(replayed: Replay) -> None:
    seen = replayed.examined
    assert (seen.split, seen.batch) == ("training", 100)
    assert seen.fault is not None
    assert seen.fault.direction == "forward"
    assert seen.fault.origin is not None
    line = next(n for n, text in enumerate(MODEL.read_text().splitlines(), 1) if "/ left" in text)
    assert seen.fault.origin.place == ("layers.1", "Ratio.__call__")
    assert (seen.fault.origin.operation, seen.fault.origin.line) == ("div", f"divides.py:{line}")


def test_the_last_steps_are_measured(planted: StoredRun, replayed: Replay) -> None:
    steps = replayed.examined.steps
    assert [one.step for one in steps] == list(range(LIMIT - 4, LIMIT + 1))
    final = planted.weights  # a frozen run keeps those from before its divergence
    for name in ("layers.0.bias", "layers.1.bias"):
        assert steps[-1].weights[name] == pytest.approx(np.linalg.norm(final[name]), rel=1e-6)
    assert np.isfinite(steps[-2].activations["layers.1 (Ratio.__call__)"])
    assert not np.isfinite(steps[-1].activations["layers.1 (Ratio.__call__)"])
    assert np.isfinite(steps[-1].activations["layers.0 (Shift.__call__)"])
    assert all(not np.isfinite(example.loss) for example in replayed.examined.examples)


def test_the_sentence_above_the_changes_fits_the_terminal(
    replayed: Replay, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    _tell(replayed, Format.TABLE)
    lines = capsys.readouterr().out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("Each goes on from step"))
    said = lines[start : next(place for place, line in enumerate(lines) if line.startswith("change "))]
    assert len(said) > 1
    assert all(len(line) <= 60 for line in said)
    assert " ".join(said).endswith("or the last one that the run survived.")


def test_no_change_saves_a_run_that_divides_by_zero(replayed: Replay) -> None:
    assert [one.change for one in replayed.changed] == [
        "unchanged", "clipped", "half the rate", "without the worst example", "another noise", "float64",
    ]  # fmt: skip
    for one in replayed.changed:
        assert (one.failed, one.divergence) == ("", replayed.stored)


def test_a_bundle_repeats_it_in_another_place(
    replayed: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "death.zip"
    write_bundle(bundle, replayed.subject, replayed.stored, 3)
    assert bundle.stat().st_size < 10_000_000
    with pytest.raises(InputError, match=r"code that would be executed.*--code FILE\.py"):
        read_bundle(bundle)
    monkeypatch.chdir(tmp_path)
    shutil.copy(MODEL, tmp_path)
    again = replay(bundle, code=[Path(MODEL.name)], try_changes=False)
    assert again.same
    assert again.stored == replayed.stored
    assert again.examined.fault == replayed.examined.fault
    assert again.examined.examples == replayed.examined.examples
    assert [one.weights for one in again.examined.steps] == [one.weights for one in replayed.examined.steps]
    bundle.write_bytes(b"PK" + b"nothing")
    with pytest.raises(InputError, match="is no bundle"):
        replay(bundle)


def test_a_bundle_takes_the_code_that_was_allowed(
    replayed: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run whose model was named from the folder of its training, in another folder with a file of that name."""
    (tmp_path / MODEL.name).write_text("nothing")
    monkeypatch.chdir(tmp_path)
    cell = replayed.subject.run.cell
    named = cell.model_copy(update={"model": f"{MODEL.name}:{cell.model.rpartition(':')[2]}"})
    run = replace(replayed.subject.run, cell=named)
    write_bundle(tmp_path / "death.zip", replace(replayed.subject, run=run), replayed.stored, 1, [MODEL])
    with zipfile.ZipFile(tmp_path / "death.zip") as packed:
        assert packed.read(f"code/model/{MODEL.name}") == MODEL.read_bytes()


def test_the_command_tells_and_writes_it(planted: StoredRun, tmp_path: Path) -> None:
    options = ["--before", "4", "--no-changes", "--code", MODEL, "-o", tmp_path]
    done = genconv("replay", planted.path, *options)
    assert done.code == 0
    told = done.out.splitlines()
    assert told[0].endswith(f"seed 1: diverged at step {LIMIT}, in epoch 1 (non-finite loss)")
    assert told[1].startswith("trained again: the same step, the same bits in ")
    assert "layers.1 (Ratio.__call__), div at divides.py:" in told[2]
    assert {"replay.png", "steps.csv", "changes.csv"} < {path.name for path in tmp_path.iterdir()}
    assert (tmp_path / "steps.csv").read_text().startswith("step,what,name,value\n3,recorded,gradient_norm,")
    several = genconv("replay", planted.path.parent, "--code", MODEL)
    assert "holds 2 runs that diverged: name one of " in several.error
    assert genconv("replay", planted.path).error.endswith(f"allow it with --code {MODEL}")


def test_a_run_that_did_not_diverge_is_refused(tmp_path: Path) -> None:
    model = ["-m", f"{MODEL}:Planted", "-d", "moons", "-e", "1", "-o", tmp_path, *DATA, "model.limit=90"]
    assert genconv("train", *model).code == 0
    (run,) = tmp_path.glob("*-s0-*")
    assert "did not diverge" in genconv("replay", run, "--code", MODEL).error


def test_runs_that_were_vectorised_are_replayed_in_as_many_copies(tmp_path: Path) -> None:
    words = ["-d", "moons", "-n", "3", "-e", "3", "-o", tmp_path, *DATA, f"model.limit={LIMIT}"]
    assert genconv("train", "-m", f"{MODEL}:Planted", *words, "execution.mapping=vmap").code == 0
    run = StoredRun.open(next(tmp_path.glob("*-s1-*")))
    assert str(run.environment["mapping"]).startswith("vmap")
    found = api.replay(run.path, before=4, changes=False, code=[MODEL])
    assert len(found.subject.states.health.step) >= 3, "copies, up to a multiple of the devices"
    assert (found.same, found.differs, found.changed) == (True, "", ())
    assert found.examined.fault is not None
    assert found.examined.fault.origin is not None
    assert found.examined.fault.origin.place == ("layers.1", "Ratio.__call__")


def test_changes_agree_with_full_trainings(tmp_path: Path) -> None:
    model = ("model.hidden=[8]", "model.couplings=2", "training.warmup_steps=0")
    settings = ["-d", "8gaussians", "-e", "4", "--seeds", "2", *DATA, *model]

    def trained(name: str, *more: str) -> StoredRun:
        assert genconv("train", "-m", "flow", *settings, "-o", tmp_path / name, *more).code == 0
        return StoredRun.open(next((tmp_path / name).glob("*-s2-*")))

    died = trained("died", "training.learning_rate=1")
    found = replay(died.path, before=1000, try_changes=False)
    assert (found.same, found.subject.first) == (True, 0)
    divergence, until = gone_on(found.subject, {"learning_rate": 0.003}, 4 * STEPS)
    assert (divergence, until) == (trained("low", "training.learning_rate=0.003").outcome.divergence, 4 * STEPS)
    assert divergence is None
