"""Images in files of the user: which arrays are taken for what, and what a model then sees."""

from pathlib import Path
from typing import Any

import jax
import jax.random as jr
import numpy as np
import pytest

from genconv.data.base import DataSpec, Splits
from genconv.data.images.dataset import ImageDataset
from genconv.data.registry import dataset_named
from genconv.errors import InputError
from tests.data.test_array_file import saved

GREY = np.random.default_rng(0).integers(0, 256, (40, 5, 7), dtype=np.uint8)
RGB = np.random.default_rng(1).integers(0, 256, (40, 5, 7, 3), dtype=np.uint8)


def built(path: Path, **overrides: Any) -> ImageDataset:
    entry = dataset_named(str(path))
    dataset = entry.build(entry.configured("corrected", overrides))
    assert isinstance(dataset, ImageDataset)
    return dataset


def of_array(folder: Path, array: np.ndarray, **overrides: Any) -> ImageDataset:
    return built(saved(folder / "images.npy", array), **overrides)


def drawn(dataset: ImageDataset) -> Splits:
    return jax.jit(dataset.draw)(jr.key(0), dataset.load())


def seen(dataset: ImageDataset, key: int = 1) -> np.ndarray:
    """Every image as a model sees it."""
    return np.concatenate([np.asarray(dataset.prepare(part, jr.key(key))) for part in drawn(dataset)[:3]])


def as_set(images: np.ndarray) -> np.ndarray:
    return np.sort(images.reshape(len(images), -1), axis=0)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize(
    "images",
    [GREY, GREY[..., None], GREY[:, None], (GREY / 255).astype(np.float32), GREY / 255, np.asfortranarray(GREY)],
)
def test_grey_images_in_every_layout_are_the_same_data(suffix: str, images: np.ndarray, tmp_path: Path) -> None:
    dataset = built(saved(tmp_path / f"images{suffix}", images), binarization="none")
    assert dataset.spec == DataSpec("images", (5, 7), "binary")
    assert [len(part) for part in drawn(dataset)[:3]] == [32, 4, 4]
    np.testing.assert_allclose(as_set(seen(dataset)), as_set(GREY / 255), atol=1e-6)


@pytest.mark.parametrize(
    ("images", "values"), [(RGB, "discrete"), (np.moveaxis(RGB, -1, 1), "discrete"), (RGB / 255, "continuous")]
)
def test_colours_keep_what_the_file_has(images: np.ndarray, values: str, tmp_path: Path) -> None:
    dataset = of_array(tmp_path, images)
    assert dataset.spec == DataSpec("images", (5, 7, 3), values)
    np.testing.assert_allclose(as_set(seen(dataset)), as_set(RGB / 255), atol=1e-6)


def test_levels_are_exact_and_stay_small(tmp_path: Path) -> None:
    for images in (GREY, (GREY / 255).astype(np.float32)):
        dataset = of_array(tmp_path, images, values="discrete")
        assert {part.dtype for part in drawn(dataset)[:3]} == {np.dtype(np.uint8)}
        np.testing.assert_allclose(as_set(255 * seen(dataset)), as_set(GREY.astype(np.float32)), rtol=1e-6)


def test_levels_become_continuous_by_the_noise_of_one_level(tmp_path: Path) -> None:
    dataset = of_array(tmp_path, GREY, values="continuous")
    one, again, other = seen(dataset, 1), seen(dataset, 1), seen(dataset, 2)
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.99
    np.testing.assert_array_equal(as_set(np.floor(256 * one)), as_set(GREY.astype(np.float32)))
    assert abs(np.mean(256 * one - np.floor(256 * one)) - 0.5) < 5 / np.sqrt(12 * one.size)


def test_a_bool_array_is_binary_as_it_is(tmp_path: Path) -> None:
    dataset = of_array(tmp_path, GREY > 99)
    np.testing.assert_array_equal(as_set(seen(dataset)), as_set(1.0 * (GREY > 99)))
    assert not of_array(tmp_path, GREY > 99, binarization="none").grey
    assert of_array(tmp_path, GREY, binarization="none").grey
    assert str(dataset.note).endswith("40 grey images of 5×7, pixels are 0 or 1 (a VAE has a Bernoulli)")


