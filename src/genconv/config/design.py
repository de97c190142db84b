"""Designs of experiments: which combinations of integers the streams of a cell's runs have."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from genconv.config.base import LARGEST_INTEGER, Config, OrNone, tuple_from_list
from genconv.coordinates import Coordinates
from genconv.errors import shown

Stream = Literal["init", "order", "noise", "data"]
Layout = Literal["latin", "factorial", "twins"]
_MOST = 100_000
_POLYNOMIALS = {2: 0b111, 3: 0b1011, 4: 0b10011, 5: 0b100101, 6: 0b1000011, 7: 0b10000011, 8: 0b100011011}
"""Irreducible polynomials over two elements, by degree: a bit a coefficient."""


def _epochs(value: object) -> object:
    return (value,) if isinstance(value, int) and not isinstance(value, bool) else tuple_from_list(value)


class DesignConfig(Config):
    """Runs whose streams vary one against another, so that each one's share of the spread can be told."""

    layout: Layout = "latin"
    """`latin`: a square of the first two streams, the others as its letters; `factorial`: every combination; `twins`:
    seeds, each trained again after one bit of its weights was flipped."""
    streams: Annotated[tuple[Stream, ...], BeforeValidator(tuple_from_list), Field(min_length=1)] = (
        "init",
        "order",
        "noise",
    )
    """Which streams vary; the others have one integer."""
    levels: int = Field(default=8, ge=2, le=10_000)
    """How many integers each stream has, from 0; of twins, how many seeds."""
    twins: OrNone[int] = Field(default=None, ge=1, le=1000)
    """Runs at each combination, which differ in one bit; "none": 2 of the layout `twins`, else 1."""
    flip_at: Annotated[tuple[int, ...], BeforeValidator(_epochs), Field(min_length=1)] = (0,)
    """Epochs that are done when the bit is flipped, 0 for initial weights; of the layout `twins` also a list."""

    @model_validator(mode="after")
    def _exists(self) -> Self:
        if len(set(self.streams)) < len(self.streams):
            raise ValueError(f"streams = {shown(list(self.streams))}: must be different ones")
        if self.layout == "latin":
            self._check_square()
        if self.layout == "twins" and self.twins_each < 2:
            raise ValueError("twins = 1: must be at least 2 for the layout 'twins'")
        flips = self.flip_at
        if len(set(flips)) < len(flips) or not all(0 <= epoch <= LARGEST_INTEGER for epoch in flips):
            raise ValueError(f"flip_at = {shown(list(flips))}: must be a number of epochs, or a list of different ones")
        if len(flips) > 1 and self.layout != "twins":
            raise ValueError(f"flip_at = {shown(list(flips))}: must be one number for the layout {self.layout!r}")
        if self.count > _MOST:
            raise ValueError(f"{self.count:,} runs of one cell are more than {_MOST:,}")
        return self

    def _check_square(self) -> None:
        count, levels = len(self.streams), self.levels
        if not 2 <= count <= 4:
            raise ValueError(f"streams = {shown(list(self.streams))}: must be two to four for the layout 'latin'")
        if count == 4 and (levels % 4 == 2 or levels & -levels > 1 << max(_POLYNOMIALS)):
            raise ValueError(
                f"levels = {levels}: must be odd or a multiple of 4 for a square with two letters (at most 256 "
                "times an odd number)"
            )

    @property
    def twins_each(self) -> int:
        """Runs at each combination of the integers."""
        return self.twins if self.twins is not None else 2 if self.layout == "twins" else 1

    @property
    def count(self) -> int:
        """How many runs a cell has."""
        varied = {"latin": 2, "factorial": len(self.streams), "twins": 1}[self.layout]
        flipped = (self.twins_each - 1) * len(self.flip_at)
        return int(self.levels**varied) * (1 + flipped)

    @property
    def words(self) -> str:
        """The design in a few words."""
        n, streams = self.levels, self.streams
        if self.layout == "twins":
            said = f"{n} seeds of {', '.join(streams)}"
        elif self.layout == "factorial":
            said = f"every combination of {n} integers of {', '.join(streams)}"
        else:
            letters = f", {' and '.join(streams[2:])} as its letter{'s' * (len(streams) > 3)}" if streams[2:] else ""
            said = f"a Latin square of {n} × {n}, {streams[0]} × {streams[1]}{letters}"
        when = ", ".join("at initialisation" if epoch == 0 else f"after epoch {epoch}" for epoch in self.flip_at)
        return said if self.twins_each == 1 else f"{said}; {self.twins_each} twins each, one bit flipped {when}"

    def coordinates(self, pins: Mapping[str, int]) -> tuple[Coordinates, ...]:
        """The coordinates of a cell's runs, the same whatever else is trained.

        Args:
            pins: Integers of streams that the design does not vary; 0 for those left out.

        """
        fixed = Coordinates(0, 0, 0, 0)._replace(**pins)
        places = [fixed._replace(**dict(zip(self.streams, each, strict=True))) for each in self._integers()]
        flips = [(epoch, which) for epoch in self.flip_at for which in range(1, self.twins_each)]
        return tuple(
            twin
            for place in places
            for twin in (place, *(place._replace(perturbation=which, flip_at=epoch) for epoch, which in flips))
        )

    def _integers(self) -> Iterator[tuple[int, ...]]:
        """The integers of the streams of each combination."""
        n, count = self.levels, len(self.streams)
        if self.layout == "twins":
            yield from ((level,) * count for level in range(n))
        elif self.layout == "factorial":
            yield from product(range(n), repeat=count)
        elif count < 4:
            yield from ((i, j, (i + j) % n)[:count] for i in range(n) for j in range(n))
        else:
            yield from ((i, j, *_two_letters(i, j, n)) for i in range(n) for j in range(n))


def _two_letters(i: int, j: int, n: int) -> tuple[int, int]:
    """Two orthogonal Latin squares of n = 2ᵏ · m, m odd and k ≠ 1: i + j and c · i + j in GF(2ᵏ) × ℤ_m.

    c is x in the field, and 2 in the ring; squares of this form are orthogonal where c and c − 1 have inverses
    (MacNeish 1922).
    """
    power = n & -n
    odd, degree = n // power, power.bit_length() - 1
    (a, b), (c, d) = divmod(i, odd), divmod(j, odd)
    times_x = a << 1
    if degree and times_x & power:
        times_x ^= _POLYNOMIALS[degree]
    first = (a ^ c) * odd + (b + d) % odd
    second = ((times_x if degree else 0) ^ c) * odd + (2 * b + d) % odd
    return first, second
