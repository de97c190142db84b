"""How far a study is, told in one place while workers elsewhere are at work on it."""

import time
from collections.abc import Callable

from genconv.experiment.observer import Observer
from genconv.experiment.start import Started

_LOOK, _TELL = 2.0, 30.0
"""Seconds between two looks at the store, and at most between two lines while nothing changes but the runs."""
_SHARE = 10.0
"""Looking takes at most one part in so many of the time."""


def follow(started: Started, observer: Observer, workers: Callable[[], str], *, every: float = _LOOK) -> int:
    """Look until nothing is left of the study or nobody works on it; returns how many runs are left.

    `workers` says what the workers do, in words; empty if there is none any more. It is asked once in `every` seconds.
    """
    whole = sum(len(one.runs) for one in started.cells)
    words, said = workers(), ""
    asked, told = time.monotonic(), 0.0
    while True:
        began = time.monotonic()
        if began - asked >= every:
            words, asked = workers(), began
        left = sum(len(one.missing()) for one in started.cells)
        if words and (words != said or began - told >= _TELL):
            observer.noted(f"{words}; {whole - left} of {whole} runs are finished")
            said, told = words, began
        if not left or not words:
            return left
        time.sleep(max(_LOOK, _SHARE * (time.monotonic() - began)))
