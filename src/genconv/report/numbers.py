"""Numbers as they are printed in figures and on the page."""

import math

from genconv.metrics.summary import Summary
from genconv.statistics.interval import Interval

NO_NUMBER = "–"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_COUNTS = ("exceeds", "epochs_to_final")


def number(value: float, decimals: int = 2) -> str:
    """`2.95`, `4.6 × 10¹⁸` from 10⁵, a true minus sign, and a dash where there is no number."""
    if math.isnan(value):
        return NO_NUMBER
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) < 1e5:
        return f"{value:z.{decimals}f}".replace("-", "−")
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}".replace("-", "−")


def with_brackets(value: float, interval: Interval | None, decimals: int) -> str:
    """`2.95 [2.91, 2.99]`; more decimals where the interval is that narrow."""
    if interval is None:
        return number(value, decimals)
    if 0 < interval.high - interval.low < 10**-decimals:
        decimals = min(decimals + 2, 6)
    return f"{number(value, decimals)} [{number(interval.low, decimals)}, {number(interval.high, decimals)}]"


def mean_and_deviation(name: str, summary: Summary) -> str:
    """Write `2.910 ± 0.023`, `86.33 ± 0.06`: the mean to some four digits, alone without a deviation."""
    places = _decimals(name, summary.mean)
    mean = number(summary.mean, places)
    if math.isnan(summary.sd):
        return mean
    small = 0 < summary.sd < 0.5 * 10**-places
    return f"{mean} ± {f'{summary.sd:.1g}' if small else number(summary.sd, places)}"


def _decimals(name: str, mean: float) -> int:
    """One for counts of epochs; for losses three below 10 nats, two below 100, else one."""
    if name in _COUNTS or not abs(mean) < 100:
        return 1
    return 3 if abs(mean) < 10 else 2
