"""A program that is measured from outside: it gets ready, then does its work once for each line on its standard input.

Uses the standard library alone, so that it runs beside PyTorch as well as beside genconv.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any


def serve(work: Callable[[], None], about: Callable[[], dict[str, Any]]) -> None:
    """Do the work twice, say what it is (`about`), then do it for each line and answer with its cost.

    An answer is a line of JSON: `cpu`, the seconds that all threads of this process computed, and `wall`.
    """
    for _ in range(2):
        work()
    _say(about())
    for _ in sys.stdin:
        began, used = time.perf_counter(), _cpu_seconds()
        work()
        _say({"cpu": _cpu_seconds() - used, "wall": time.perf_counter() - began})


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
