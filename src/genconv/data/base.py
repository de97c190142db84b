"""What a dataset is to the training: three arrays drawn from a key, and how stored rows become model inputs."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree, Shaped

from genconv.config.base import Config
from genconv.config.protocols import Modality, Protocol
from genconv.curves import Reference

Values = Literal["continuous", "binary", "discrete"]
"""What the numbers of an example are: any real numbers; 0 or 1; one of 256 levels, presented as k/255."""


class DataSpec(NamedTuple):
    """What a model is told of its data; static, and known before anything is read."""

    modality: Modality
    """`points` or `images`."""
    shape: tuple[int, ...]
    """Shape of one example as the model sees it: (d,) for points, (h, w) for images of one channel, else (h, w, c)."""
    values: Values
    """`continuous`: −log p(x) is of a density; `binary` and `discrete`: of a probability. Discrete values k = 0, …, 255
    reach the model as k/255. Pixels that are `binary` may be grey, which is the published study's way: a Bernoulli then
    gives a cross-entropy.
    """


class Standardization(NamedTuple):
    """x = mean + deviation · y, elementwise: how the model's inputs y become the data's own x."""

    mean: Float[Array, "..."]
    deviation: Float[Array, "..."]

    @property
    def nats_offset(self) -> Float[Array, ""]:
        """log |dx/dy| = Σ log deviation, with −log p(x) = −log p(y) + Σ log deviation."""
        return jnp.sum(jnp.log(self.deviation))

    def restored(self, y: Float[Array, "n ..."]) -> Float[Array, "n ..."]:
        """The data's own x of model inputs or samples y."""
        return self.mean + self.deviation * y


class Splits(NamedTuple):
    """The examples of a run, first axis over examples."""

    training: Shaped[Array, "n ..."]
    validation: Shaped[Array, "m ..."]
    test: Shaped[Array, "t ..."]
    standardization: Standardization | None = None
    """What was undone to the rows, with statistics of the training rows alone; it depends on the data key."""

    @property
    def nats_offset(self) -> Float[Array, ""] | float:
        """What every −log p of a model, in nats, needs added to be −log p of the data in their own units."""
        return 0.0 if self.standardization is None else self.standardization.nats_offset


class Dataset(ABC):
    """Data with its configuration filled in.

    To add one: subclass, set `spec` and `training_size`, implement `draw` (and `prepare`, if stored rows are not yet
    what a model sees), and give the registry a `DatasetEntry`.
    """

    spec: DataSpec
    """What the examples are."""
    training_size: int
    """Number of training examples."""
    reference: Reference | None = None
    """Exact entropy, where it is known."""

    def load(self) -> PyTree[Any]:
        """What is read from files, as arrays; most datasets read nothing. A missing file is told here."""
        return ()

    @abstractmethod
    def draw(self, key: Key[Array, ""], loaded: PyTree[Any]) -> Splits:
        """Draw the data, or split what was `loaded`; pure, so that it can run inside a compiled program."""

    def prepare(self, rows: Shaped[Array, "batch ..."], key: Key[Array, ""]) -> Float[Array, "batch ..."]:
        """Turn stored rows into model inputs (fresh binarization, say); the identity unless overridden.

        The `key` is the data's own: the model draws from another one.
        """
        del key
        return rows


@dataclass(frozen=True)
class DatasetEntry:
    """A dataset as the registry knows it: enough to list it, to fill in its configuration, and to build it."""

    name: str
    summary: str
    modality: Modality
    shape: tuple[int, ...]
    defaults: Callable[[Protocol], Config]
    """The configuration that a protocol prescribes."""
    build: Callable[[Any], Dataset]
    """From a configuration of the type that `defaults` returns."""
