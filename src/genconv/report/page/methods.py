"""How each number on the page was computed: a formula, and where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

from genconv.metrics.spec import Metric


@dataclass(frozen=True)
class Method:
    """A number's name, its formula, and what to know of it."""

    name: str
    formula: str
    words: str


def methods(metrics: Sequence[Metric], entropy: bool) -> list[Method]:
    """The methods behind what this page shows: its `metrics`, and those of entropies if one is shown."""
    shown = _STATISTICS if entropy else [method for method in _STATISTICS if method.name not in _OF_ENTROPIES]
    return [*map(_method, metrics), _DIVERGED, *shown]


def _method(metric: Metric) -> Method:
    unit = f"in {metric.unit}" if metric.unit else ""
    return Method(metric.title, metric.formula, "; ".join(filter(None, (metric.words, unit, metric.source))))


_DIVERGED = Method("diverged", "", "the loss or the parameters became non-finite, or the loss blew up")

_OF_ENTROPIES = ("Gaussian", "gap to the entropy")

_STATISTICS = (
    Method("v₀, v₁, … vₗ", "", "the validation losses of one run, one a place of its curve, l the last place"),
    Method(
        "NLL, NLL bound, loss",
        "−log p(x)",
        "what a loss says: NLL equals −log p(x); a bound is at least that in expectation (ELBO, arXiv 1312.6114; "
        "importance-weighted with k draws, arXiv 1509.00519); a loss says nothing of p. A model whose "
        "NLL lies below the bound of another is not thereby the better one: the other's NLL may lie lower",
    ),
    Method("sd", "√(Σ (xᵢ − x̄)²/(n − 1))", "over the n runs that did not diverge; absent for n = 1"),
    Method("interval of a mean", "x̄ ± t · s/√n", "Student t, n − 1 degrees of freedom (arXiv 1806.08295)"),
    Method("interval of a median", "x₍ₖ₎ to x₍ₙ₊₁₋ₖ₎", "order statistics, for any continuous law; 95 % needs n = 6"),
    Method("interval of a rate", "Beta quantiles", "Clopper–Pearson, exact"),
    Method(
        "difference",
        "D ± t · √(s²/n of A + s²/n of B)",
        "Welch, on the runs with a number (arXiv 1904.06979)",
    ),
    Method(
        "verdict",
        "p = 2 min(P(T* ≤ T), P(T* ≥ T))",
        "T is the difference of means over its standard error, T* that of the runs dealt out anew to both cells "
        "(studentized permutation, Janssen 1997); where a run has no number, T is that of the ranks of all runs, these "
        "worst (Neubert and Brunner 2007). p, after Holm over all pairs of the page, must be below 0.05",
    ),
    Method(
        "P",
        "P(A < B) + ½ P(A = B)",
        "chance that a run of A is lower; Brunner–Munzel, exact permutation where completely separated; meaningful "
        "from 0.75 (arXiv 2103.03098). “P, all runs”: runs without a number rank behind all others",
    ),
    Method("Gaussian", "log(2πe) + ½ log det Σ", "cross-entropy of the Gaussian with the data's mean and covariance"),
    Method(
        "gap to the entropy",
        "exp(mean log xᵢ ± t · s/√n)",
        "geometric mean of the excess. A run is flagged only where it lies below zero, or above the Gaussian, by more "
        "than the error of its points: three standard errors, more for runs on different points",
    ),
    Method(
        "reaching a loss",
        "1 − Π (1 − dᵢ/nᵢ)",
        "one minus Kaplan–Meier; runs that never reach it are censored at the end, and a run that diverged has not "
        "reached it. The threshold is the loss that was asked for; else 5, 10, 20, 50 or 100 % of the way from the "
        "entropy to the Gaussian, the least that half of the runs of some cell reach; without an entropy the best "
        "cell's median final loss plus 5 % of its fall, rounded to 1, 2 or 5, among cells of which fewer than half of "
        "the runs diverged",
    ),
    Method("divergence by cause", "#{diverged of c by e}/N", "cumulative incidence, exact pointwise intervals"),
    Method(
        "stability of the winner",
        "P(argmin of k ≠ argmin of N)",
        "k of the N runs of each cell without replacement, all draws enumerated up to 100,000 a cell; of means, or of "
        "mean ranks among all runs where some run has no number, such runs last",
    ),
    Method("early curve", "Spearman's ρ", "tanh(artanh ρ ± z √((1 + ρ²/2)/(n − 3))) (Bonett and Wright 2000)"),
)
