"""Every metric of every run, a row a cell: one metric is drawn at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genconv.measure import Measure
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.summary import per_seed
from genconv.report.figures.colours import Look
from genconv.report.format import NO_NUMBER, alike
from genconv.report.labels import loss_unit, series, series_names
from genconv.report.page.chart_data import numbers, rounded
from genconv.report.tables.metrics import shown_metrics
from genconv.statistics.default_metric import OTHERWISE
from genconv.statistics.summary import CellEstimate
from genconv.store.results import StoredCell


def metrics_data(
    cells: Sequence[StoredCell],
    estimates: Sequence[CellEstimate],
    colours: Mapping[str, Look],
    ids: Mapping[str, str],
) -> dict[str, Any]:
    """`choices`, one a metric, those of verdicts first, each with rows of all runs with its mean and interval."""
    curves = [cell.curves for cell in cells]
    values = [per_seed(cell, "corrected") for cell in curves]
    choices = []
    for metric in sorted(shown_metrics(estimates), key=lambda one: one.name not in (BEST_ESTIMATE, OTHERWISE)):
        names = _names(cells, [one.measures.get(metric.name) for one in estimates])
        unit = metric.unit if metric.unit is not None else loss_unit(curves)
        known = [place for place, numbers_of in enumerate(values) if metric.name in numbers_of]
        found = [
            (estimates[at].metrics[metric.name].mean, estimates[at].estimates[metric.name].mean_interval)
            for at in known
        ]
        notes = alike(found, metric.digits)
        rows = [
            {
                "cells": [ids[curves[place].label]],
                "name": names[place],
                "note": note if note != NO_NUMBER else "no number",
                "colour": colours[series(curves[place])].colour,
                "seeds": list(curves[place].seeds),
                "values": numbers(np.where(curves[place].diverged, np.nan, values[place][metric.name])),
                "flags": [],
                "value": rounded(mean),
                "low": None if interval is None else rounded(interval.low),
                "high": None if interval is None else rounded(interval.high),
                "reach": None,
            }
            for place, note, (mean, interval) in zip(known, notes, found, strict=True)
        ]
        label = f"{metric.title}{f', {unit}' if unit else ''}"
        choices.append({"title": label, "label": label, "unit": unit, "rows": rows, "words": metric.words})
    return {"choices": [one for one in choices if one["rows"]]}


def _names(cells: Sequence[StoredCell], measures: Sequence[Measure | None]) -> list[str]:
    """The cells, with what the metric says of each where that differs: `vae: NLL bound (IWAE, k = 64)`."""
    several = len(set(measures) - {None}) > 1
    return [
        f"{name}: {measure.words}" if several and measure is not None else name
        for name, measure in zip(series_names(cells), measures, strict=True)
    ]
