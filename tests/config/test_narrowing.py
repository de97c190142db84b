"""A study cut down to some of its models and datasets."""

import pytest

import genconv
from genconv import api
from genconv.config.narrowing import narrowed
from genconv.config.study import Study, load_study
from genconv.errors import InputError

STUDY = Study.checked(
    {
        "name": "mine",
        "description": "Three models on two densities.",
        "seeds": 3,
        "cells": (
            {"models": ["vae", "lvae"], "datasets": ["rings", "moons"], "model": {"latent": 3}},
            {"models": "flow", "datasets": "rings", "training": {"epochs": 7}},
            {"command": ["train", "{model}", "{seed}"], "model": ["old", "new"], "dataset": "moons"},
        ),
    }
)


def _cells(study: Study) -> list[tuple[str, str]]:
    trained = [(model, dataset) for grid in study.grids for model in grid.models for dataset in grid.datasets]
    return trained + [(model, dataset) for grid in study.commands for model, dataset, _ in grid.cells()]


def test_without_names_it_is_the_same_study() -> None:
    assert narrowed(STUDY) is STUDY
    assert narrowed(STUDY, ["vae", "lvae", "flow", "old", "new"], ["rings", "moons"]) is STUDY


def test_only_cells_of_the_names_are_left_with_what_they_had() -> None:
    left = narrowed(STUDY, ["lvae", "flow", "new"])
    assert _cells(left) == [("lvae", "rings"), ("lvae", "moons"), ("flow", "rings"), ("new", "moons")]
    assert left.grids[0].model == {"latent": 3}
    assert left.updated({"cells": STUDY.cells, "name": STUDY.name, "description": STUDY.description}) == STUDY
    assert _cells(narrowed(STUDY, (), ["moons"])) == [
        ("vae", "moons"), ("lvae", "moons"), ("old", "moons"), ("new", "moons")
    ]  # fmt: skip
    assert _cells(narrowed(STUDY, ["flow"], ["rings"])) == [("flow", "rings")]


def test_a_part_has_a_name_of_its_own_and_so_a_plan_and_a_page() -> None:
    assert narrowed(STUDY, ["flow"]).name == "mine-flow"
    assert narrowed(STUDY, ["lvae", "vae"], ["moons"]).name == "mine-lvae-vae-moons"
    own = STUDY.updated({"cells": ({"models": ["a.py:A", "b.py:B", "vae"], "datasets": "rings"},)})
    names = {narrowed(own, [model]).name for model in ("a.py:A", "b.py:B", "vae")}
    assert len(names) == 3
    assert "mine-vae" in names
    assert all(name.startswith("mine-") and ":" not in name for name in names)
    long = STUDY.updated({"name": "x" * 64})
    assert len(narrowed(long, ["flow"]).name) == 64
    assert narrowed(long, ["flow"]).name != narrowed(long, ["vae"]).name


def test_what_the_study_does_not_have_is_told() -> None:
    with pytest.raises(
        InputError, match=r"^unknown model of the study mine 'vea': did you mean 'vae'\? known are flow"
    ):
        narrowed(STUDY, ["vea"])
    with pytest.raises(InputError, match=r"^unknown dataset of the study mine 'circles': .*known are moons, rings$"):
        narrowed(STUDY, (), ["circles"])
    with pytest.raises(InputError, match=r"^the study mine has no cell of 'flow' on 'moons'$"):
        narrowed(STUDY, ["flow"], ["moons"])


def test_a_changed_study_is_not_described_as_the_one_that_was_written() -> None:
    assert api.planned(STUDY, ["execution.mapping=map"]).description == STUDY.description
    assert api.planned(STUDY, ["seeds=4"]).description == ""
    assert api.planned(STUDY, ["training.epochs=4"]).description == ""
    assert api.planned(STUDY, [], ["flow"]).description == ""


def test_a_single_name_may_be_a_text() -> None:
    assert genconv.resolved_toml("families-toy", models="maf", datasets="moons").startswith("# 1 cell, 10 runs\n")


def test_each_cell_of_a_narrowed_study_is_that_of_the_whole_one() -> None:
    whole = genconv.resolved_toml("families-toy")
    text = genconv.resolved_toml("families-toy", models=["maf", "vae"], datasets=["moons"])
    assert text.startswith("# 2 cells, 20 runs\n")
    parts, every = ([part.strip() for part in one.split("[[cells]]")[1:]] for one in (text, whole))
    assert len(parts) == 2
    assert all(part in every for part in parts)
    assert load_study("families-toy").description in whole
