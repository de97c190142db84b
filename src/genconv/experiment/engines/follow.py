"""How far a study is, told in one place while workers elsewhere are at work on it."""

import time
from collections.abc import Callable

from genconv.experiment.observer import Observer
from genconv.experiment.start import Started

_LOOK, _TELL = 2.0, 30.0
"""Seconds between two looks, and at most between two lines while nothing changes but the runs."""


def follow(started: Started, observer: Observer, workers: Callable[[], str]) -> int:
    """Look until nothing is left of the study or nobody works on it; returns how many runs are left.

    `workers` says what the workers do, in words; empty if there is none any more.
    """
    whole = sum(len(one.runs) for one in started.cells)
    said, when = "", 0.0
    while True:
        words = workers()
        left = sum(len(one.missing()) for one in started.cells)
        now = time.monotonic()
        if words and (words != said or now - when >= _TELL):
            observer.noted(f"{words}; {whole - left} of {whole} runs are finished")
            said, when = words, now
        if not left or not words:
            return left
        time.sleep(_LOOK)
