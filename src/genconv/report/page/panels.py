"""The tables beside a dataset's figures: comparisons, times, stability, early curves, the final evaluation."""

from collections.abc import Mapping, Sequence

import numpy as np

from genconv.curves import CellCurves, FloatArray
from genconv.report.figures.early import early_epochs
from genconv.report.figures.survival import step_names
from genconv.report.format import NO_NUMBER, csv_text, number, p_text, with_brackets
from genconv.report.labels import series
from genconv.report.limits import main_pairs, pairs_note
from genconv.report.page.rows import PageTable, table_csv
from genconv.report.tables.comparisons import COLUMNS
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.early import early_tells
from genconv.statistics.evaluation_variance import evaluation_noise
from genconv.statistics.stability import stability_of_winner
from genconv.statistics.superiority import Superiority
from genconv.statistics.survival import SurvivalCurve, Threshold, arrival_times, kaplan_meier, restricted_mean
from genconv.store.results import StoredCell

_EARLY = 4
"""Epochs of the curve in the table of early tells."""


def comparison_table(found: Comparisons, dataset: str, slug: str) -> PageTable | None:
    """Every pair of a dataset with the numbers behind its verdict; None without pairs."""
    judged = found.of(dataset)
    if not judged:
        return None
    header = (
        "A",
        "B",
        "verdict",
        "B − A [95\N{NO-BREAK SPACE}%]",
        "P(A lower) [95\N{NO-BREAK SPACE}%]",
        "P, lost worst",
        "p (Holm)",
        "p spread",
        "p lost",
    )
    caption = (
        "B − A: difference of the means of surviving seeds, Welch interval. P: chance that a run of A is lower than "
        f"one of B (Brunner–Munzel). The verdict rests on Welch's p after Holm over {found.family} comparisons. "
        "p spread: Brown–Forsythe. p lost: Barnard."
    )
    shown = main_pairs(judged, len(found.results))
    if note := pairs_note(len(shown), judged):
        caption += f" {note} The CSV file has all."
    return PageTable(
        f"comparisons-{slug}", caption, header, 3, [_comparison(one) for one in shown], csv_text(judged, COLUMNS)
    )


def _comparison(one: ComparisonResult) -> tuple[str, ...]:
    found = one.comparison
    means, spread, losses = found.means, found.spread, found.divergence
    return (
        found.a.label,
        found.b.label,
        f"{one.verdict.lower} below" if one.verdict.lower else one.verdict.decision,
        NO_NUMBER if means is None else with_brackets(means.difference, means.interval, 2),
        _chance(found.better),
        _chance(found.better_of_all),
        p_text(one.p_adjusted),
        p_text(None if spread is None else spread.p),
        p_text(None if losses is None else losses.p),
    )


def _chance(better: Superiority | None) -> str:
    if better is None:
        return NO_NUMBER
    ends = better.interval
    text = f"{better.probability:.2f}"
    return text if ends is None else f"{text} [{ends.low:.2f}, {ends.high:.2f}]"


def arrival_table(cells: Sequence[StoredCell], aim: Threshold, slug: str) -> PageTable:
    """How many seeds got there, and after how many epochs."""
    rows, data = [], []
    for name, cell in zip(step_names(cells), cells, strict=True):
        times = arrival_times(cell.curves, aim.loss, name)
        found, epochs = kaplan_meier(times), cell.curves.epochs
        mean, interval = restricted_mean(times, epochs)
        half = _median(found)
        counted = f"{found.arrived} of {found.n}"
        rows.append((name, counted, f"> {epochs}" if half is None else f"{half:g}", with_brackets(mean, interval, 0)))
        ends = (None, None) if interval is None else (interval.low, interval.high)
        data.append((name, aim.loss, found.n, found.arrived, half, epochs, mean, *ends))
    header = ("cell", "arrived", "median epochs", "mean epochs, at most all [95\N{NO-BREAK SPACE}%]")
    names = ["cell", "threshold", "seeds", "arrived", "median_epochs", "horizon", "restricted_mean", "low", "high"]
    caption = (
        f"Epochs until the validation loss is {number(aim.loss, 3)} nats or below; restricted mean after Greenwood."
    )
    return PageTable(f"arrival-{slug}", caption, header, 1, rows, table_csv(names, data))


def _median(found: SurvivalCurve) -> float | None:
    reached = np.flatnonzero(found.share <= 0.5)
    return float(found.epochs[reached[0]]) if reached.size else None


def lottery_table(cells: Sequence[StoredCell], slug: str) -> PageTable | None:
    """The chance of another winner by metric and k; None for fewer than two cells with a number."""
    found = stability_of_winner(cells, step_names(cells))
    if not found:
        return None
    sizes = list(dict.fromkeys(one.k for several in found.values() for one in several))
    header = ("metric", "winner of all seeds", *(f"k = {k}" for k in sizes))
    rows = [
        (metric, several[0].winner, *(f"{100 * one.other_winner:.1f} %" for one in several))
        for metric, several in found.items()
    ]
    data = [
        (metric, one.winner, one.k, one.other_winner, label, chance, one.method)
        for metric, several in found.items()
        for one in several
        for label, chance in one.chances.items()
    ]
    names = ["metric", "winner", "k", "other_winner", "cell", "chance_to_win", "method"]
    caption = "Chance that k seeds of each cell name another winner than all of them."
    return PageTable(f"lottery-{slug}", caption, header, 2, rows, table_csv(names, data))


