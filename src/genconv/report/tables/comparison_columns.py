"""The columns of a comparison for programs, by name: what `compare --format csv` and the page's files hold."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from genconv.metrics.summary import Scalar
from genconv.report.sentences import verdict_sentence
from genconv.statistics.compare import ComparisonResult
from genconv.statistics.sample import Sample

Column = Callable[[ComparisonResult], Scalar]


def _at(path: str) -> Column:
    """What dotted attributes lead to; None if one on the way is None."""

    def value(one: ComparisonResult) -> Scalar:
        found: Any = one
        for name in path.split("."):
            found = None if found is None else getattr(found, name)
        return found  # type: ignore[no-any-return]

    return value


def _sample(side: str, of: Callable[[Sample], Scalar]) -> Column:
    return lambda one: of(getattr(one.comparison, side))


def _mean(sample: Sample) -> float:
    return sample.mean if sample.survivors.size else math.nan


def _sd(sample: Sample) -> float:
    return float(sample.survivors.std(ddof=1)) if sample.survivors.size > 1 else math.nan


def _median(sample: Sample) -> float:
    return float(np.median(sample.survivors)) if sample.survivors.size else math.nan


_OF_SAMPLE: Mapping[str, Callable[[Sample], Scalar]] = {
    "seeds": lambda sample: len(sample.seeds),
    "n": lambda sample: len(sample.survivors),
    "without_number": lambda sample: int(sample.missing.sum()),
    "mean": _mean,
    "sd": _sd,
    "median": _median,
}


def _better(prefix: str, name: str) -> dict[str, Column]:
    return {
        prefix: _at(f"comparison.{name}.probability"),
        f"{prefix}_low": _at(f"comparison.{name}.interval.low"),
        f"{prefix}_high": _at(f"comparison.{name}.interval.high"),
        f"{prefix}_p": _at(f"comparison.{name}.p"),
        f"{prefix}_method": _at(f"comparison.{name}.method"),
        f"{prefix}_warning": _at(f"comparison.{name}.interval.warning"),
    }


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "dataset": _at("comparison.dataset"),
        "metric": _at("comparison.metric"),
        "a": _at("comparison.a.label"),
        "b": _at("comparison.b.label"),
        "difference": _at("comparison.means.difference"),
        "difference_low": _at("comparison.means.interval.low"),
        "difference_high": _at("comparison.means.interval.high"),
        "p": _at("comparison.test.p"),
        "p_adjusted": _at("p_adjusted"),
        "verdict": _at("verdict.decision"),
        "winner": _at("verdict.winner"),
        "words": verdict_sentence,
        "unit": _at("comparison.a.unit"),
        **{f"{side}_{name}": _sample(side, of) for side in ("a", "b") for name, of in _OF_SAMPLE.items()},
        "basis": _at("verdict.basis"),
        "method": _at("comparison.test.method"),
        "smallest_p": _at("comparison.test.smallest"),
        "p_welch": _at("comparison.means.p"),
        "effect": _at("comparison.means.effect"),
        "p_trimmed": _at("comparison.means.p_trimmed"),
        "p_dunnett": _at("p_dunnett"),
        **_better("better", "better"),
        **_better("better_of_all", "better_of_all"),
        "better_of_all_p_adjusted": _at("p_better_adjusted"),
        "sd_ratio": _at("comparison.spread.ratio"),
        "sd_p": _at("comparison.spread.p"),
        "divergence_p": _at("comparison.divergence.p"),
        "pairs": _at("comparison.paired.pairs"),
        "paired_difference": _at("comparison.paired.difference"),
        "paired_low": _at("comparison.paired.interval.low"),
        "paired_high": _at("comparison.paired.interval.high"),
        "paired_p": _at("comparison.paired.p"),
        "paired_p_sign_flip": _at("comparison.paired.p_sign_flip"),
        "paired_correlation": _at("comparison.paired.correlation"),
        "claim": _at("verdict.claim"),
        "mismatch": _at("verdict.mismatch"),
        **{
            f"{side}_{name}": _at(f"comparison.{side}.measure.{name}")
            for side in ("a", "b")
            for name in ("kind", "unit", "method")
        },
        "evaluation_error": _at("comparison.evaluation.standard_error"),
        "evaluation_examples": _at("comparison.evaluation.examples"),
        "evaluation_same_examples": _at("comparison.evaluation.same_examples"),
        "evaluation_draws": _at("comparison.evaluation.draws"),
        "a_falls": _at("comparison.a.falls"),
        "b_falls": _at("comparison.b.falls"),
    }
)
"""By name; `level` and `family` follow them."""
