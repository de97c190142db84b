"""How far samples of the final model lie from held-out points, beside what as many points of the data have."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from genconv.curves import CellCurves, FloatArray
from genconv.metrics.spec import Metric, none

_SCORES = {
    "energy_distance": (
        "energy distance between samples of the final model and held-out points",
        "2 E|X − Y| − E|X − X′| − E|Y − Y′|",
        "doi:10.1016/j.jspi.2013.03.018",
    ),
    "sliced_wasserstein": (
        "sliced Wasserstein distance between samples of the final model and held-out points",
        "√ mean over directions of W₂²",
        "doi:10.1007/s10851-014-0506-3",
    ),
    "mode_deviation": (
        "total variation between the shares of samples at the modes of the data and their weights",
        "½ Σ_j |s_j − 1/m|, each sample counts for its nearest mode",
        "",
    ),
}


def _number(name: str, cell: CellCurves) -> FloatArray:
    return cell.evaluation[name]


def _lacks(name: str, cell: CellCurves) -> str:
    return "" if name in cell.evaluation else "scores of samples (evaluation.sample_scores)"


def _metric(name: str, words: str, formula: str, source: str) -> Metric:
    function: Callable[[CellCurves], FloatArray] = partial(_number, name)
    requires: Callable[[CellCurves], str] = partial(_lacks, name)
    return Metric(
        name, function, words, formula, source, unit="", digits=4, requires=requires, measure=none, of_model=True
    )


_SHARES = {
    "precision": (
        "share of samples that lie where held-out points lie",
        "within the ball to the third neighbour of any held-out point",
        "arXiv 1904.06991",
    ),
    "recall": (
        "share of held-out points that lie where samples lie",
        "within the ball to the third neighbour of any sample",
        "arXiv 1904.06991",
    ),
    "mode_coverage": (
        "share of the modes of the data that get at least half of their share of the samples",
        "each sample counts for its nearest mode",
        "",
    ),
}


def _with_bound(name: str, words: str, formula: str, source: str) -> tuple[Metric, Metric]:
    """The metric of samples, and that of other points of the data in their place."""
    bound = "ceiling" if name in _SHARES else "floor"
    of_data = f"the same of other points of the data in place of samples: the {bound} of {name}"
    pair = _metric(name, words, formula, source), _metric(f"{name}_{bound}", of_data, formula, source)
    return pair if name not in _SHARES else (_higher(pair[0]), _higher(pair[1]))


def _higher(metric: Metric) -> Metric:
    return replace(metric, lower_is_better=False)


METRICS = tuple(one for name, texts in {**_SCORES, **_SHARES}.items() for one in _with_bound(name, *texts))
