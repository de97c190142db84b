"""Why two cells are not compared, in words."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from genconv.report.words import possessed
from genconv.statistics.comparison import Comparison, Mismatch
from genconv.statistics.sample import Sample


def mismatch_sentence(comparison: Comparison) -> str:
    """`A, B: not compared, …`."""
    a, b, mismatch = comparison.a, comparison.b, comparison.mismatch
    assert mismatch is not None  # noqa: S101  the caller's promise
    return f"{a.label}, {b.label}: not compared, {_WHY[mismatch](a, b)}."


def _loss_and_likelihood(a: Sample, b: Sample) -> str:
    loss, other = (a, b) if a.measure is not None and a.measure.kind == "loss" else (b, a)
    return f"{loss.label}'s loss says nothing of the likelihood, and {possessed(other)} does"


_WHY: Mapping[Mismatch, Callable[[Sample, Sample], str]] = MappingProxyType(
    {
        "likelihood and loss": _loss_and_likelihood,
        "units": lambda a, b: f"{_unit(a)} against {_unit(b)}",
        "losses": lambda a, b: f"their losses have different names, {_name(a)} and {_name(b)}",
        "laws": lambda a, b: f"{_law(a)} and {_law(b)} do not compare",
        "tolerances": lambda a, b: (
            f"the tolerance of {a.metric.title} is in the unit of the loss: {_loss(a)} against {_loss(b)}"
        ),
        "places": lambda a, b: (
            f"{a.metric.title} counts places of the curve, and theirs differ: {_places(a)} against {_places(b)}"
        ),
        "points": lambda a, _: (
            f"their {a.metric.title} is of different held-out examples, and the error of these is not known"
        ),
    }
)
"""Why numbers are not compared, in words."""


def _unit(sample: Sample) -> str:
    return f"{possessed(sample)} in {sample.unit}" if sample.unit else f"{possessed(sample)} without a unit"


def _loss(sample: Sample) -> str:
    return "" if sample.tolerance is None else sample.tolerance.label


def _places(sample: Sample) -> str:
    """`40 epochs from 1 to 40`."""
    if sample.places is None or not sample.places[1]:
        return "none"
    counted, at = sample.places
    return f"{len(at)} from {at[0]:g} to {at[-1]:g} ({counted})"


def _law(sample: Sample) -> str:
    """`a probability of 256 levels`, `a density on [0, 1]`."""
    over = "" if sample.measure is None else sample.measure.over
    if not over:
        return "a likelihood of other values"
    return f"a {over}" if over.startswith("density") else f"a probability of {over}"


def _name(sample: Sample) -> str:
    return "" if sample.measure is None else f"'{sample.measure.name}'"
