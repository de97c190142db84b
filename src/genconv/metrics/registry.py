"""Metrics by name: the shipped ones, those of entry points, and `FILE.py:Name`."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType

import genconv.metrics
from genconv.config.user_code import is_user_code, load
from genconv.errors import InputError, unknown_name
from genconv.metrics.spec import Metric

GROUP = "genconv.metrics"
"""Entry points of this group are metrics."""


@cache
def metrics() -> Mapping[str, Metric]:
    """Every known metric by name: those of the published tables first, then the other shipped ones, then entry points.

    A shipped metric is one of `METRICS` in a module of `genconv.metrics`.
    """
    modules = [importlib.import_module(one.name) for one in pkgutil.iter_modules(genconv.metrics.__path__, GROUP + ".")]
    shipped = [metric for module in modules for metric in getattr(module, "METRICS", ())]
    ordered = sorted(shipped, key=lambda metric: not metric.published)
    added = [_checked(entry.name, entry.load()) for entry in entry_points(group=GROUP)]
    return MappingProxyType({metric.name: metric for metric in (*ordered, *added)})


def metric_named(name: str) -> Metric:
    """The metric of that name; `InputError`, with the nearest name, if there is none.

    `FILE.py:Name` executes that file.
    """
    if is_user_code(name):
        return _checked(name, load(name))
    known = metrics()
    if name not in known:
        raise unknown_name("metric", name, known)
    return known[name]


def _checked(name: str, value: object) -> Metric:
    if not isinstance(value, Metric):
        raise InputError(f"metric '{name}' is {value!r:.80}: must be a genconv.metrics.Metric")
    return value
