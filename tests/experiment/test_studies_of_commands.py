"""What only cells that are trained here have is refused for a study whose cells are all commands."""

import pytest

from genconv.config.study import Study
from genconv.errors import InputError
from genconv.experiment.cost import estimate
from genconv.experiment.membership import of_study
from genconv.store.results import Results

STUDY = Study.checked(
    {"name": "script", "seeds": 2, "cells": ({"command": ["train", "{seed}"], "model": "a", "dataset": "d"},)}
)


def test_its_cost_is_not_known() -> None:
    with pytest.raises(
        InputError, match=r"^study 'script': all its cells are commands, whose cost genconv cannot know$"
    ):
        estimate(STUDY)


def test_its_runs_are_chosen_by_name() -> None:
    with pytest.raises(
        InputError, match=r"^--study script: all its cells are commands, .*--model, --dataset and --where$"
    ):
        of_study(Results(()), STUDY)
