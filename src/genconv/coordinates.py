"""Which integers feed a run's streams of random numbers: where a run stands among all runs of one configuration.

Bottom layer. A configuration says what is trained; the coordinates say which of its many runs this is.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from genconv.errors import shown

RunLabel = int | str
"""How tables name a run: its seed, or its coordinates in words."""


class Coordinates(NamedTuple):
    """One integer from 0 to 2³² − 1 a stream. "Seed 7" is data 0, and 7 for the three others."""

    data: int
    """Drawing and splitting the data."""
    init: int
    """Initial weights."""
    order: int
    """Order of the training examples."""
    noise: int
    """Latent variables, binarization, dequantization, in training and evaluation."""
    perturbation: int | None = None
    """Chooses the weight whose last bit is flipped; None or 0 for none. Runs that differ in it alone are twins."""
    flip_at: int = 0
    """Epochs that are done when the bit is flipped; 0 for the initial weights."""

    @classmethod
    def of_seed(cls, seed: int) -> "Coordinates":
        """The default coordinates of a seed."""
        return cls(0, seed, seed, seed)

    @property
    def seed(self) -> int | None:
        """The seed whose default coordinates these are; None if there is none."""
        return self.init if self == Coordinates.of_seed(self.init) else None

    @property
    def label(self) -> RunLabel:
        """The seed, or text such as `init 5, order 7, noise 7`: what is at its default is left out."""
        if self.seed is not None:
            return self.seed
        return ", ".join(
            _in_words(name, value)
            for name, value in self._asdict().items()
            if not (name in ("data", "flip_at") and value == 0) and value is not None
        )

    @property
    def file_name(self) -> str:
        """The label as part of a file's name: `s7`, or `init5-order7-noise7`."""
        return f"s{label}" if isinstance(label := self.label, int) else label.replace(", ", "-").replace(" ", "")

    def as_json(self) -> dict[str, int | None]:
        """A plain dictionary, without `flip_at` where that is 0."""
        return {name: value for name, value in self._asdict().items() if name != "flip_at" or value}

    @classmethod
    def from_json(cls, value: Any) -> "Coordinates":
        """The inverse of `as_json`; `ValueError` for anything else."""
        needed = set(cls._fields) - {"flip_at"}
        if not isinstance(value, dict) or value.keys() - {"flip_at"} != needed:
            raise ValueError(f"coordinates = {shown(value)}")
        for name, integer in value.items():
            absent = name == "perturbation" and integer is None
            if not absent and (type(integer) is not int or not 0 <= integer < 2**32):
                raise ValueError(f"coordinates.{name} = {shown(integer)}: must be from 0 to {2**32 - 1}")
        return cls(**value)


def run_labels(runs: Sequence[Coordinates]) -> tuple[RunLabel, ...]:
    """How the runs of one cell are named: by the integer in which their varying streams agree, if each has its own.

    Runs at default coordinates are named by their seeds, and so are runs with some streams pinned to one integer each.
    Any others, such as those of a factorial, are named by their varying streams in words: `init 0, noise 1`.
    """
    if all(run.seed is not None for run in runs):
        return tuple(run.label for run in runs)
    varying = [name for name in Coordinates._fields if len({getattr(run, name) for run in runs}) > 1]
    if not varying:
        return tuple(run.label for run in runs)
    agreed = [values.pop() for run in runs if len(values := {getattr(run, name) for name in varying}) == 1]
    if len(set(agreed)) == len(runs) and None not in agreed:
        return tuple(agreed)
    return tuple(", ".join(_in_words(name, getattr(run, name)) for name in varying) for run in runs)


def _in_words(stream: str, integer: int | None) -> str:
    name = "after epoch" if stream == "flip_at" else stream
    return f"{name} {'none' if integer is None else integer}"


def pinned_streams(runs: Sequence[Coordinates], labels: Sequence[RunLabel]) -> tuple[tuple[str, int | str | None], ...]:
    """What the labels of a cell's runs do not say: the streams that are not at the default of an integer label, or
    that do not vary.

    Two cells share the random numbers of a label only where this is equal.
    """
    found: list[tuple[str, int | str | None]] = []
    for name in Coordinates._fields:
        values = [getattr(run, name) for run in runs]
        if any(isinstance(label, str) for label in labels):
            found += [(name, values[0])] if len(set(values)) == 1 else []
        elif values != [getattr(Coordinates.of_seed(int(label)), name) for label in labels]:
            found.append((name, "seed" if values == list(labels) else values[0]))
    return tuple(found)


def label_order(label: RunLabel) -> tuple[bool, int, str]:
    """A sort key of run labels: seeds by number, then coordinates in words."""
    return (True, 0, label) if isinstance(label, str) else (False, label, "")
