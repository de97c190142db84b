"""Spaces at which a line must not end: `n = 10`, `95 %`, `0.16 nats`, `[0.13, 0.18]`, `9 of 10`."""

import re

NO_BREAK = "\N{NO-BREAK SPACE}"
_UNITS = "nats|bits|epochs?|steps?|runs?|seeds?|draws?|points|models?|cells?|minutes?|min|seconds?|s|hours?|h|MiB|GiB"
_PLACES = (
    re.compile(r"(?<=[\w)]) (?=[=<>≤≥≈] [\d−-])"),  # before the sign of n = 10
    re.compile(r"(?<= [=<>≤≥≈]) (?=[\d−-])|(?<=\N{NO-BREAK SPACE}[=<>≤≥≈]) (?=[\d−-])"),  # and behind it
    re.compile(r"(?<=[\d\]]) (?=%)"),
    re.compile(rf"(?<=\d) (?=(?:{_UNITS})\b)"),
    re.compile(r"(?<=\d) (?=of \d)|(?<=\d of) (?=\d)|(?<=\dNBSPof) (?=\d)".replace("NBSP", NO_BREAK)),
    re.compile(r"(?<=arXiv) (?=\d)"),
    re.compile(r"(?<=,) (?=[^\s\[\],]+\])"),  # inside an interval
)


def unbroken(text: str) -> str:
    """The text with no-break spaces between a symbol, its sign and its number, and a number and its unit."""
    for place in _PLACES:
        text = place.sub(NO_BREAK, text)
    return text
