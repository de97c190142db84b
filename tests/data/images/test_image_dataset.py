"""Splits and binarization of a small dataset of images, and of the two known ones before anything is read."""

from pathlib import Path

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest

from genconv.data.base import Splits
from genconv.data.images import entries
from genconv.data.images.config import Binarization, ImageConfig
from genconv.data.images.dataset import ImageDataset, Images
from genconv.data.registry import dataset_named
from genconv.data.toy.dataset import ToyDataset
from genconv.errors import InputError, WorkError
from genconv.protocols import Protocol
from tests.cli.commands import genconv

POOL = np.repeat(np.arange(240, dtype=np.uint8), 16).reshape(240, 4, 4)
"""Image i has the grey value i everywhere."""
TEST = np.full((7, 4, 4), 250, np.uint8)


class Flat(ImageDataset):
    def __init__(self, test: int = 0, **values: object) -> None:
        config = ImageConfig.checked({"binarization": "dynamic", "validation_size": 40, **values}, "data")
        super().__init__(config, (4, 4), 255.0, len(POOL), test)

    def read(self) -> Images:
        return Images(POOL, None if self._test else TEST)


def drawn(dataset: ImageDataset, key: int = 0) -> Splits:
    return jax.tree.map(np.asarray, jax.jit(dataset.draw)(jr.key(key), dataset.load()))


@pytest.mark.parametrize("test", [0, 30])
def test_splits_are_disjoint_and_complete(test: int) -> None:
    splits = drawn(Flat(test))
    pool = splits[:3] if test else splits[:2]
    images = sorted(int(image[0, 0]) for part in pool for image in part)
    assert images == list(range(240))
    assert [len(part) for part in splits[:3]] == ([170, 40, 30] if test else [200, 40, 7])
    assert test or (splits.test == TEST).all()


def test_splits_depend_on_the_key_alone() -> None:
    first, again, other = drawn(Flat()), drawn(Flat(binarization="none")), drawn(Flat(), key=1)
    for a, b, c in zip(first[:2], again[:2], other[:2], strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a != c).any()


def test_a_cap_leaves_the_other_splits_alone() -> None:
    whole, capped = drawn(Flat(30)), drawn(Flat(30, training_size=25))
    np.testing.assert_array_equal(capped.training, whole.training[:25])
    np.testing.assert_array_equal(capped.validation, whole.validation)
    np.testing.assert_array_equal(capped.test, whole.test)
    assert Flat(30, training_size=25).training_size == 25


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"validation_size": 240}, r"data.validation_size = 240: leaves none to train on \(240 images\)"),
        ({"training_size": 201}, "data.training_size = 201: must be at most 200"),
        ({"training_size": 0}, "data.training_size = 0: must be greater than or equal to 1"),
        ({"binarization": "dynamc"}, "data.binarization = 'dynamc': must be"),
        ({"size": 3}, "unknown key 'data.size'"),
    ],
)
def test_sizes_that_do_not_fit(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Flat(**values)


def test_rows_stay_small() -> None:
    for how in ("dynamic", "static", "threshold", "none"):
        assert {part.dtype for part in drawn(Flat(binarization=how))[:3]} == {np.dtype(np.uint8)}


def mean_of_draws(dataset: ImageDataset, rows: np.ndarray, draws: int = 4000) -> np.ndarray:
    seen = jax.vmap(lambda key: dataset.prepare(jnp.asarray(rows), key))(jr.split(jr.key(7), draws))
    assert set(np.unique(seen).tolist()) <= {0.0, 1.0}
    return np.asarray(seen.mean(axis=0))


def test_dynamic_draws_have_the_grey_value_as_their_mean() -> None:
    dataset = Flat()
    rows = POOL[::16]
    error = np.abs(mean_of_draws(dataset, rows) - rows / 255)
    assert error.max() < 5 * 0.5 / np.sqrt(4000)
    seen = dataset.prepare(jnp.array([[[0, 255]]], jnp.uint8), jr.key(0))
    np.testing.assert_array_equal(seen, [[[0, 1]]])
    assert seen.dtype == jnp.float32


def test_dynamic_draws_are_fresh_and_a_function_of_the_key() -> None:
    dataset, rows = Flat(), jnp.asarray(POOL)
    one, again, other = (np.asarray(dataset.prepare(rows, jr.key(key))) for key in (0, 0, 1))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_static_is_drawn_once() -> None:
    dataset = Flat(binarization="static")
    splits, again, other = drawn(dataset), drawn(dataset), drawn(dataset, key=1)
    np.testing.assert_array_equal(splits.training, again.training)
    assert (splits.training != other.training).any()
    rows = jnp.asarray(splits.training)
    one, two = (np.asarray(dataset.prepare(rows, jr.key(key))) for key in (0, 1))
    np.testing.assert_array_equal(one, two)
    assert set(np.unique(one)) == {0.0, 1.0}
    grey = drawn(Flat(binarization="none")).training / 255
    assert abs(one.mean() - grey.mean()) < 5 * 0.5 / np.sqrt(one.size)
    assert np.corrcoef(one.ravel(), grey.ravel())[0, 1] > 0.4


@pytest.mark.parametrize(("how", "expected"), [("threshold", [0, 0, 1, 1]), ("none", [0, 127 / 255, 128 / 255, 1])])
def test_threshold_and_none(how: Binarization, expected: list[float]) -> None:
    rows = jnp.array([[[0, 127], [128, 255]]], jnp.uint8)
    seen = Flat(binarization=how).prepare(rows, jr.key(0))
    np.testing.assert_allclose(np.ravel(seen), expected, rtol=1e-6)


@pytest.mark.parametrize("protocol", ["published", "corrected"])
@pytest.mark.parametrize(("name", "size"), [("mnist", 50_000), ("omniglot", 15_424)])
def test_nothing_is_read_before_it_is_needed(
    name: str, size: int, protocol: Protocol, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GENCONV_DATA", str(tmp_path))
    monkeypatch.setattr(entries, "present", lambda source: pytest.fail(f"{source.path} was asked for"))
    entry = dataset_named(name)
    dataset = entry.build(entry.configured(protocol, {}))
    assert (dataset.spec.modality, dataset.spec.shape, dataset.training_size) == ("images", (28, 28), size)
    with pytest.raises(pytest.fail.Exception):
        dataset.load()


def test_models_of_images_refuse_points(tmp_path: Path) -> None:
    done = genconv("train", "-m", "draw", "-d", "rings", "-o", tmp_path)
    assert done.error == "model 'draw' takes binary images of one channel, not continuous points in 2 dimensions"
    assert list(tmp_path.iterdir()) == []


def test_what_is_missing_is_told_before_anything_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(dataset: ToyDataset) -> None:
        raise WorkError("a file is missing")

    monkeypatch.setattr(ToyDataset, "load", missing)
    done = genconv("train", "-m", "vae", "-d", "rings", "-o", tmp_path)
    assert (done.code, done.error) == (1, "a file is missing")
    assert list(tmp_path.iterdir()) == []
