"""What training again says of verdicts, on curves that nobody trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from genconv.experiment.verify import Retrained, changed_verdicts
from genconv.store.load import load
from genconv.store.results import StoredCell
from genconv.store.runs import RunRecord, StoredRun, save_run
from tests.experiment.synthetic_runs import cell, record

SEEDS = range(5)


def two_cells(root: Path) -> tuple[StoredCell, ...]:
    """A model below another by 0.5 nats, noise 0.01."""
    generator = np.random.default_rng(0)
    for model, level in (("flow", 2.0), ("vae", 2.5)):
        for seed in SEEDS:
            save_run(root, shifted(record(seed, cell(model=model)), level + 0.01 * generator.standard_normal()))
    return load([root]).cells


def shifted(one: RunRecord, level: float) -> RunRecord:
    losses = {name: np.full_like(values, level) for name, values in one.curves.items() if name.endswith(".loss")}
    return replace(one, curves={**one.curves, **losses})


def again(run: StoredRun, level: float) -> Retrained:
    new = shifted(record(run.run.label, run.run.cell), level)
    return Retrained(run, (run.run.coordinates,), new, {"training": 1.0}, same_end=True)


def test_the_same_curves_change_no_verdict(tmp_path: Path) -> None:
    cells = two_cells(tmp_path)
    run = cells[0].runs[0]
    level = float(run.curves["loss"][0])
    assert changed_verdicts(cells, [again(run, level)]) == []


def test_other_curves_change_it_and_both_are_told(tmp_path: Path) -> None:
    cells = two_cells(tmp_path)
    flow = next(one for one in cells if one.curves.model == "flow")
    changed = changed_verdicts(cells, [again(run, 3 + 0.1 * place) for place, run in enumerate(flow.runs)])
    assert changed is not None
    assert changed[0] == "last of flow and vae: flow better; now: vae better"


def test_a_run_of_an_earlier_computation_is_no_fault_when_it_differs(tmp_path: Path) -> None:
    run = two_cells(tmp_path)[0].runs[0]
    assert again(run, 3.0).fault
    assert not replace(again(run, 3.0), computation=1).fault
    assert not replace(again(run, 3.0), deviations={}).fault


def test_a_single_cell_has_no_verdict(tmp_path: Path) -> None:
    cells = two_cells(tmp_path)[:1]
    assert changed_verdicts(cells, []) is None
