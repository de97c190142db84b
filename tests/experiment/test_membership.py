"""Which stored runs a study asks for."""

from pathlib import Path

import pytest

from genconv.config.study import Study
from genconv.errors import InputError
from genconv.experiment.membership import of_study
from genconv.experiment.resolve import resolve
from genconv.store.load import load
from genconv.store.runs import save_run
from tests.experiment.synthetic_runs import record

STUDY = """
name = "small"
seeds = [3, 1]
[training]
epochs = 7
[[cells]]
models = ["vae", "flow"]
datasets = ["rings"]
"""


def study(**changes: str) -> Study:
    text = STUDY
    for before, after in changes.items():
        text = text.replace(before, after)
    return Study.from_toml(text, "small")


def test_the_runs_of_a_study_and_no_others(tmp_path: Path) -> None:
    for one in resolve(study()):
        for seed in (1, 2, 3):
            save_run(tmp_path, record(seed, one.cell))
    results = load([tmp_path])
    found = of_study(results, study())
    assert sorted((one.curves.model, one.curves.seeds) for one in found) == [("flow", (1, 3)), ("vae", (1, 3))]
    assert found.notes == ("--study small: 2 of 2 cells, 4 of 6 runs",)
    (one,) = of_study(results, study(**{'"vae", ': ""}))
    assert (one.curves.model, len(one.runs)) == ("flow", 2)
    with pytest.raises(InputError, match="--study small: none of its runs is among these results"):
        of_study(results, study(**{"epochs = 7": "epochs = 8"}))
