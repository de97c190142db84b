"""Images as a dataset: split at random by the data key, kept small on the device, prepared where they are used."""

from abc import abstractmethod
from typing import Any, NamedTuple

import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array, Float, Key, PyTree, Shaped
from numpy.typing import NDArray

from genconv.data.base import Dataset, DataSpec, Splits
from genconv.data.images.config import Binarization, ImageConfig
from genconv.errors import InputError


def store(
    rows: Shaped[Array, "n h w ..."], scale: float, how: Binarization, key: Key[Array, ""]
) -> Shaped[Array, "n h w ..."]:
    """What stays on the device of grey values counted in 1/`scale`: under `static` 0 or `scale`, drawn here."""
    if how != "static":
        return rows
    drawn = jr.bernoulli(key, jnp.asarray(rows, float) / scale)
    return jnp.where(drawn, jnp.asarray(scale, rows.dtype), jnp.zeros((), rows.dtype))


def binarized(
    rows: Shaped[Array, "n h w ..."], scale: float, how: Binarization, key: Key[Array, ""]
) -> Float[Array, "n h w ..."]:
    """What a model sees of stored rows: x ~ Bernoulli(rows / scale) if `dynamic`, drawn afresh for each `key`."""
    grey = jnp.asarray(rows, float) / scale
    if how == "dynamic":
        return jr.bernoulli(key, grey).astype(float)
    return (grey >= 0.5).astype(float) if how == "threshold" else grey


def dequantized(rows: Shaped[Array, "n h w ..."], key: Key[Array, ""]) -> Float[Array, "n h w ..."]:
    """x = (k + u)/256 with u ~ U[0, 1) for levels k; rows of floating point are continuous already."""
    if jnp.issubdtype(rows.dtype, jnp.floating):
        return jnp.asarray(rows, float)
    return (jnp.asarray(rows, float) + jr.uniform(key, rows.shape)) / 256


class Images(NamedTuple):
    """What was read: arrays of shape (n, h, w) or (n, h, w, c), grey values counted in 1/`ImageDataset.scale`."""

    pool: NDArray[Any]
    """Split at random."""
    test: NDArray[Any] | None
    """Held out by whoever made the data; None: this is split off the pool as well."""


class ImageDataset(Dataset):
    """Images with their configuration filled in. Nothing is read before `load` or `draw`.

    To add one: subclass, pass the size of the pool, implement `read`.
    """

    config: ImageConfig

    def __init__(
        self, config: ImageConfig, shape: tuple[int, int] | tuple[int, int, int], scale: float, pool: int, test: int = 0
    ) -> None:
        """`scale`: the stored value of a white pixel; `test`: how many of the `pool` images are for testing."""
        super().__init__(config)
        self.scale = scale
        self.spec = DataSpec("images", shape, config.values)
        self.grey = config.values == "binary" and config.binarization == "none"
        left = pool - config.validation_size - test
        if left < 1:
            shared = f"{pool:,} images, {test:,} of them for testing" if test else f"{pool:,} images"
            raise InputError(f"data.validation_size = {config.validation_size}: leaves none to train on ({shared})")
        if config.training_size is not None and config.training_size > left:
            raise InputError(f'data.training_size = {config.training_size}: must be at most {left} (or "none")')
        self.training_size = config.training_size or left
        self._test = test

    @abstractmethod
    def read(self) -> Images:
        """Read the images, downloading them if need be; `InputError` or `WorkError` if that fails."""

    def load(self) -> Images:
        """The images, as `read`."""
        return self.read()

    def draw(self, key: Key[Array, ""], loaded: PyTree[Any]) -> Splits:
        """Validation, test (unless it is given) and training images from one permutation of the pool.

        A smaller `training_size` leaves the other two as they are.
        """
        images = Images(*loaded)
        order_key, training_key, validation_key, test_key = jr.split(key, 4)
        order = jr.permutation(order_key, len(images.pool))
        first, second = self.config.validation_size, self.config.validation_size + self._test
        pool = jnp.asarray(images.pool)
        test = pool[order[first:second]] if images.test is None else jnp.asarray(images.test)
        return Splits(
            training=self._store(pool[order[second : second + self.training_size]], training_key),
            validation=self._store(pool[order[:first]], validation_key),
            test=self._store(test, test_key),
        )

    def prepare(self, rows: Shaped[Array, "batch h w ..."], key: Key[Array, ""]) -> Float[Array, "batch h w ..."]:
        """Pixels as `float32`: 0 or 1 if `binary`, k/255 if `discrete`, in [0, 1] if `continuous`."""
        if self.config.values == "binary":
            return binarized(rows, self.scale, self.config.binarization, key)
        return jnp.asarray(rows, float) / self.scale if self.config.values == "discrete" else dequantized(rows, key)

    def _store(self, rows: Shaped[Array, "n h w ..."], key: Key[Array, ""]) -> Shaped[Array, "n h w ..."]:
        return store(rows, self.scale, self.config.binarization, key) if self.config.values == "binary" else rows
