"""Few examples: defaults are made to fit and told; what a user chose stays."""

from pathlib import Path

import numpy as np
import pytest

from genconv.config.study import Study
from genconv.errors import InputError
from genconv.experiment.resolve import ResolvedCell, resolve


@pytest.fixture
def few(tmp_path: Path) -> str:
    path = tmp_path / "few.npy"
    np.save(path, np.random.default_rng(0).normal(size=(500, 2)))
    return str(path)


def cell(dataset: str, *settings: str, model: str = "vae") -> ResolvedCell:
    study = Study.checked({"name": "few", "seeds": 1, "cells": ({"models": model, "datasets": dataset},)})
    (one,) = resolve(study.with_overrides(settings))
    return one


def test_the_default_batch_and_warmup_fit_a_file_and_are_told(few: str) -> None:
    one = cell(few)
    assert (one.cell.training.batch_size, one.cell.training.warmup_steps) == (400, 2)
    assert one.notes == (
        f"vae on {few}: training.batch_size is 400, not 512: there are 400 training examples",
        f"vae on {few}: training.warmup_steps is 2, not 500: at most a tenth of the 20 optimizer steps",
    )


def test_what_was_chosen_stays(few: str) -> None:
    one = cell(few, "training.batch_size=100", "training.warmup_steps=500", "training.epochs=5")
    assert (one.cell.training.batch_size, one.cell.training.warmup_steps) == (100, 500)
    assert one.notes == (
        f"vae on {few}: training ends within the warm-up: 20 steps, training.warmup_steps = 500",
        f"vae on {few}: the KL weight of the objective reaches 1 only in the last epoch: training.epochs = 5, "
        "model.kl_warmup_epochs = 5",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "ending"),
    [
        ("evaluation.samples=8", "400, the training examples of FEW (what data.validation_fraction and "
         "data.test_fraction leave)"),
        ("data.training_size=300", "300, the training examples of FEW (data.training_size)"),
    ],
)  # fmt: skip
def test_a_chosen_batch_that_is_too_large_names_a_setting_of_the_dataset(few: str, setting: str, ending: str) -> None:
    with pytest.raises(InputError) as told:
        cell(few, "training.batch_size=512", setting)
    assert str(told.value) == f"training.batch_size = 512: must be at most {ending.replace('FEW', few)}"


def test_shipped_data_keep_their_warmup_and_a_short_training_is_told() -> None:
    one = cell("rings", "data.training_size=600", "training.epochs=3")
    assert one.cell.training.warmup_steps == 500
    assert one.notes == (
        "vae on rings: training ends within the warm-up: 6 steps, training.warmup_steps = 500",
        "vae on rings: the KL weight of the objective never reaches 1: training.epochs = 3, model.kl_warmup_epochs = 5",
    )
    assert cell("rings").notes == ()


def test_enough_examples_change_nothing(tmp_path: Path) -> None:
    np.save(tmp_path / "many.npy", np.zeros((200_000, 2)) + np.arange(200_000)[:, None])
    one = cell(str(tmp_path / "many.npy"))
    assert (one.cell.training.batch_size, one.cell.training.warmup_steps, one.notes) == (512, 500, ())
