"""Curves of runs in training can be read while they grow, and are those that are stored at the end."""

from pathlib import Path

import numpy as np
import pytest

from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.experiment.execute import run_study
from genconv.experiment.observer import Observer, Progress
from genconv.measure import ELBO
from genconv.store.growing import GrowingFile, GrowingRuns, growing_files
from genconv.store.load import load
from tests.experiment.small_study import StopsAfter, study
from tests.experiment.synthetic_runs import cell as some_cell

DIVERGES = ("training.blow_up=8.5", "training.learning_rate=0.05")
"""Of the three runs some blow up."""


class Follows(Observer):
    """Reads on after every epoch."""

    def __init__(self, root: Path) -> None:
        self.root, self.files = root, dict[Path, GrowingFile]()
        self.seen: list[int] = []

    def epoch_finished(self, progress: Progress) -> None:
        for path in growing_files(self.root):
            file = self.files.setdefault(path, GrowingFile(path))
            file.follow()
            self.seen.append(file.epochs)


def test_curves_in_training_are_those_that_are_stored(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_study(study("vae", *DIVERGES), tmp_path, StopsAfter(2, KeyboardInterrupt()))
    left = GrowingFile(growing_files(tmp_path)[0])
    assert left.follow() or left.epochs == 0
    follows = Follows(tmp_path)
    run_study(study("vae", *DIVERGES), tmp_path, follows)
    (file,) = follows.files.values()
    assert follows.seen == sorted(follows.seen)
    assert (follows.seen[0] >= 2, follows.seen[-1]) == (True, 5)
    (cell,) = load([tmp_path]).cells
    assert file.about is not None
    assert file.about.cell == cell.config
    assert file.about.runs == cell.curves.coordinates
    assert (file.about.measure, file.about.reference) == (cell.curves.measure, cell.curves.reference)
    for name in cell.quantities:
        np.testing.assert_array_equal(file.row(name), cell.quantity(name).values)
    assert tuple(map(file.ended.get, range(3))) == cell.curves.divergences
    assert len(file.ended) > 0
    np.testing.assert_allclose(file.seconds, cell.scalars["wall_seconds"].values[0])
    assert (np.diff(file.seconds) > 0).all()
    assert growing_files(tmp_path) == []


def test_a_line_without_an_end_waits_and_another_file_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    about = _about()
    path.write_text(about + '{"values":{"validation.loss":[1.0]},"seconds":0.5}\n{"values":')
    file = GrowingFile(path)
    assert file.follow()
    assert (file.epochs, file.row("validation.loss").tolist()) == (1, [[1.0]])
    assert not file.follow()
    with path.open("a") as more:
        more.write('{"validation.loss":[null]},"seconds":null,"ended":{"0":[1,"blow-up",7]}}\n')
    assert file.follow()
    assert file.epochs == 2
    assert file.ended[0].step == 7
    path.unlink()
    path.write_text(about)
    assert file.follow()
    assert (file.epochs, file.ended) == (0, {})


WRONG = ("[]", "{}", '{"values":{"validation.loss":[1,2]},"seconds":1}', "NaN", '{"values":1}')


@pytest.mark.parametrize("line", WRONG)
def test_what_is_no_such_file_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "growing.jsonl"
    path.write_text(_about() + line + "\n")
    with pytest.raises(InputError, match=r"growing\.jsonl: does not hold curves"):
        GrowingFile(path).follow()


def _about() -> str:
    return GrowingRuns(some_cell(), (Coordinates.of_seed(0),), ELBO, None, 3).line
