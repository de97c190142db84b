"""What is kept of models of images: at which epochs, in which form, always from the same noise."""

from typing import Any

import numpy as np
import pytest

from genconv.experiment.records import records
from genconv.training.cell import CellResult
from genconv.training.snapshots import snapshot_epochs
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
def test_the_epochs_of_snapshots(monkeypatch: pytest.MonkeyPatch, epochs: int, chosen: Any, expected: set[int]) -> None:
    sections = {"training": {"epochs": epochs}, "evaluation": {"snapshot_epochs": chosen}}
    assert snapshot_epochs(image_cell(monkeypatch, "vae", **sections).cell, "images") == expected


def test_points_have_no_snapshots() -> None:
    assert snapshot_epochs(small_cell("vae").cell, "points") == set()


def test_snapshots_are_grey_values_of_each_seed(result: CellResult) -> None:
    assert list(result.snapshots) == [0, 1, 2]
    for snapshots in result.snapshots.values():
        for values in snapshots:
            assert (values.shape, values.dtype) == ((len(SEEDS), 4, *SHAPE), np.uint8)
    assert result.evaluation.samples.shape == (len(SEEDS), 5, *SHAPE)
    assert result.evaluation.samples.dtype == np.uint8


def test_inputs_stay_the_same_while_what_is_made_of_them_changes(result: CellResult) -> None:
    first, last = result.snapshots[0], result.snapshots[2]
    np.testing.assert_array_equal(first.inputs, last.inputs)
    assert set(np.unique(first.inputs)) <= {0, 255}
    assert np.any(first.samples != last.samples)
    assert np.any(first.reconstructions != last.reconstructions)


def test_a_model_that_stands_still_draws_the_same_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    still = trained(image_cell(monkeypatch, "vae", training={"learning_rate": 1e-30}), (4,))
    for first, last in zip(still.snapshots[0], still.snapshots[2], strict=True):
        np.testing.assert_array_equal(first, last)


def test_the_record_holds_them_by_name(cell: Any, result: CellResult) -> None:
    for index, record in enumerate(records(cell, result)):
        shapes = {name: values.shape for name, values in record.samples.items()}
        assert shapes == {
            "samples": (5, *SHAPE),
            "snapshots.epochs": (3,),
            "snapshots.inputs": (4, *SHAPE),
            "snapshots.samples": (3, 4, *SHAPE),
            "snapshots.reconstructions": (3, 4, *SHAPE),
        }
        np.testing.assert_array_equal(record.samples["snapshots.samples"][1], result.snapshots[1].samples[index])
        assert list(record.samples["snapshots.epochs"]) == [0, 1, 2]


def test_a_seed_has_the_same_snapshots_alone(cell: Any, result: CellResult) -> None:
    alone = trained(cell, (1,))
    for epoch, snapshots in alone.snapshots.items():
        for ours, theirs in zip(snapshots, result.snapshots[epoch], strict=True):
            np.testing.assert_array_equal(ours[0], theirs[1])


def test_a_model_without_steps_has_no_traces(result: CellResult) -> None:
    assert tuple(result.traces) == (None, None, None)


@pytest.mark.parametrize("count", [5, 9])
def test_traces_end_in_the_first_images_of_the_last_snapshot(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """More images than are traced, and fewer: both of the same draws."""
    drawn = trained(image_cell(monkeypatch, "draw", evaluation={"snapshots": count}), (3, 4))
    last, traces, few = drawn.snapshots[2], drawn.traces, min(count, 8)
    for trace, images in ((traces.generation, last.samples), (traces.reconstruction, last.reconstructions)):
        assert trace is not None
        canvases = np.asarray(trace.canvases)
        assert canvases.shape == (2, few, 3, *SHAPE)
        np.testing.assert_allclose(255 * canvases[:, :, -1], images[:, :few], atol=0.51)
    np.testing.assert_allclose(255 * np.asarray(traces.inputs), last.inputs[:, :few], atol=0.51)
