"""Numbers and names as figures, tables and the page print them."""

import math
import re
from collections.abc import Sequence

from genconv.errors import printable
from genconv.metrics.spec import Metric
from genconv.metrics.summary import Summary
from genconv.statistics.intervals import Interval

NO_NUMBER = "–"
LARGE = 1e5
"""Size from which a number is written with a power of ten."""
_MOST = 6
"""Decimals of a column at most."""
_FINEST = 12
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, decimals: int = 2, *, plain: bool = False) -> str:
    """`2.95`, `4.6 × 10¹⁸` from 10⁵, a true minus sign, and a dash where there is no number.

    `plain` is for terminals and Markdown, whose numbers are copied into programs: `4.6e18` and an ASCII minus.
    """
    if math.isnan(value):
        return NO_NUMBER
    if math.isinf(value):
        text = "∞" if value > 0 else "-∞"
    elif abs(value) < LARGE:
        text = f"{value:z.{decimals}f}"
    else:
        mantissa, power = f"{value:.1e}".split("e")
        text = f"{mantissa}e{int(power)}" if plain else f"{mantissa} × 10{str(int(power)).translate(_SUPERSCRIPT)}"
    return text if plain else text.replace("-", "−")


def with_interval(value: float, interval: Interval | None, decimals: int = 2, *, plain: bool = False) -> str:
    """`2.95 [2.91, 2.99]`; more decimals where the interval is narrower than the last one."""
    if interval is None:
        return number(value, decimals, plain=plain)
    decimals = _decimals_of(interval, decimals)
    return f"{number(value, decimals, plain=plain)} {brackets(interval, decimals, plain=plain)}"


def fitting_brackets(interval: Interval, decimals: int = 2) -> str:
    """`[2.91, 2.99]` for a terminal; more decimals where the interval is narrower than the last one."""
    return brackets(interval, _decimals_of(interval, decimals), plain=True)


def _decimals_of(interval: Interval, least: int) -> int:
    width = interval.high - interval.low
    return decimals_for(width, least) if 0 < width < 10**-least else least


def brackets(interval: Interval, decimals: int = 2, *, plain: bool = False) -> str:
    """`[2.91, 2.99]`."""
    return f"[{number(interval.low, decimals, plain=plain)}, {number(interval.high, decimals, plain=plain)}]"


def decimals_for(spread: float, least: int) -> int:
    """Decimals that show a spread: `least`, or two significant digits where it is smaller than the last of them."""
    if not 0 < spread < 10**-least:
        return least
    return max(least, min(8, 1 - math.floor(math.log10(spread))))


def mean_and_deviation(summary: Summary, metric: Metric, decimals: int | None = None) -> str:
    """Write `2.910 ± 0.023`, `86.33 ± 0.06`: the mean alone without a deviation.

    Without `decimals` the mean has some four digits, or more if the deviation is smaller than the last of them.
    """
    if decimals is None:
        decimals = metric.digits if metric.counts else _decimals(summary.mean)
        rounding = 1e-14 * abs(summary.mean)  # of equal numbers, whose deviation is not exactly zero
        if not metric.counts and rounding < summary.sd < 0.5 * 10**-decimals:
            decimals = decimals_for(summary.sd, decimals)
    mean = number(summary.mean, decimals)
    return mean if math.isnan(summary.sd) else f"{mean} ± {number(summary.sd, decimals)}"


def _decimals(mean: float) -> int:
    """Three below 10, two below 100, else one."""
    return 3 if abs(mean) < 10 else 2 if abs(mean) < 100 else 1


def share_text(share: float, decimals: int = 2) -> str:
    """`0.83`, and `0.998` in place of a `1.00` that it is not: what is possible never reads as certain."""
    text = f"{share:.{decimals}f}"
    while decimals < _FINEST and ((float(text) >= 1 > share) or (float(text) <= 0 < share)):
        decimals += 1
        text = f"{share:.{decimals}f}"
    return text


def percent_text(share: float, decimals: int = 0) -> str:
    """`45`, and `99.7` in place of a `100` that it is not."""
    text = share_text(share, decimals + 2)
    return f"{100 * float(text):.{max(len(text.partition('.')[2]) - 2, decimals)}f}"


def alike(numbers: Sequence[tuple[float, Interval | None]], decimals: int = 2, *, plain: bool = False) -> list[str]:
    """`with_interval` for a column: all with so many decimals that the narrowest interval is seen."""
    widths = [interval.high - interval.low for _, interval in numbers if interval is not None]
    narrowest = min((width for width in widths if 0 < width < math.inf), default=math.inf)
    shown = min(decimals_for(narrowest, decimals), max(decimals, _MOST))
    return [
        f"{number(value, shown, plain=plain)}{f' {brackets(interval, shown, plain=plain)}' if interval else ''}"
        for value, interval in numbers
    ]


def column_decimals(summaries: Sequence[Summary], metric: Metric) -> int:
    """Decimals of a column of `mean ± sd`: two significant digits of the smallest deviation, beyond three decimals one.

    A deviation by rounding alone has no say; a count has the digits of its metric.
    """
    if metric.counts:
        return metric.digits
    known = [one for one in summaries if math.isfinite(one.sd) and one.sd > 1e-14 * abs(one.mean)]
    least = min((one.sd for one in known), default=math.nan)
    if math.isnan(least):
        means = [abs(one.mean) for one in summaries if math.isfinite(one.mean)]
        return _decimals(max(means, default=1.0))
    first = -math.floor(math.log10(least))
    return max(min(first + 1, max(first, 3), _MOST), 1)


def p_text(p: float | None) -> str:
    """`0.21`, `0.021`, `3e-07`: two significant digits, one when very small; a dash where there is no test."""
    if p is None or math.isnan(p):
        return NO_NUMBER
    return f"{p:.2f}" if p >= 0.1 else f"{p:.2g}" if p >= 1e-4 else f"{p:.0e}"


def listed(names: Sequence[str], most: int = 16) -> str:
    """`a, b and c`; of more than `most` the first, and how many others."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def escape_markdown(text: str) -> str:
    """Text that Markdown shows as it is."""
    return re.sub(r"[\\`*_\[\]<>|~&#!$]", r"\\\g<0>", printable(text))
