"""Which integers feed the streams of a study's runs, and the coordinates that follow from them."""

from collections.abc import Sequence
from itertools import product
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from genconv.config.base import Config, tuple_from_list
from genconv.coordinates import Coordinates
from genconv.errors import shown

_MOST = 100_000
Pin = Annotated[int | Literal["seed"] | tuple[int, ...], BeforeValidator(tuple_from_list)]
"""One integer for all runs, "seed": each run's own, or several integers: a run with each."""


class StreamsConfig(Config):
    """Which integer feeds each stream of random numbers: each run's seed, one integer for all runs, or a list of them.

    The coordinates of a cell's runs are the product of the lists and the seeds, each once.
    """

    data: Pin = 0
    """Drawing and splitting the data; one draw shared by all seeds unless it is set to "seed"."""
    init: Pin = "seed"
    """Initial weights."""
    order: Pin = "seed"
    """Order of the training examples."""
    noise: Pin = "seed"
    """Latent variables, binarization, dequantization, in training and evaluation."""

    @model_validator(mode="after")
    def _integers_fit(self) -> Self:
        for name, value in self:
            integers = value if isinstance(value, tuple) else () if value == "seed" else (value,)
            if value == () or len(set(integers)) < len(integers) or not all(0 <= one < 2**32 for one in integers):
                raise ValueError(
                    f'{name} = {shown(value)}: must be "seed", an integer from 0 to {2**32 - 1}, '
                    "or a list of different ones"
                )
        return self

    def coordinates(self, seeds: Sequence[int]) -> tuple[Coordinates, ...]:
        """The coordinates of the runs with these `seeds`: for each seed, all combinations of the lists."""
        pins = [value if isinstance(value, tuple) else (value,) for _, value in self]
        names = type(self).model_fields
        found: dict[Coordinates, None] = {}
        for seed in seeds:
            for values in product(*pins):
                integers = (seed if value == "seed" else value for value in values)
                found[Coordinates(**dict(zip(names, integers, strict=True)))] = None
            if len(found) > _MOST:
                raise ValueError(f"more than {_MOST} runs of one cell")
        return tuple(found)


def pinned(streams: StreamsConfig, given: Sequence[str], design: Sequence[str]) -> dict[str, int]:
    """The integers of the streams that a design does not vary; `ValueError` if one of those `given` is no such pin."""
    pins: dict[str, int] = {}
    for name in given:
        value = getattr(streams, name)
        if name in design:
            raise ValueError(f"{name} = {shown(value)}: must be left out, the design varies it")
        if not isinstance(value, int):
            raise ValueError(f"{name} = {shown(value)}: must be one integer where a design says which runs there are")
        pins[name] = value
    return pins
