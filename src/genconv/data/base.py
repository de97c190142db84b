"""What a dataset is to the training: three arrays drawn from a key, and how stored rows become model inputs."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from jaxtyping import Array, Float, Key, PyTree, Shaped

from genconv.config.base import Config
from genconv.config.protocols import Kind, Protocol
from genconv.curves import Reference


class Splits(NamedTuple):
    """The examples of a run, first axis over examples."""

    training: Shaped[Array, "n ..."]
    validation: Shaped[Array, "m ..."]
    test: Shaped[Array, "t ..."]


class Dataset(ABC):
    """Data with its configuration filled in.

    To add one: subclass, implement `draw` (and `prepare`, if stored rows are not yet what a model sees), and give the
    registry a `DatasetEntry`.
    """

    kind: ClassVar[Kind]
    shape: tuple[int, ...]
    """Shape of one example."""
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

        The model gets the same `key`: fold a constant into it before drawing.
        """
        del key
        return rows


@dataclass(frozen=True)
class DatasetEntry:
    """A dataset as the registry knows it: enough to list it, to fill in its configuration, and to build it."""

    name: str
    summary: str
    kind: Kind
    shape: tuple[int, ...]
    defaults: Callable[[Protocol], Config]
    """The configuration that a protocol prescribes."""
    build: Callable[[Any], Dataset]
    """From a configuration of the type that `defaults` returns."""
