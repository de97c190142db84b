"""What a dataset is to the training: three arrays drawn from a key, and how stored rows become model inputs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree, Shaped

from genconv.config.base import Config
from genconv.curves import Reference
from genconv.protocols import Modality, Protocol

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

    @property
    def words(self) -> str:
        """The data in words, such as `discrete images of 32×32×3`."""
        size = "×".join(map(str, self.shape))
        return f"{self.values} {self.modality} " + (
            f"of {size}" if self.modality == "images" else f"in {size} dimension{'s' * (self.shape != (1,))}"
        )


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
    """Data with their configuration filled in: what a study names under `datasets`.

    To add one: subclass, set `spec` and `training_size`, implement `draw`. What can be chosen about the data is a
    `Config` of your own, named by `config_type`. If the rows that `draw` gives are not yet what a model sees, implement
    `prepare`; if anything is read from files, implement `load`.

    Example::

        class Sizes(genconv.Config):
            training_size: int = genconv.Field(default=10_000, ge=1, description="Training points.")

        class Disc(genconv.Dataset):
            summary = "a normal in the plane"
            config_type = Sizes
            spec = genconv.DataSpec("points", (2,), "continuous")

            def __init__(self, config):
                super().__init__(config)
                self.training_size = config.training_size

            def draw(self, key, loaded):
                keys = jax.random.split(key, 3)
                sizes = (self.training_size, 1000, 1000)
                return genconv.Splits(*(jax.random.normal(k, (n, 2)) for k, n in zip(keys, sizes)))
    """

    summary: ClassVar[str] = ""
    """A few words for lists."""
    config_type: ClassVar[type[Config]] = Config
    """What can be chosen about the data (`[data]` in a study file); every field has a default."""
    spec: DataSpec
    """What the examples are."""
    training_size: int
    """Number of training examples."""
    reference: Reference | None = None
    """Exact entropy, where it is known."""
    support: tuple[float, float, float, float] | None = None
    """(xmin, xmax, ymin, ymax): where figures show a density in the plane; None for no such figure."""
    modes: tuple[tuple[float, ...], ...] | None = None
    """Centres of the components of a mixture of equal weights, in the data's own units; None if it is no such mixture.
    The score `mode_coverage` counts how many of them samples reach.
    """
    grey: bool = False
    """Whether pixels that a model takes for binary keep their grey values: its losses are then no likelihoods."""
    note: str | None = None
    """One line for the user on how the data are read, where that was decided by the data; None if there is no need."""

    def __init__(self, config: Any) -> None:
        """`config` is of `config_type`."""
        self.config = config

    @classmethod
    def defaults(cls, protocol: Protocol) -> Config:
        """The configuration that a protocol prescribes; the defaults of `config_type` unless overridden."""
        del protocol
        return cls.config_type.checked({}, "data")

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
    configured: Callable[[Protocol, Mapping[str, Any]], Config]
    """The complete configuration under a protocol, with some values that were chosen; `InputError` for a wrong one."""
    build: Callable[[Any], Dataset]
    """From a configuration that `configured` returns."""

    @classmethod
    def of(
        cls, name: str, summary: str, defaults: Callable[[Protocol], Config], build: Callable[[Any], Dataset]
    ) -> "DatasetEntry":
        """An entry whose protocols prescribe `defaults`."""

        def configured(protocol: Protocol, chosen: Mapping[str, Any]) -> Config:
            return defaults(protocol).updated(chosen, "data")

        return cls(name, summary, configured, build)
