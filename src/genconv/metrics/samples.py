"""How far samples of the final model lie from held-out points, beside what as many points of the data have."""

from collections.abc import Callable
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


METRICS = tuple(
    metric
    for name, (words, formula, source) in _SCORES.items()
    for metric in (
        _metric(name, words, formula, source),
        _metric(
            f"{name}_floor",
            f"the same of other points of the data in place of samples: the floor of {name}",
            formula,
            source,
        ),
    )
)
