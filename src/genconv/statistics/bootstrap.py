"""Bootstrap intervals of one cell's mean, median or standard deviation, on request."""

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from scipy import stats

from genconv.curves import FloatArray
from genconv.errors import InputError, unknown_name
from genconv.statistics.interval import LEVEL, Interval, finite

Bootstrap = Literal["percentile", "basic", "bca"]

RESAMPLES = 9_999
FEWEST = 20
"""Below this many seeds every bootstrap interval carries a warning."""

STATISTICS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "mean": np.mean,
        "median": np.median,
        "sd": lambda x, axis=-1: np.std(x, axis=axis, ddof=1),
    }
)
"""What may be bootstrapped; no extremes, whose resamples never leave the sample."""

_METHODS: Mapping[str, Literal["percentile", "basic", "BCa"]] = MappingProxyType(
    {"percentile": "percentile", "basic": "basic", "bca": "BCa"}
)


def bootstrap_interval(
    values: FloatArray,
    generator: np.random.Generator,
    statistic: str = "mean",
    method: Bootstrap = "bca",
    level: float = LEVEL,
) -> Interval | None:
    """Quantiles of a statistic over `RESAMPLES` samples of n from the n `values`, shape (n,), drawn by `generator`.

    None for n < 2 and where the values are all alike. At n = 10 a 95 % interval of a mean covers .90 (normal values)
    and .81 to .83 (lognormal), so below n = 20 it carries a warning. `InputError` for a minimum or maximum, for which
    the bootstrap fails. Efron 1987; arXiv 1806.08295, section 5.
    """
    _check(statistic, method)
    numbers = finite(values)
    if len(numbers) < 2 or numbers[0] == numbers[-1]:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # degenerate resamples show as NaN, which is handled
        result = stats.bootstrap(
            (numbers,),
            STATISTICS[statistic],
            n_resamples=RESAMPLES,
            confidence_level=level,
            method=_METHODS[method],
            rng=generator,
        )
    low, high = map(float, result.confidence_interval)
    if np.isnan(low) or np.isnan(high):
        return None
    few = f"a bootstrap over {len(numbers)} seeds covers too little: {FEWEST} are needed"
    name = f"{_METHODS[method]} bootstrap"
    return Interval(low, high, level, name, len(numbers), few if len(numbers) < FEWEST else "")


def _check(statistic: str, method: str) -> None:
    if statistic in ("min", "max"):
        raise InputError(
            f"statistic = '{statistic}': the bootstrap fails for an extreme; allowed are {', '.join(STATISTICS)}"
        )
    if statistic not in STATISTICS:
        raise unknown_name("statistic", statistic, STATISTICS)
    if method not in get_args(Bootstrap):
        raise unknown_name("bootstrap method", method, get_args(Bootstrap))
