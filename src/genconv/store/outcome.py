"""How a run ended: divergence, final evaluation, what each number says, and what is known of the data."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self, get_args

import numpy as np

from genconv.curves import FARTHEST, Cause, Divergence, Reference
from genconv.errors import shown
from genconv.measure import LOSS, Measure


@dataclass(frozen=True)
class TestSet:
    """Which held-out examples were evaluated: two runs are compared example by example only on the same ones."""

    __test__ = False  # no test case of pytest

    examples: int
    """How many were evaluated."""
    sha256: str
    """SHA-256 of their rows as they were evaluated, 64 hexadecimal digits."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    parameters: int
    """Number of trainable parameters."""
    divergence: Divergence | None
    evaluation: Mapping[str, float]
    """Final evaluation on held-out data by name; losses are per example."""
    reference: Reference | None
    """Exact entropy of the data, where there is one."""
    measures: Mapping[str, Measure] = field(default_factory=dict)
    """What the losses say: `curve` those of the curves, every other name the number of the evaluation."""
    test: TestSet | None = None
    """The held-out examples; None where they are not on record."""

    @property
    def curve_measure(self) -> Measure:
        """What the losses of the curves say."""
        return self.measures.get("curve", LOSS)

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries, non-finite numbers as null."""
        finite = {name: value if np.isfinite(value) else None for name, value in self.evaluation.items()}
        measures = {name: measure.as_json() for name, measure in self.measures.items()}
        return {**asdict(self), "evaluation": finite, "measures": measures}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`; `KeyError`, `TypeError` or `ValueError` if it is something else."""
        divergence, reference, test = value["divergence"], value["reference"], value["test"]
        evaluation = {str(name): _number(v, float("nan")) for name, v in dict(value["evaluation"]).items()}
        return cls(
            parameters=_count(value["parameters"]),
            divergence=None if divergence is None else divergence_from_json(divergence),
            evaluation=evaluation,
            reference=None if reference is None else Reference(**{k: _number(v) for k, v in dict(reference).items()}),
            measures={str(name): Measure.from_json(measure) for name, measure in dict(value["measures"]).items()},
            test=None if test is None else TestSet(_count(test["examples"]), str(test["sha256"])),
        )


def divergence_from_json(value: Mapping[str, Any]) -> Divergence:
    """The inverse of `asdict`; `TypeError` or `ValueError` if it is something else."""
    return _divergence(**value)


def _divergence(epoch: object, cause: object, step: object = None) -> Divergence:
    for known in get_args(Cause):
        if cause == known:
            return Divergence(_count(epoch), known, None if step is None else _count(step))
    raise ValueError(f"cause = {shown(cause)}")


def _number(value: object, absent: float | None = None) -> float:
    if value is None and absent is not None:
        return absent
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > FARTHEST:
        raise ValueError(f"{shown(value)} is no number")
    return float(value)


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{shown(value)} is no count")
    return value
