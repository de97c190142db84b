"""What is kept of models of images: at which epochs, in which form, always from the same noise."""

from typing import Any

import numpy as np
import pytest

from genconv.experiment.records import records
from genconv.training.snapshots import picture_epochs
from genconv.training.trainer import CellResult
from tests.training.cells import small_cell, trained
from tests.training.images import SHAPE, image_cell

SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def cell() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield image_cell(patch, "vae")


@pytest.fixture(scope="module")
def result(cell: Any) -> CellResult:
    return trained(cell, SEEDS)


@pytest.mark.parametrize(
    ("epochs", "chosen", "expected"),
    [
        (1, "auto", {0}),
        (2, "auto", {0, 1}),
        (10, "auto", {0, 1, 3, 7, 9}),
        (16, "auto", {0, 1, 3, 7, 15}),
        (500, "auto", {0, 1, 3, 7, 15, 31, 63, 127, 255, 499}),
        (10, [2, 9, 40], {2, 9}),
        (10, [], set()),
    ],
)
def test_the_epochs_of_pictures(monkeypatch: pytest.MonkeyPatch, epochs: int, chosen: Any, expected: set[int]) -> None:
    sections = {"training": {"epochs": epochs}, "evaluation": {"picture_epochs": chosen}}
    assert picture_epochs(image_cell(monkeypatch, "vae", **sections).cell, "images") == expected


def test_points_have_no_pictures() -> None:
    assert picture_epochs(small_cell("vae").cell, "points") == set()


def test_pictures_are_grey_values_of_each_seed(result: CellResult) -> None:
    assert list(result.pictures) == [0, 1, 2]
    for pictures in result.pictures.values():
        for values in pictures:
            assert (values.shape, values.dtype) == ((len(SEEDS), 4, *SHAPE), np.uint8)
    assert result.evaluation.samples.shape == (len(SEEDS), 5, *SHAPE)
    assert result.evaluation.samples.dtype == np.uint8


def test_inputs_stay_the_same_while_what_is_made_of_them_changes(result: CellResult) -> None:
    first, last = result.pictures[0], result.pictures[2]
    np.testing.assert_array_equal(first.inputs, last.inputs)
    assert set(np.unique(first.inputs)) <= {0, 255}
    assert np.any(first.samples != last.samples)
    assert np.any(first.reconstructions != last.reconstructions)


def test_a_model_that_stands_still_draws_the_same_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    still = trained(image_cell(monkeypatch, "vae", training={"learning_rate": 1e-30}), (4,))
    for first, last in zip(still.pictures[0], still.pictures[2], strict=True):
        np.testing.assert_array_equal(first, last)


def test_the_record_holds_them_by_name(cell: Any, result: CellResult) -> None:
    for index, record in enumerate(records(cell, result)):
        shapes = {name: values.shape for name, values in record.samples.items()}
        assert shapes == {
            "samples": (5, *SHAPE),
            "pictures.epochs": (3,),
            "pictures.inputs": (4, *SHAPE),
            "pictures.samples": (3, 4, *SHAPE),
            "pictures.reconstructions": (3, 4, *SHAPE),
        }
        np.testing.assert_array_equal(record.samples["pictures.samples"][1], result.pictures[1].samples[index])
        assert list(record.samples["pictures.epochs"]) == [0, 1, 2]


def test_a_seed_has_the_same_pictures_alone(cell: Any, result: CellResult) -> None:
    alone = trained(cell, (1,))
    for epoch, pictures in alone.pictures.items():
        for ours, theirs in zip(pictures, result.pictures[epoch], strict=True):
            np.testing.assert_array_equal(ours[0], theirs[1])


def test_a_model_without_steps_has_no_drawings(result: CellResult) -> None:
    assert tuple(result.drawings) == (None, None, None)
