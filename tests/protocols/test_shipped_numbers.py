"""Every number that the shipped studies prescribe, as it was when the recipes stood beside the models.

`resolved.json` lists, for each section of a cell, its values and the cells that have them (study, dataset, model,
protocol). Fields that were added since are not in it: they keep their defaults.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from genconv.config.study import load_study, shipped_studies
from genconv.experiment.resolve import resolve

EXPECTED = json.loads((Path(__file__).parent / "resolved.json").read_text())
AVERAGED = ("flow-matching", "diffusion")
"""The average of their weights is evaluated."""


@pytest.fixture(scope="module")
def cells() -> dict[str, dict[str, Any]]:
    """Every cell of every shipped study, by study, dataset, model and protocol."""
    return {
        f"{study} {one.cell.dataset} {one.cell.model} {one.cell.protocol}": one.cell.model_dump(mode="json")
        for study in shipped_studies()
        for one in resolve(load_study(study))
    }


@pytest.mark.parametrize("section", ["architecture", "data", "training", "evaluation"])
def test_the_numbers_of_the_protocols_do_not_move(section: str, cells: dict[str, dict[str, Any]]) -> None:
    named = []
    for group in EXPECTED[section]:
        for cell in group["cells"]:
            found = cells[cell][section]
            assert {name: found[name] for name in group["values"]} == group["values"], cell
            named.append(cell)
    assert sorted(named) == sorted(cells)


def test_what_was_added_since_changes_nothing(cells: dict[str, dict[str, Any]]) -> None:
    for cell in (one for one in cells.values() if one["model"] not in AVERAGED):
        training = cell["training"]
        assert (training["optimizer_arguments"], training["schedule_arguments"]) == ({}, {})
        assert (training["weight_decay"], training["accumulate_steps"], training["ema_decay"]) == (0, 1, None)
