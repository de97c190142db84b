"""Every metric of every run, a row a cell: one metric is drawn at a time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from genconv.metrics.summary import per_seed
from genconv.report.figures.style import Look
from genconv.report.format import NO_NUMBER, alike
from genconv.report.labels import loss_unit, measured_series, series, series_names
from genconv.report.page.chart_data import numbers, rounded
from genconv.report.tables.metrics import shown_metrics
from genconv.statistics.summary import CellEstimate
from genconv.store.results import StoredCell


def metrics_data(
    cells: Sequence[StoredCell],
    estimates: Sequence[CellEstimate],
    colours: Mapping[str, Look],
    ids: Mapping[str, str],
) -> dict[str, Any]:
    """`choices`, one a metric, each with rows of all runs with its mean and interval."""
    curves = [cell.curves for cell in cells]
    names = [measured_series(cell, curves, name) for cell, name in zip(curves, series_names(cells), strict=True)]
    values = [per_seed(cell, "corrected") for cell in curves]
    choices = []
    for metric in shown_metrics(estimates):
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
