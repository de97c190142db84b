"""The differences of a dataset's pairs, a row each."""

from collections.abc import Collection, Mapping
from typing import Any

from genconv.report.figures.forest import pair_name, pair_state
from genconv.report.format import alike
from genconv.report.limits import main_pairs
from genconv.report.page.chart_data import rounded
from genconv.report.sentences import verdict_sentence
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.two_sample import MeanDifference


def forest_data(
    found: Comparisons, dataset: str, labels: Collection[str], ids: Mapping[str, str]
) -> dict[str, Any] | None:
    """`rows` with B − A, its Welch interval and the verdict in words, the best cell first.

    None if no pair has two runs a cell. `labels` names the cells whose pairs are drawn, `ids` gives a cell's id by its
    label.
    """
    judged = [one for one in found.of(dataset) if {one.comparison.a.label, one.comparison.b.label} <= set(labels)]
    metric = next((one.comparison.metric for one in judged if one.comparison.means), None)
    tested = [one for one in judged if one.comparison.metric == metric and one.comparison.means]
    pairs = sorted(main_pairs(tested, len(found.results)), key=_best_first)
    shown = [(one, one.comparison.means) for one in pairs if one.comparison.means]
    if not shown:
        return None
    first = shown[0][0].comparison.a
    notes = alike([(means.difference, means.interval) for _, means in shown])
    return {
        "label": f"difference of {first.metric.title}, B − A{f', {first.unit}' if first.unit else ''}",
        "rows": [_row(one, means, note, ids) for (one, means), note in zip(shown, notes, strict=True)],
    }


def _best_first(one: ComparisonResult) -> tuple[float, ...]:
    """The pairs of the cell with the lowest mean come first, the nearest before all."""
    return tuple(sorted((one.comparison.a.rank, one.comparison.b.rank)))


def _row(one: ComparisonResult, means: MeanDifference, note: str, ids: Mapping[str, str]) -> dict[str, Any]:
    interval = means.interval
    return {
        "cells": [ids[one.comparison.a.label], ids[one.comparison.b.label]],
        "name": pair_name(one, means),
        "note": note,
        "value": rounded(means.difference),
        "low": None if interval is None else rounded(interval.low),
        "high": None if interval is None else rounded(interval.high),
        "state": pair_state(one),
        "words": verdict_sentence(one),
    }
