"""Bilinear resizing against the formula, JAX and Pillow."""

import jax
import numpy as np
import pytest
from PIL import Image

from genconv.data.images.omniglot import bilinear_weights, resized
from tests.data.images.drawings import drawings

STROKES = drawings(4)
SMOOTH = np.asarray([np.asarray(Image.fromarray(x).resize((21, 21)).resize((105, 105))) for x in STROKES])


def by_hand(image: np.ndarray, side: int) -> np.ndarray:
    """Each target pixel's centre, at (i + ½) · old/new − ½ of the source, between its four neighbours."""
    result = np.zeros((side, side))
    ratio = len(image) / side
    for i in range(side):
        for j in range(side):
            y, x = (i + 0.5) * ratio - 0.5, (j + 0.5) * ratio - 0.5
            top, left = int(y), int(x)
            v, u = y - top, x - left
            upper = (1 - u) * image[top, left] + u * image[top, left + 1]
            lower = (1 - u) * image[top + 1, left] + u * image[top + 1, left + 1]
            result[i, j] = (1 - v) * upper + v * lower
    return result


@pytest.mark.parametrize("images", [STROKES, SMOOTH])
def test_without_antialiasing_64ths_are_exact(images: np.ndarray) -> None:
    small = resized(images, 28, 64, antialias=False)
    np.testing.assert_array_equal(small / 64, [by_hand(image, 28) for image in images])
    theirs = jax.image.resize(images.astype(np.float32), (len(images), 28, 28), "bilinear", antialias=False)
    np.testing.assert_array_equal(small / np.float32(64), theirs)


def test_with_antialiasing() -> None:
    small = resized(SMOOTH, 28, 255, antialias=True)
    theirs = jax.image.resize(SMOOTH.astype(np.float32), (len(SMOOTH), 28, 28), "bilinear", antialias=True)
    assert np.abs(small - 255 * np.asarray(theirs)).max() < 0.51
    for image, mine in zip(SMOOTH, small, strict=True):
        pillow = Image.fromarray(255 * image.astype(np.uint8)).resize((28, 28), Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(pillow, int) - mine).max() <= 1


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize(("old", "new"), [(105, 28), (28, 28), (10, 23), (2, 1)])
def test_rows_sum_to_one_and_mirror(old: int, new: int, antialias: bool) -> None:
    weights = bilinear_weights(old, new, antialias=antialias)
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(weights, weights[::-1, ::-1], atol=1e-6)
    if old == new:
        np.testing.assert_array_equal(weights, np.eye(old))
