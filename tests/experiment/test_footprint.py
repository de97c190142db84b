"""Sizes that no machine has room for are refused from shapes alone, in one line that names the setting."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from genconv import hardware
from genconv.config.run import Run
from genconv.config.study import Study
from genconv.errors import InputError
from genconv.experiment import footprint
from genconv.experiment.execute import run_study
from genconv.experiment.footprint import bytes_of_a_run, check_memory, in_words, peak_memory, runs_together
from genconv.experiment.resolve import ResolvedCell, resolve
from genconv.store.runs import save_run
from tests.cli.commands import genconv
from tests.experiment.small_study import study
from tests.experiment.synthetic_runs import cell, record

MANY, MORE = 2_000_000_000, 400_000_000
ROOM = 16 << 30


@pytest.fixture(autouse=True)
def _a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "memory", lambda: ROOM)
    monkeypatch.setattr(footprint, "free_memory", lambda: ROOM)


def resolved(model: str, dataset: str, *settings: str) -> ResolvedCell:
    text = f'name = "a"\nseeds = 1\n[[cells]]\nmodels = "{model}"\ndatasets = "{dataset}"'
    (one,) = resolve(Study.from_toml(text, "here").with_overrides(settings))
    return one


@pytest.mark.parametrize(
    ("named", "settings"),
    [
        ("model: its weights", ["model.hidden=[65536, 65536]"]),
        ("data.training_size", [f"data.training_size={MANY}"]),
        ("data.validation_size", [f"data.validation_size={MANY}"]),
        ("data.test_size", [f"data.test_size={MANY}"]),
        ("training.epochs", [f"training.epochs={MANY}"]),
        ("training.batch_size", [f"training.batch_size={MORE}", f"data.training_size={MORE}"]),
        ("training.validation_batch_size", [f"training.validation_batch_size={MORE}", f"data.validation_size={MORE}"]),
        ("evaluation.chunk", [f"evaluation.chunk={MORE}", f"evaluation.points={MORE}", f"data.test_size={MORE}"]),
        ("evaluation.samples", [f"evaluation.samples={MANY}"]),
        ("evaluation.importance_samples", [f"evaluation.importance_samples={MANY}"]),
    ],
)
@pytest.mark.parametrize("model", ["vae", "flow"])
def test_every_size_that_a_study_gives(model: str, named: str, settings: list[str]) -> None:
    began = time.monotonic()
    with pytest.raises(
        InputError, match=rf"^{model} on rings: {named}.*: needs at least .* of memory, and there are 17"
    ):
        check_memory(resolved(model, "rings", *settings))
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("model.couplings=1000000", "1024"),
        (f"model.hidden=[{','.join(['1'] * 300)}]", "at most 256"),
        ("data.training_size=3000000000", "at most 2147483647"),
    ],
)
def test_counts_that_nobody_compiles(setting: str, allowed: str) -> None:
    with pytest.raises(InputError, match=allowed):
        resolved("flow", "rings", setting)


@pytest.mark.parametrize("model", ["vae", "lvae", "flow"])
def test_what_is_usual_fits(model: str) -> None:
    one = resolved(model, "rings")
    check_memory(one)
    assert runs_together(one) == footprint.MOST_RUNS


def test_fewer_runs_are_trained_together_where_there_is_less_room(monkeypatch: pytest.MonkeyPatch) -> None:
    one = resolved("vae", "rings")
    monkeypatch.setattr(footprint, "free_memory", lambda: 100 << 20)
    assert 5 < runs_together(one) < 50
    monkeypatch.setattr(footprint, "free_memory", lambda: 1)
    assert runs_together(one) == 1


def test_the_estimate_of_the_peak_is_that_of_the_process_and_of_the_runs_together() -> None:
    one = resolved("vae", "rings", "model.hidden=[512, 512]", "data.training_size=1024")
    few, many = (peak_memory(one, runs, 0, 700_000_000) for runs in (2, 20))
    assert 700_000_000 < few < many
    assert (many - few) / 18 == pytest.approx(bytes_of_a_run(one), rel=0.1)


def test_nothing_is_written_when_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"evaluation\.samples"):
        run_study(study("vae", f"evaluation.samples={MANY}"), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sizes",
    [
        {"architecture": {"hidden": [65536] * 3, "latent": 1}},
        {"data": {"training_size": MANY, "validation_size": 1, "test_size": 1}},
        {"data": {"training_size": 10**30, "validation_size": 1, "test_size": 1}},
    ],
)
def test_a_stored_run_of_absurd_sizes_is_not_trained_again(sizes: dict[str, object], tmp_path: Path) -> None:
    save_run(tmp_path, record(of=cell(**sizes)))
    done = genconv("verify", tmp_path, "--retrain", "1")
    assert done.code == 2
    assert "needs at least" in done.error or "must be at most" in done.error


def test_a_stored_run_of_more_epochs_than_it_has(tmp_path: Path) -> None:
    """The number of epochs is looked at before an array of so many is made."""
    few = record()
    training = few.run.cell.training.updated({"epochs": MANY})
    many = few.run.cell.model_copy(update={"training": training})
    stored = save_run(tmp_path, replace(few, run=Run(many, few.run.coordinates)))
    done = genconv("metrics", stored)
    assert done.code == 2
    assert f"does not hold {MANY} epochs of training" in done.error


def test_the_memory_of_this_machine_is_known() -> None:
    assert 1 << 28 < hardware.free_memory() <= hardware.memory() < 1 << 50


def test_bytes_in_words() -> None:
    assert [in_words(n) for n in (5_000_000, 2_500_000_000, 3 * 10**12)] == ["5 MB", "2.5 GB", "3 TB"]
