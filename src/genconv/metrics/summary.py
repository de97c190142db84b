"""One number a seed, summed up over seeds."""

from dataclasses import dataclass

import numpy as np

from genconv.curves import FloatArray


@dataclass(frozen=True)
class Summary:
    """A metric of a cell: its mean and standard deviation over `n` seeds, in the unit of the metric."""

    mean: float
    """NaN for n = 0."""
    sd: float
    """NaN where it does not exist: n = 0, and n = 1 for the sample standard deviation."""
    n: int
    """Over how many seeds; compare with the number trained."""

    @classmethod
    def of(cls, values: FloatArray, ddof: int) -> "Summary":
        """`mean` = Σ xᵢ/n, `sd` = √(Σ (xᵢ - mean)²/(n - ddof)) over the n numbers xᵢ of `values`, shape (N,).

        NaN marks a seed without the metric. The order of seeds does not matter, to the last digit.
        """
        numbers = np.sort(values[~np.isnan(values)])
        n = len(numbers)
        with np.errstate(all="ignore"):
            mean = float(numbers.mean()) if n else np.nan
            sd = float(numbers.std(ddof=ddof)) if n > ddof else np.nan
        return cls(mean, sd, n)