def test_integers_0_and_1_are_black_and_white_pixels(tmp_path: Path) -> None:
    dataset = of_array(tmp_path, (GREY > 99).astype(np.uint8)[..., None])
    np.testing.assert_array_equal(as_set(seen(dataset)), as_set(1.0 * (GREY > 99)))


@pytest.mark.parametrize("shape", [(9, 3, 3, 3), (9, 1, 5, 1), (9, 3, 5, 1), (9, 1, 4, 3)])
def test_what_can_be_read_in_two_ways_is_refused_until_one_is_chosen(shape: tuple[int, ...], tmp_path: Path) -> None:
    images = np.random.default_rng(2).random(shape)
    with pytest.raises(InputError) as caught:
        of_array(tmp_path, images)
    message = str(caught.value)
    assert message.count("images of") == 2
    assert 'data.channels = "first"' in message
    assert 'data.channels = "last"' in message
    n, a, b, c = shape
    first, last = (of_array(tmp_path, images, channels=choice).spec.shape for choice in ("first", "last"))
    assert first == ((b, c) if a == 1 else (b, c, a))
    assert last == ((a, b) if c == 1 else (a, b, c))
    assert n == 9


def test_a_test_set_of_its_own_is_all_of_a_file(tmp_path: Path) -> None:
    saved(tmp_path / "both.npz", train=GREY, test=GREY[:9])
    chosen = {"array": "train", "test_file": str(tmp_path / "both.npz"), "test_array": "test", "values": "discrete"}
    splits = drawn(built(tmp_path / "both.npz", **chosen))
    assert [len(part) for part in splits[:3]] == [36, 4, 9]
    np.testing.assert_array_equal(splits.test, GREY[:9])
    with pytest.raises(InputError, match=r"data.test_file = .* has shape"):
        of_array(tmp_path, RGB, test_file=str(tmp_path / "both.npz"), test_array="test")


def test_the_configuration_says_what_the_data_were(tmp_path: Path) -> None:
    dataset = of_array(tmp_path, GREY)
    saved(tmp_path / "images.npy", GREY[::-1])
    with pytest.raises(InputError, match="has changed since its SHA-256 was recorded"):
        dataset.load()


def test_the_note_says_what_follows_from_the_data(tmp_path: Path) -> None:
    assert of_array(tmp_path, RGB).note == (
        f"{tmp_path}/images.npy: 40 RGB images of 5×7, pixels are one of 256 levels (a flow dequantizes them, a VAE "
        "has a discretized logistic)"
    )
    assert "drawn as 0 or 1 from their grey values" in str(of_array(tmp_path, GREY).note)


@pytest.mark.parametrize(
    ("array", "overrides", "message"),
    [
        (np.zeros((2, 2000, 3), np.uint8), {}, "at most 1024 pixels a side are taken"),
        (np.zeros((9, 4, 4, 4)), {}, "images have 1 or 3 channels, behind the images or last"),
        (np.zeros((9, 3, 4, 4)), {"channels": "last"}, "images have 1 or 3 channels, last, as data.channels says"),
        (np.zeros((9, 2, 3, 4, 5)), {}, "has shape (9, 2, 3, 4, 5): points have the shape (n, d), images (n, h, w)"),
        (GREY[:2], {}, "holds 2 images: at least 3 are needed"),
        (GREY.astype(np.int32), {}, "holds int32, not uint8 (0 to 255), floating point (0 to 1) or bool"),
        (GREY / 1.0, {}, "values lie between 0 and 255"),
        (GREY / 255 - 0.5, {}, "values lie between -0.5 and 0.5"),
        (GREY % 2, {"values": "discrete"}, "its largest value is 1 of 255"),
        (GREY * 0, {}, "its largest value is 0 of 255"),
        (np.sqrt(GREY / 255), {"values": "discrete"}, "its pixels are no multiples of 1/255"),
        (GREY, {"values": "discreet"}, "data.values = 'discreet': must be"),
        (GREY, {"test_file": "nowhere.npy"}, "dataset file 'nowhere.npy' does not exist"),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray, overrides: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        of_array(tmp_path, array, **overrides).load()
    assert message in str(caught.value)
