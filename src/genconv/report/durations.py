"""Lengths of time in words."""


def duration(seconds: float) -> str:
    """`45 s`, `12 min`, `3.5 h`, `2.1 days`."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length or (unit == "min" and seconds >= 90):
            return f"{seconds / length:.0f} min" if unit == "min" else f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
