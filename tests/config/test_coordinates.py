"""Coordinates: which runs a study asks for, and how the runs of one cell are named."""

import pytest

from genconv.config.streams import StreamsConfig
from genconv.coordinates import Coordinates, pinned_streams, run_labels


def of(seeds: int, **pins: object) -> tuple[Coordinates, ...]:
    return StreamsConfig.checked(pins).coordinates(range(seeds))


def test_a_seed_is_data_0_and_itself_in_the_other_streams() -> None:
    assert of(2) == (Coordinates(0, 0, 0, 0), Coordinates(0, 1, 1, 1))
    assert [run.label for run in of(2)] == [0, 1]
    assert [run.file_name for run in of(2)] == ["s0", "s1"]


def test_lists_make_a_factorial_and_no_run_comes_twice() -> None:
    assert of(2, init=[0, 5], order=3) == (
        Coordinates(0, 0, 3, 0),
        Coordinates(0, 5, 3, 0),
        Coordinates(0, 0, 3, 1),
        Coordinates(0, 5, 3, 1),
    )
    assert of(9, init=[4, 5], order=0, noise=0) == (Coordinates(0, 4, 0, 0), Coordinates(0, 5, 0, 0))


@pytest.mark.parametrize(
    ("pins", "labels"),
    [
        ({}, (0, 1)),
        ({"init": 7}, (0, 1)),
        ({"data": "seed"}, (0, 1)),
        ({"init": [4, 5], "order": 0, "noise": 0}, (4, 5)),
        ({"init": [0, 1]}, ("init 0, order 0, noise 0", "init 1, order 0, noise 0")),
        ({"init": [0, 1], "order": 9}, ("init 0, noise 0", "init 1, noise 0")),
    ],
)
def test_runs_of_a_cell_are_named_by_what_varies(pins: dict[str, object], labels: tuple[object, ...]) -> None:
    assert run_labels(of(2, **pins))[:2] == labels
    assert len(set(run_labels(of(2, **pins)))) == len(of(2, **pins))


def test_a_single_run_is_named_by_all_its_coordinates() -> None:
    assert run_labels([Coordinates(0, 1, 2, 2)]) == ("init 1, order 2, noise 2",)
    assert Coordinates(3, 1, 2, 2, 4).file_name == "data3-init1-order2-noise2-perturbation4"


def test_equal_labels_are_equal_random_numbers_only_under_equal_pins() -> None:
    def said(runs: tuple[Coordinates, ...]) -> object:
        return pinned_streams(runs, run_labels(runs))

    assert said(of(3)) == said(of(5)) == ()
    assert said(of(3, init=7)) == said(of(5, init=7)) == (("init", 7),)
    assert said(of(3, data="seed")) == (("data", "seed"),)
    assert said(of(2, init=[0, 1], order=9)) != said(of(2, init=[0, 1], order=8))
