"""Designs in study files: which runs they ask for, and what is refused."""

from itertools import combinations

import pytest

from genconv.config.design import DesignConfig
from genconv.config.study import Study
from genconv.coordinates import Coordinates, run_labels
from genconv.errors import InputError
from genconv.experiment.resolve import resolve
from genconv.experiment.spelled_out import spelled_out

CELL = """
[[cells]]
models = "flow"
datasets = "moons"
training = { epochs = 4 }
"""


def study(text: str, cell: str = CELL) -> Study:
    return Study.from_toml(f'name = "d"\n{text}\n{cell}', "d.toml")


def runs_of(text: str, cell: str = CELL) -> tuple[Coordinates, ...]:
    (one,) = resolve(study(text, cell))
    return one.runs


@pytest.mark.parametrize("levels", [3, 4, 5, 8, 9, 12, 16, 20, 24, 27])
def test_every_two_streams_of_a_graeco_latin_square_meet_once(levels: int) -> None:
    runs = DesignConfig(streams=("init", "order", "noise", "data"), levels=levels).coordinates({})
    assert len(runs) == levels**2 == len(set(runs))
    for a, b in combinations(("init", "order", "noise", "data"), 2):
        assert {(getattr(run, a), getattr(run, b)) for run in runs} == {
            (i, j) for i in range(levels) for j in range(levels)
        }


def test_a_word_is_a_latin_square_and_a_table_says_the_rest() -> None:
    square = runs_of('design = "latin"')
    assert len(square) == 64
    assert ({run.noise for run in square}, {run.data for run in square}) == (set(range(8)), {0})
    assert square[9] == Coordinates(0, 1, 1, 2)
    assert len(runs_of('design = { layout = "factorial", levels = 3 }')) == 27
    assert len(runs_of('[design]\nstreams = ["init", "order"]\nlevels = 3\ntwins = 2')) == 18
    pinned = CELL + "streams = { data = 7, noise = 2 }"
    assert {(run.data, run.noise) for run in runs_of('[design]\nstreams = ["init", "order"]\nlevels = 2', pinned)} == {
        (7, 2)
    }


def test_twins_are_seeds_and_the_same_with_a_bit_flipped() -> None:
    runs = runs_of('[design]\nlayout = "twins"\nlevels = 3\ntwins = 3\nflip_at = [0, 2]')
    assert len(runs) == DesignConfig(layout="twins", levels=3, twins=3, flip_at=(0, 2)).count == 15
    assert runs[:3] == (Coordinates(0, 0, 0, 0), Coordinates(0, 0, 0, 0, 1), Coordinates(0, 0, 0, 0, 2))
    assert runs[3] == Coordinates(0, 0, 0, 0, 1, 2)
    assert len(set(run_labels(runs))) == 15
    assert runs[3].file_name == "init0-order0-noise0-perturbation1-afterepoch2"
    assert all(Coordinates.from_json(run.as_json()) == run for run in runs)
    assert "flip_at" not in runs[0].as_json(), "the identity of a run without a flip is that of old"


def test_a_study_spelled_out_has_its_design_and_the_number_of_runs() -> None:
    text = spelled_out(study('[design]\nlayout = "latin"\nlevels = 5'))
    assert text.splitlines()[0] == (
        "# 1 cell, 25 runs; each cell: a Latin square of 5 × 5, init × order, noise as its letter"
    )
    (again,) = resolve(Study.from_toml(text, "again"))
    assert again.runs == runs_of("design = { levels = 5 }")


def test_settings_change_a_design() -> None:
    changed = study('design = "latin"').with_overrides(["design.levels=3", "design.twins=2"])
    assert changed.design is not None
    assert changed.design.count == 18
    assert study("seeds = 4").with_overrides(["design=latin"]).design == DesignConfig()


@pytest.mark.parametrize(
    ("text", "cell", "problem"),
    [
        ("", CELL, "seeds is missing: a study has seeds, or a design"),
        ('seeds = 3\ndesign = "latin"', CELL, "seeds = '0..2': must be left out"),
        ('design = "greek"', CELL, "design.layout = 'greek': must be 'latin', 'factorial' or 'twins'"),
        ("[design]\nlevel = 3", CELL, "unknown key 'design.level': did you mean 'levels'?"),
        ('[design]\nstreams = ["init", "weights"]', CELL, "design.streams.1 = 'weights': must be"),
        ('[design]\nstreams = ["init", "init"]', CELL, "must be different ones"),
        ('[design]\nstreams = ["init"]', CELL, "must be two to four for the layout 'latin'"),
        ('[design]\nstreams = ["init", "order", "noise", "data"]\nlevels = 10', CELL, "levels = 10: must be odd or"),
        ("[design]\nflip_at = [0, 1]", CELL, "must be one number for the layout 'latin'"),
        ('[design]\nlayout = "factorial"\nlevels = 100', CELL, "1,000,000 runs of one cell are more than 100,000"),
        ('design = { layout = "twins", flip_at = 4 }', CELL, "design.flip_at = 4: must be below training.epochs = 4"),
        (
            'design = "latin"',
            CELL + "streams = { init = 3 }",
            "streams: init = 3: must be left out, the design varies it",
        ),
        ('design = "latin"', CELL + 'streams = { data = "seed" }', "data = 'seed': must be one integer where a design"),
        (
            'design = "latin"',
            '[[cells]]\ncommand = ["x", "{seed}"]\nmodel = "m"\ndataset = "d"',
            "design: must be left out where cells are commands",
        ),
    ],
)
def test_what_cannot_be_is_one_line(text: str, cell: str, problem: str) -> None:
    with pytest.raises(InputError) as error:
        resolve(study(text, cell))
    assert problem in str(error.value)
    assert "\n" not in str(error.value)
