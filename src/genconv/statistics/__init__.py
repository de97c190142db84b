"""How sure one may be of what ten runs show: intervals, comparisons, power, survival, and what else runs tell.

Functions of arrays and of cells; NumPy and SciPy, no JAX. Each name is imported when it is first used, so that a
command loads only what it needs::

    from genconv.statistics import kaplan_meier, arrival_times, log_rank

    a, b = (arrival_times(cell.curves, 3.2) for cell in genconv.load("runs").where(dataset="moons"))
    log_rank(a, b), kaplan_meier(a).share
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genconv.statistics.aggregate import interquartile_mean
    from genconv.statistics.anytime import paired_bets
    from genconv.statistics.compare import Comparisons, compare_cells
    from genconv.statistics.early import early_tells, spearman
    from genconv.statistics.evaluation_error import EvaluationError
    from genconv.statistics.intervals import (
        Interval,
        bootstrap_interval,
        deviation_interval,
        geometric_mean_interval,
        mean_interval,
        median_interval,
        tolerance_coverage,
        tolerance_interval,
    )
    from genconv.statistics.multiple_testing import holm
    from genconv.statistics.pairing import paired
    from genconv.statistics.permutation import studentized_means, studentized_ranks
    from genconv.statistics.power import detectable_effect, effect_of_probability, seeds_needed, welch_power
    from genconv.statistics.rank_comparison import superiority, superiority_of_all
    from genconv.statistics.rate_sequence import rate_confidence_sequence, rate_evidence
    from genconv.statistics.rates import clean_seeds, compare_rates, rate_interval
    from genconv.statistics.replay import replay_looks
    from genconv.statistics.sample import Sample, samples
    from genconv.statistics.spending import Design
    from genconv.statistics.stability import winner_stability
    from genconv.statistics.survival import (
        arrival_times,
        incidences,
        kaplan_meier,
        log_rank,
        restricted_mean,
    )
    from genconv.statistics.thresholds import threshold
    from genconv.statistics.two_sample import brown_forsythe, welch
    from genconv.statistics.verdict import Verdict

__all__ = [
    "Comparisons",
    "Design",
    "EvaluationError",
    "Interval",
    "Sample",
    "Verdict",
    "arrival_times",
    "bootstrap_interval",
    "brown_forsythe",
    "clean_seeds",
    "compare_cells",
    "compare_rates",
    "detectable_effect",
    "deviation_interval",
    "early_tells",
    "effect_of_probability",
    "geometric_mean_interval",
    "holm",
    "incidences",
    "interquartile_mean",
    "kaplan_meier",
    "log_rank",
    "mean_interval",
    "median_interval",
    "paired",
    "paired_bets",
    "rate_confidence_sequence",
    "rate_evidence",
    "rate_interval",
    "replay_looks",
    "restricted_mean",
    "samples",
    "seeds_needed",
    "spearman",
    "studentized_means",
    "studentized_ranks",
    "superiority",
    "superiority_of_all",
    "threshold",
    "tolerance_coverage",
    "tolerance_interval",
    "welch",
    "welch_power",
    "winner_stability",
]

_HOMES = {
    "aggregate": ("interquartile_mean",),
    "anytime": ("paired_bets",),
    "compare": (
        "Comparisons",
        "compare_cells",
    ),
    "early": (
        "early_tells",
        "spearman",
    ),
    "evaluation_error": ("EvaluationError",),
    "intervals": (
        "Interval",
        "bootstrap_interval",
        "deviation_interval",
        "geometric_mean_interval",
        "mean_interval",
        "median_interval",
        "tolerance_coverage",
        "tolerance_interval",
    ),
    "multiple_testing": ("holm",),
    "pairing": ("paired",),
    "permutation": (
        "studentized_means",
        "studentized_ranks",
    ),
    "power": (
        "detectable_effect",
        "effect_of_probability",
        "seeds_needed",
        "welch_power",
    ),
    "rate_sequence": (
        "rate_confidence_sequence",
        "rate_evidence",
    ),
    "rates": (
        "clean_seeds",
        "compare_rates",
        "rate_interval",
    ),
    "replay": ("replay_looks",),
    "sample": (
        "Sample",
        "samples",
    ),
    "spending": ("Design",),
    "stability": ("winner_stability",),
    "rank_comparison": (
        "superiority",
        "superiority_of_all",
    ),
    "survival": (
        "arrival_times",
        "incidences",
        "kaplan_meier",
        "log_rank",
        "restricted_mean",
    ),
    "thresholds": ("threshold",),
    "two_sample": (
        "brown_forsythe",
        "welch",
    ),
    "verdict": ("Verdict",),
}
"""In which module of this package each name is defined."""


def __getattr__(name: str) -> Any:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module 'genconv.statistics' has no attribute '{name}'")
    return getattr(import_module(f"genconv.statistics.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
