"""The tables beside a dataset's figures: comparisons, times, lottery, early curves."""

from collections.abc import Mapping, Sequence

import numpy as np

from genconv.curves import FloatArray
from genconv.report.comparison_columns import COLUMNS
from genconv.report.crowds import main_pairs, pairs_note
from genconv.report.early_figure import early_epochs
from genconv.report.lottery_figure import lotteries
from genconv.report.numbers import NO_NUMBER, number, with_brackets
from genconv.report.page_table import PageTable, table_csv
from genconv.report.survival_figure import step_names
from genconv.report.text import csv_text, p_text
from genconv.report.threshold import Threshold
from genconv.statistics.compare import Comparisons, Judged
from genconv.statistics.early import early_tells
from genconv.statistics.superiority import Superiority
from genconv.statistics.survival import SurvivalCurve, arrival_times, kaplan_meier, restricted_mean
from genconv.store.collection import StoredCell

_EARLY = 4
"""Epochs of the curve in the table of early tells."""


def comparison_table(found: Comparisons, dataset: str, slug: str) -> PageTable | None:
    """Every pair of a dataset with the numbers behind its verdict; None without pairs."""
    judged = [one for one in found.judged if one.comparison.dataset == dataset]
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
    shown = main_pairs(judged, len(found.judged))
    if note := pairs_note(len(shown), judged):
        caption += f" {note} The CSV file has all."
    return PageTable(
        f"comparisons-{slug}", caption, header, 3, [_comparison(one) for one in shown], csv_text(judged, COLUMNS)
    )


def _comparison(one: Judged) -> tuple[str, ...]:
    found = one.comparison
    means, spread, losses = found.means, found.spread, found.divergence
    return (
        found.a.label,
        found.b.label,
        {"below": f"{one.verdict.winner} below", "undecided": "undecided", "none": "too few seeds"}[one.verdict.kind],
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
    found = lotteries(cells)
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
            "; ".join(text for text in (ends[place], flags[place]) if text and text != "lost"),
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
