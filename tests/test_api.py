"""The Python functions do what their docstrings say, and tell their errors as `InputError`s."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import genconv
from genconv import api
from genconv.config.run import Cell
from genconv.config.study import Study
from genconv.coordinates import Coordinates
from genconv.errors import GenconvError, InputError
from genconv.experiment.observer import Observer, PlannedCell, Progress
from genconv.store.results import Results
from genconv.store.runs import StoredRun
from tests.experiment.compiling import TINY_VAE, quick_compilation
from tests.experiment.synthetic_runs import losses, store

SEEDS = (0, 1, 2)


class Watching(Observer):
    """Remembers what happened."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.progress: list[Progress] = []

    def study_planned(self, cells: Sequence[PlannedCell]) -> None:
        self.events += [f"{one.model}: {len(one.finished)} done, {len(one.missing)} missing" for one in cells]

    def cell_started(self, cell: Cell, seeds: Sequence[Coordinates]) -> None:
        self.events.append(f"{cell.model} starts {[run.label for run in seeds]}")

    def epoch_finished(self, progress: Progress) -> None:
        self.events.append(f"epoch {progress.epoch}")
        self.progress.append(progress)

    def cell_finished(self, cell: Cell, seeds: Sequence[Coordinates], seconds: float) -> None:
        assert seconds > 0
        self.events.append(f"{cell.model} ends {[run.label for run in seeds]}")


@dataclass(frozen=True)
class Trained:
    folder: Path
    watched: Watching
    collection: Results


@pytest.fixture(scope="module")
def quickly() -> Iterator[None]:
    with quick_compilation():
        yield