def early_table(cells: Sequence[StoredCell], slug: str) -> PageTable:
    """What `first`, `exceeds` and the loss at some epochs say of the end."""
    rows, data = [], []
    for name, cell in zip(step_names(cells), cells, strict=True):
        for one in early_tells(cell.curves, early_epochs(cell.curves.epochs, _EARLY)):
            ends = (None, None) if one.interval is None else (one.interval.low, one.interval.high)
            rho = NO_NUMBER if one.correlation is None else with_brackets(one.correlation, one.interval, 2)
            later = f"{_chance(one.divergence)}" if one.diverged else NO_NUMBER
            rows.append((name, one.predictor, rho, p_text(one.p), str(one.survivors), later, str(one.diverged)))
            auc = None if one.divergence is None else one.divergence.probability
            data.append((name, one.predictor, one.correlation, *ends, one.p, one.survivors, auc, one.diverged))
    header = (
        "cell",
        "known early",
        "ρ with final loss [95\N{NO-BREAK SPACE}%]",
        "p",
        "survivors",
        "P(lower if it survives)",
        "diverged later",
    )
    names = ["cell", "predictor", "rho", "low", "high", "p", "survivors", "auc", "diverged_later"]
    caption = (
        "Spearman's ρ over surviving seeds, Fisher z interval (Bonett–Wright); and the chance that a seed that "
        "survives was lower than one that diverges later (Brunner–Munzel). p is not adjusted for the number of rows."
    )
    return PageTable(f"early-{slug}", caption, header, 2, rows, table_csv(names, data))


def seed_table(cell: StoredCell, values: Mapping[str, FloatArray], flags: Sequence[str], name: str) -> PageTable:
    """Every seed of a cell: its metrics, how it ended, and its flag on the nats ladder."""
    curves = cell.curves
    metrics = list(values)
    ends = ["" if lost is None else f"{lost.cause} in epoch {lost.epoch}" for lost in curves.divergences]
    rows = [
        (
            str(seed),
            *(
                number(float(values[metric][place]), 1 if metric in ("exceeds", "epochs_to_final") else 3)
                for metric in metrics
            ),
            "; ".join(text for text in (ends[place], flags[place]) if text and text != "no number"),
        )
        for place, seed in enumerate(curves.seeds)
    ]
    data = [
        (seed, *(float(values[metric][place]) for metric in metrics), ends[place], flags[place])
        for place, seed in enumerate(curves.seeds)
    ]
    header = ("seed", *(metric.replace("_", " ") for metric in metrics), "note")
    caption = "A row a seed; epochs count from 0; a dash where a seed has no number."
    return PageTable(name, caption, header, 0, rows, table_csv(["seed", *metrics, "divergence", "flag"], data))


_LOSSES = ("loss", "reconstruction", "kl", "importance_weighted")


def evaluation_table(cells: Sequence[StoredCell], slug: str) -> PageTable | None:
    """A row a cell that was evaluated; None if none was, as with imported curves."""
    rows, data = [], []
    for cell in cells:
        curves = cell.curves
        noise = evaluation_noise(curves, series(curves))
        if noise is None:
            continue
        name = (curves.protocol, series(curves))
        values = {kind: _survivors(curves, kind) for kind in _LOSSES}
        units = _units(curves)
        spread = (noise.seeds, noise.redraws, noise.examples)
        rows.append((*name, *map(_mean_and_sd, values.values()), _by_layer(units), *(number(one, 3) for one in spread)))
        means = [float(np.mean(one)) if len(one) else None for one in values.values()]
        data.append((*name, noise.n, *means, " ".join(f"{one:.1f}" for one in units), *spread))
    if not rows:
        return None
    header = (
        *("protocol", "model", "loss", "reconstruction", "KL", "importance-weighted", "units in use"),
        *("sd over seeds", "sd over redraws", "sd over examples"),
    )
    names = ["protocol", "model", "seeds", *_LOSSES, "active_units", "seeds_sd", "redraws_sd", "examples_sd"]
    return PageTable(f"held-out-{slug}", _CAPTION, header, 2, rows, table_csv(names, data))


_CAPTION = (
    "Nats, mean ± sample sd over the seeds that survived, on data that neither training nor the curves have seen. "
    "Units in use: dimensions of each stochastic layer, lowest first, whose KL is above 0.01 nats on average. "
    "The last three columns are standard deviations of the loss: over seeds; over redraws of what is random in the "
    "evaluation; and over as many other examples, estimated from the two halves of these."
)


def _survivors(curves: CellCurves, kind: str) -> FloatArray:
    values = curves.evaluation.get(kind, np.full(len(curves.seeds), np.nan))[~curves.diverged]
    finite: FloatArray = values[np.isfinite(values)]
    return finite


def _mean_and_sd(values: FloatArray) -> str:
    if not len(values):
        return NO_NUMBER
    sd = f" ± {number(float(np.std(values, ddof=1)), 3)}" if len(values) > 1 else ""
    return number(float(np.mean(values)), 3) + sd


def _units(curves: CellCurves) -> list[float]:
    """Mean over surviving seeds, lowest layer first."""
    layers = sum(name.startswith("active_units_") for name in curves.evaluation)
    each = [_survivors(curves, f"active_units_{layer}") for layer in range(1, layers + 1)]
    return [float(np.mean(values)) for values in each if len(values)]


def _by_layer(units: Sequence[float]) -> str:
    return " / ".join(number(one, 0 if one == round(one) else 1) for one in units) or NO_NUMBER
