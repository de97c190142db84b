"""Student's t without the detours of a general distribution: a study of many cells asks for it thousands of times."""

import math
from functools import lru_cache

from scipy import special


@lru_cache(maxsize=4096)
def t_quantile(tail: float, degrees: float) -> float:
    """The value that T exceeds with probability `tail`."""
    return -float(special.stdtrit(degrees, tail))


def t_tails(difference: float, error: float, degrees: float) -> float:
    """Two-sided p of `difference`/`error`; NaN for 0/0."""
    if error == 0:
        return math.nan if difference == 0 else 0.0
    return 2 * float(special.stdtr(degrees, -abs(difference / error)))