@pytest.fixture(scope="module")
def trained(quickly: None, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder, watched = tmp_path_factory.mktemp("trained"), Watching()
    collection = genconv.train(
        "vae", "rings", seeds=SEEDS, epochs=2, settings=TINY_VAE, output=folder, observer=watched
    )
    return Trained(folder, watched, collection)


def test_every_public_name_is_there() -> None:
    assert set(genconv.__all__) <= set(dir(genconv))
    assert all(callable(getattr(genconv, name)) for name in genconv.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = genconv.trian  # type: ignore[attr-defined]


def test_an_observer_hears_of_every_epoch_once(trained: Trained) -> None:
    assert trained.watched.events == [
        "vae: 0 done, 3 missing",
        "vae starts [0, 1, 2]",
        "epoch 1",
        "epoch 2",
        "vae ends [0, 1, 2]",
    ]


def test_an_observer_hears_the_losses_that_are_stored(trained: Trained) -> None:
    (cell,) = trained.collection.cells
    for progress in trained.watched.progress:
        assert progress.losses.shape == progress.diverged.shape == (3,)
        np.testing.assert_allclose(progress.losses, cell.curves.validation[:, progress.epoch - 1], rtol=1e-6)


def test_training_returns_what_loading_reads(trained: Trained) -> None:
    (one,), (other,) = trained.collection.cells, genconv.load(str(trained.folder)).cells
    assert one.curves.seeds == other.curves.seeds == SEEDS
    np.testing.assert_array_equal(one.curves.validation, other.curves.validation)
    assert one.curves.reference is not None


def test_what_is_finished_is_not_trained_again(trained: Trained) -> None:
    watched = Watching()
    study = Study.checked(
        {
            "name": "same",
            "seeds": SEEDS,
            "cells": ({"models": "vae", "datasets": "rings"},),
            "training": {"epochs": 2},
        }
    )
    collection = genconv.run(study, TINY_VAE, output=trained.folder, observer=watched)
    assert watched.events == ["vae: 3 done, 0 missing"]
    assert [cell.curves.seeds for cell in collection.cells] == [SEEDS]


def test_a_study_returns_its_own_cells_alone(trained: Trained) -> None:
    collection = genconv.train("vae", "rings", seeds=[1], epochs=2, settings=TINY_VAE, output=trained.folder)
    assert [cell.curves.seeds for cell in collection.cells] == [(1,)]


def test_samples_of_a_path_or_a_run(trained: Trained, quickly: None) -> None:
    run = trained.collection.cells[0].runs[0]
    samples = genconv.sample(run, 20)
    assert (samples.shape, samples.dtype) == ((20, 2), np.float32)
    np.testing.assert_array_equal(samples, genconv.sample(run.path, 20))
    np.testing.assert_array_equal(samples, genconv.sample(str(run.path), 20))
    assert not np.array_equal(samples, genconv.sample(trained.collection.cells[0].runs[1], 20))


@pytest.mark.parametrize("count", [0, -1])
def test_no_samples_cannot_be_drawn(trained: Trained, count: int) -> None:
    with pytest.raises(InputError, match=f"number of samples = {count}: must be at least 1"):
        genconv.sample(trained.folder, count)


def test_summaries_are_one_a_cell(tmp_path: Path) -> None:
    store(tmp_path, 4)
    for mode in ("corrected", "published"):
        (summary,) = genconv.summarise(genconv.load(tmp_path), mode)
        assert (summary.dataset, summary.seeds, summary.diverged, summary.mode) == ("rings", 4, 0, mode)
        assert summary.metrics["last"].mean == pytest.approx(np.mean([losses(seed)[1][-1] for seed in range(4)]))


@pytest.mark.parametrize("several", [list, tuple, iter])
def test_paths_may_be_one_or_several(tmp_path: Path, several: type) -> None:
    folders = store(tmp_path, 2)
    assert genconv.load(several(folders)).cells[0].curves.seeds == (0, 1)
    assert genconv.load(folders[1]).cells[0].curves.seeds == (1,)


def test_a_page_and_figures_from_a_collection(tmp_path: Path) -> None:
    store(tmp_path / "runs", 2)
    collection = api.load(tmp_path / "runs")
    page = api.write_report(collection, tmp_path / "page.html", title="Mine")
    assert "Mine" in page.read_text(encoding="utf-8")
    figures = api.plot(collection, tmp_path / "figures")
    assert {path.suffix for path in figures.paths} == {".png", ".svg", ".pdf", ".md"}
    assert all(path.stat().st_size > 0 for path in figures.paths)


def test_figures_without_a_folder_say_what_is_absent(tmp_path: Path) -> None:
    store(tmp_path / "runs", 2)
    figures = api.plot(api.load(tmp_path / "runs"), kinds=["gap", "ranks"], log_x=True)
    assert figures.paths == ()
    assert figures.silent == (
        "gap: nothing to show: it needs data whose entropy is known, and losses in nats",
        "ranks: a critical difference needs 6 datasets as independent blocks: here are 1",
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda folder: genconv.train("veo", "rings", output=folder), "unknown model 'veo': did you mean 'vae'"),
        (lambda folder: genconv.train("vae", "rigns", output=folder), "unknown dataset 'rigns'"),
        (lambda folder: genconv.train("vae", "rings", protocol="x", output=folder), "unknown protocol 'x'"),
        (lambda folder: genconv.train("vae", "rings", epochs=0, output=folder), "training.epochs = 0"),
        (lambda folder: genconv.train("vae", "rings", seeds=(), output=folder), "seeds: at least one"),
        (lambda folder: genconv.train("vae", "rings", seeds=(1, 1), output=folder), "seeds: 1 is named twice"),
        (lambda folder: genconv.train("vae", "rings", seeds=(-1,), output=folder), "seeds: -1 is not from 0"),
        (
            lambda folder: genconv.train("vae", "rings", settings=["x"], output=folder),
            "settings are written as key=value",
        ),
        (lambda folder: genconv.run("quickstrat", output=folder), "unknown study 'quickstrat'"),
        (lambda folder: genconv.run(folder / "a.toml", output=folder), "does not exist"),
        (lambda folder: genconv.load(folder / "a"), "does not exist"),
        (lambda _: genconv.load([]), "no path given"),
        (lambda folder: genconv.sample(folder / "a"), "cannot be read"),
        (lambda _: genconv.summarise(Results(()), "corect"), "unknown mode 'corect': did you mean 'corrected'"),
    ],
)
def test_bad_input_is_told(tmp_path: Path, call, message: str) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "runs"
    with pytest.raises(GenconvError) as caught:
        call(folder)
    assert isinstance(caught.value, InputError)
    assert message in str(caught.value)
    assert not folder.exists()


def test_a_run_of_the_collection_is_open(trained: Trained) -> None:
    run = trained.collection.cells[0].runs[2]
    assert isinstance(run, StoredRun)
    assert run.environment["runs_trained_together"] == 3
    assert run.outcome.parameters > 0
    assert set(run.curves["split"].unique()) == {"training", "validation"}


@pytest.mark.parametrize("name", ["nn.Buffer", "bijections.Chain"])
def test_layers_are_there_without_an_import_of_their_own(name: str) -> None:
    code = f"import genconv; genconv.{name}"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


def test_imports_take_their_options_by_name(tmp_path: Path) -> None:
    for seed in range(2):
        text = "epoch,nll\n" + "".join(f"{epoch},{seed + 1 / (1 + epoch)}\n" for epoch in range(3))
        (tmp_path / f"seed_{seed}.csv").write_text(text)
    logs = sorted(tmp_path.glob("*.csv"))
    genconv.import_runs(logs, tmp_path / "runs", model="mine", dataset="photos", columns={"validation": "nll"})
    (found,) = genconv.load(tmp_path / "runs")
    assert (found.curves.model, found.curves.dataset, found.curves.seeds) == ("mine", "photos", (0, 1))
    with pytest.raises(genconv.InputError, match="unknown option 'modle': one of align"):
        genconv.import_runs(logs, tmp_path / "runs", modle="mine")
