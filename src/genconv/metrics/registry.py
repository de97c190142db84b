"""Metrics by name: the shipped ones, those of entry points, and `FILE.py:Name`."""

import importlib
import math
import pkgutil
from collections.abc import Iterator, Mapping

import genconv.metrics
from genconv.errors import InputError
from genconv.metrics.curves import ARRIVAL, REACH, arrival, reach
from genconv.metrics.spec import Metric
from genconv.registry import Registry


def metrics() -> Mapping[str, Metric]:
    """Every known metric by name: those of the published tables first, then the other shipped ones, then entry points.

    A shipped metric is one of `METRICS` in a module of `genconv.metrics`.
    """
    return REGISTRY.known


def metric_named(name: str) -> Metric:
    """The metric of that name; `InputError`, with the nearest name, if there is none.

    `epochs_to_final:0.1` has its distance in the unit of the loss, `epochs_to:2.95` the loss itself. `FILE.py:Name`
    executes that file.
    """
    base, _, closeness = name.partition(":")
    if base == REACH and closeness:
        return reach(_loss(closeness, name))
    return arrival(_distance(closeness, name)) if base == ARRIVAL and closeness else REGISTRY.named(name)


def _distance(text: str, name: str) -> float:
    try:
        distance = float(text)
    except ValueError:
        distance = math.nan
    if not 0 <= distance < math.inf:
        raise InputError(f"metric '{name}': must be {ARRIVAL}:C with C ≥ 0 in the unit of the loss")
    return distance


def _loss(text: str, name: str) -> float:
    try:
        loss = float(text)
    except ValueError:
        loss = math.nan
    if not math.isfinite(loss):
        raise InputError(f"metric '{name}': must be {REACH}:LOSS with a finite loss")
    return loss


def _shipped() -> Iterator[tuple[str, Metric]]:
    prefix = f"{genconv.metrics.__name__}."
    modules = [importlib.import_module(one.name) for one in pkgutil.iter_modules(genconv.metrics.__path__, prefix)]
    shipped = [metric for module in modules for metric in getattr(module, "METRICS", ())]
    for metric in sorted(shipped, key=lambda metric: not metric.published):
        yield metric.name, metric


def _checked(name: str, value: object) -> Metric:
    if not isinstance(value, Metric):
        raise InputError(f"metric '{name}' is {value!r:.80}: must be a genconv.Metric")
    return value


REGISTRY = Registry("metric", _shipped, _checked, ("Metric",))
