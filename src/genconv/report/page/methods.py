"""How each number on the page was computed: a formula, and where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

_EXCESS = "excess"


@dataclass(frozen=True)
class Method:
    """A number's name, its formula, and what to know of it."""

    name: str
    formula: str
    words: str


def methods(metrics: Sequence[str]) -> list[Method]:
    """The methods behind what this page shows; `metrics` says which there are."""
    left_out = {name for name in (_EXCESS, "excess importance weighted") if name not in metrics}
    if _EXCESS in left_out:
        left_out |= {"Gaussian", "nats ladder"}
    return [one for one in (*_METRICS, *_STATISTICS) if one.name not in left_out]


_METRICS = (
    Method("last, min, max", "vₗ, minₑ vₑ, maxₑ vₑ", "of one seed's validation losses v₀, v₁, … vₗ, one an epoch"),
    Method("first", "(v₀ + … + v₄)/5", "mean of the first five epochs"),
    Method("exceeds", "#{e ≥ 5 : vₑ > first}", "a number of epochs"),
    Method(
        _EXCESS,
        "last − H,  H = −∫ p log p",
        "nats above the entropy of the data: the Kullback–Leibler divergence from the data to the model, or an upper "
        "bound of it where the loss is a bound",
    ),
    Method("excess importance weighted", "L − H", "the same with the importance-weighted bound L in place of last"),
    Method("diverged", "", "the loss or the parameters became non-finite, or the loss blew up"),
)

_STATISTICS = (
    Method("sd", "√(Σ (xᵢ − x̄)²/(n − 1))", "over the n seeds that did not diverge; absent for n = 1"),
    Method("interval of a mean", "x̄ ± t · s/√n", "Student t, n − 1 degrees of freedom (arXiv 1806.08295)"),
    Method("interval of a median", "x₍ₖ₎ to x₍ₙ₊₁₋ₖ₎", "order statistics, for any continuous law; 95 % needs n = 6"),
    Method("interval of a rate", "Beta quantiles", "Clopper–Pearson, exact"),
    Method(
        "difference and verdict",
        "D ± t · √(s²/n of A + s²/n of B)",
        "Welch, on surviving seeds; a verdict needs its p, adjusted after Holm over all pairs of the page, below 0.05 "
        "(arXiv 1904.06979)",
    ),
    Method(
        "P",
        "P(A < B) + ½ P(A = B)",
        "chance that a run of A is lower; Brunner–Munzel, exact permutation where completely separated; meaningful "
        "from 0.75 (arXiv 2103.03098). “Lost worst”: diverged seeds rank behind all others",
    ),
    Method("Gaussian", "log(2πe) + ½ log det Σ", "cross-entropy of the Gaussian with the data's mean and covariance"),
    Method(
        "nats ladder",
        "exp(mean log xᵢ ± t · s/√n)",
        "geometric mean of the excess; a seed below zero or above the Gaussian by three Monte-Carlo errors is flagged",
    ),
    Method(
        "reaching a loss",
        "1 − Π (1 − dᵢ/nᵢ)",
        "one minus Kaplan–Meier; seeds that never get there are censored at the end. The threshold is the best cell's "
        "median final loss plus 5 % of that cell's fall over training, rounded to 1, 2 or 5",
    ),
    Method("divergence by cause", "#{diverged of c by e}/N", "cumulative incidence, exact pointwise intervals"),
    Method(
        "seed lottery",
        "P(argmin of k ≠ argmin of N)",
        "k of the N seeds of each cell without replacement, all draws enumerated up to 100,000 a cell",
    ),
    Method("early curve", "Spearman's ρ", "tanh(artanh ρ ± z √((1 + ρ²/2)/(n − 3))) (Bonett and Wright 2000)"),
)
