"""A certificate says in which company a run is the same, and finds a model that depends on its place."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from genconv.report.page.facts import environments
from genconv.statistics.equivalence import equivalence
from genconv.store.certificates import Certificate, Trial, certificate_of, save_certificate
from genconv.store.load import load
from tests.cli.commands import genconv
from tests.experiment.compiling import quick_compilation

STUDY = """
name = "certified"
seeds = 3
[data]
training_size = 200
validation_size = 100
test_size = 100
[training]
epochs = 2
batch_size = 100
warmup_steps = 1
[evaluation]
samples = 8
[[cells]]
models = "{model}"
datasets = "moons"
"""
MODEL = f"{Path(__file__).parent / 'placed.py'}:Placed"


@pytest.fixture(scope="module", autouse=True)
def quickly() -> Iterator[None]:
    with quick_compilation():
        yield


def study(folder: Path, more: str = "") -> Path:
    path = folder / "study.toml"
    path.write_text(STUDY.format(model=MODEL) + more)
    return path


def test_a_model_that_depends_on_its_place_is_found(tmp_path: Path) -> None:
    if len(jax.devices()) < 2:
        pytest.skip("a place differs on several devices only")
    done = genconv("certify", study(tmp_path), "-o", tmp_path)
    assert done.code == 1
    assert "in reversed order: the same arithmetic gives other bits: a run depends on its place" in done.err
    told = " ".join(done.out.split())
    assert "depends on its company under" in told
    assert "law" not in told.replace("nothing else of the law is tested", "")
    assert all(len(line) <= 80 for line in done.out.splitlines())


def test_a_small_dependence_shows_before_the_first_step_where_seeds_are_vectorised(tmp_path: Path) -> None:
    if len(jax.devices()) < 2:
        pytest.skip("a place differs on several devices only")
    path = study(tmp_path, "[cells.model]\nfault = 0.001\n")
    done = genconv("certify", path, "-o", tmp_path, "-q", "execution.mapping=vmap")
    assert done.code == 1
    assert "in reversed order: before the first step the loss differs by" in done.err
    assert "alone: before" not in done.err


def test_a_model_without_the_fault_keeps_its_bits(tmp_path: Path) -> None:
    path = study(tmp_path, "[cells.model]\nby_place = false\n")
    done = genconv("certify", path, "-o", tmp_path, "--format", "csv")
    told = done.err.splitlines()
    assert done.code == 0
    assert told[0] == f"genconv: {MODEL} on moons: the usual way, seeds: 3"
    assert told[1].startswith(f"genconv: {MODEL} on moons: way 1 of ")
    assert told[1].endswith(", once more")
    rows = [line.split(",") for line in done.out.splitlines()]
    kept = {row[1] for row in rows[1:] if row[2] == "1"}
    assert {"once more", "alone", "in reversed order", "half of them at a time"} <= kept
    (file,) = tmp_path.glob("certificate-*.json")
    found = certificate_of(tmp_path, json.loads(file.read_text())["cell"])
    assert found is not None
    assert found.sentence.startswith("bits equal under once more, alone, in reversed order")
    assert not found.faults
    assert all(len(trial.deviations) == 2 for trial in found.trials)
    assert genconv("run", path, "-o", tmp_path, "-q").code == 0
    assert not load([tmp_path]).problems
    assert "bits equal under once more, alone, in reversed order" in (tmp_path / "report-certified.html").read_text()
    equal = replace(found, trials=(Trial("vectorised", False, False, (1e-6, 1e-6), 0, None, True),))
    save_certificate(tmp_path, equal)
    (about,) = environments(load([tmp_path]).cells)
    assert dict(about.pairs)["same in any company"] == (
        "mean equal within 0.1 sd under vectorised (3 seeds, 2 epochs; mean: of the last validation loss; "
        "sd: standard deviations over seeds)"
    )


def test_a_way_with_a_fault_is_told_as_that_alone() -> None:
    def trial(way: str, *, bits: bool = False, equal: bool | None = None, fault: str = "") -> Trial:
        return Trial(way, False, bits, (0.0,), 0, None, equal, fault)

    trials = (
        trial("alone", bits=True),
        trial("vectorised", equal=True),
        trial("in reversed order", equal=True, fault="other bits"),
        trial("bfloat16 products", equal=False),
        trial("on one device"),
    )
    assert Certificate("", "", "map", 8, 1, (trials[0],), diverged=8).sentence == (
        "8 of 8 seeds diverged, and were compared until then; bits equal under alone"
    )
    assert Certificate("", "", "map", 8, 1, trials, diverged=0).sentence == (
        "bits equal under alone; mean equal within 0.1 sd under vectorised; "
        "mean differs by more than 0.1 sd under bfloat16 products; mean not decided under on one device; "
        "depends on its company under in reversed order"
    )


def test_equivalence_needs_pairs_and_finds_what_is_there() -> None:
    random = np.random.default_rng(3)
    seeds = random.normal(size=400)
    same = equivalence(seeds, seeds + 0.1 * random.normal(size=400))
    assert same is not None
    assert (same.equivalent, same.different) == (True, False)
    assert same.power == pytest.approx(1)
    moved = equivalence(seeds, seeds + 0.5)
    assert moved is not None
    assert (moved.equivalent, moved.different, moved.power) == (False, True, 1.0)
    few = equivalence(seeds[:6], random.permutation(seeds[:6]))
    assert few is not None
    assert not few.equivalent
    assert few.power < 0.2
    assert equivalence(seeds[:2], seeds[:2]) is None


def test_power_agrees_with_simulation() -> None:
    random = np.random.default_rng(5)
    found = [equivalence(one, one + 0.3 * random.normal(size=60)) for one in random.normal(size=(400, 60))]
    assert np.mean([one.equivalent for one in found]) == pytest.approx(np.mean([one.power for one in found]), abs=0.06)
