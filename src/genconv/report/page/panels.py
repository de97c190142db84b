"""The tables beside a dataset's figures: comparisons, times, stability, early curves."""

from collections.abc import Mapping, Sequence

import numpy as np

from genconv.metrics.spec import title_of
from genconv.report.figures.early import early_places
from genconv.report.figures.stability import ranked_by
from genconv.report.figures.survival import aim_words
from genconv.report.format import NO_NUMBER, alike, listed, number, p_text, percent_text, share_text, with_interval
from genconv.report.labels import loss_unit, series_names
from genconv.report.limits import main_pairs, pairs_note
from genconv.report.page.table import LEVEL, PageTable, ends
from genconv.report.tables.comparison_columns import COLUMNS
from genconv.report.tables.writing import csv_rows, csv_text
from genconv.statistics.compare import ComparisonResult, Comparisons
from genconv.statistics.early import early_tells
from genconv.statistics.rank_comparison import Superiority
from genconv.statistics.stability import stability_of_winner
from genconv.statistics.survival import (
    SurvivalCurve,
    arrival_times,
    kaplan_meier,
    reached_and_diverged,
    restricted_mean,
)
from genconv.statistics.thresholds import Threshold
from genconv.store.results import StoredCell

_EARLY = 4
"""Epochs of the curve in the table of early tells."""


def comparison_table(
    found: Comparisons, pairs: Sequence[ComparisonResult], slug: str, ids: Mapping[str, str]
) -> PageTable | None:
    """Some `pairs` of a dataset with the numbers behind their verdicts; None without pairs.

    `ids` are those of the cells by the labels of comparisons.
    """
    if not pairs:
        return None
    header = (
        "A",
        "B",
        "verdict",
        "A is",
        "B is",
        f"B − A {LEVEL}",
        f"P(A lower) {LEVEL}",
        "P, all runs",
        "p (Holm)",
        "p spread",
        "p diverged",
    )
    caption = (
        "B − A: difference of the means of the runs with a number, Welch interval. P: chance that a run of A is "
        f"lower than one of B (Brunner–Munzel). The verdict rests on p after Holm over {found.family} comparisons: "
        "studentized permutation of the means, or of the ranks of all runs where some have no number, these worst; "
        "none where the interval or most runs disagree. P, all runs: those without a number rank worst. "
        "p spread: Brown–Forsythe. p diverged: Barnard, of runs without a number."
    )
    shown = main_pairs(pairs, len(found.results))
    if note := pairs_note(len(shown), pairs):
        caption += f" {note} The CSV file has all."
    differences = iter(alike([(m.difference, m.interval) for one in shown if (m := one.comparison.means)]))
    texts = [NO_NUMBER if one.comparison.means is None else next(differences) for one in shown]
    rows = [_comparison(one, text) for one, text in zip(shown, texts, strict=True)]
    about = [" ".join(ids.get(side.label, "") for side in (one.comparison.a, one.comparison.b)) for one in shown]
    return PageTable(f"comparisons-{slug}", caption, header, 5, rows, csv_text(pairs, COLUMNS), cells=about)


def _comparison(one: ComparisonResult, difference: str) -> tuple[str, ...]:
    found = one.comparison
    spread, losses = found.spread, found.divergence
    return (
        found.a.label,
        found.b.label,
        f"{one.verdict.lower} below" if one.verdict.lower else one.verdict.decision,
        *(NO_NUMBER if side.measure is None else side.measure.words for side in (found.a, found.b)),
        difference,
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
    text = share_text(better.probability)
    return text if ends is None else f"{text} [{share_text(ends.low)}, {share_text(ends.high)}]"


def arrival_table(cells: Sequence[StoredCell], aim: Threshold, slug: str, ids: Mapping[str, str]) -> PageTable:
    """How many runs reached the loss, and after how many epochs."""
    rows, data = [], []
    for name, cell in zip(series_names(cells), cells, strict=True):
        times = arrival_times(cell.curves, aim.loss, name)
        found, epochs = kaplan_meier(times), cell.curves.trained
        mean, interval = restricted_mean(times, epochs)
        half = _median(found)
        lost = reached_and_diverged(cell.curves, aim.loss)
        median = f"> {epochs:g}" if half is None else f"{half:g}"
        rows.append((name, f"{found.arrived} of {found.n}", str(lost), median, with_interval(mean, interval, 0)))
        data.append((name, aim.loss, found.n, found.arrived, lost, half, epochs, mean, *ends(interval)))
    header = ("cell", "reached it", "reached it and diverged", "median epochs", f"mean epochs, at most all {LEVEL}")
    names = ["cell", "threshold", "seeds", "arrived", "diverged_later"]
    names += ["median_epochs", "horizon", "restricted_mean", "low", "high"]
    loss = f"{number(aim.loss, 3)} {loss_unit([cell.curves for cell in cells])}".strip()
    caption = (
        f"Epochs until the validation loss is {loss} or below, {aim_words(aim, [cell.curves for cell in cells])}. "
        "A run that diverged has not reached it. Restricted mean after Greenwood. “genconv report --threshold LOSS” "
        "takes another loss."
    )
    about = [ids[cell.curves.label] for cell in cells]
    return PageTable(f"arrival-{slug}", caption, header, 1, rows, csv_rows(names, data), cells=about)


def _median(found: SurvivalCurve) -> float | None:
    reached = np.flatnonzero(found.share <= 0.5)
    return float(found.epochs[reached[0]]) if reached.size else None


def stability_table(cells: Sequence[StoredCell], slug: str) -> PageTable | None:
    """The chance of another winner by metric and k; None for fewer than two cells with a number."""
    found = stability_of_winner(cells, series_names(cells))
    if not found:
        return None
    sizes = list(dict.fromkeys(one.k for several in found.values() for one in several))
    header = ("metric", "lowest mean, or mean rank, of all runs", *(f"k = {k}" for k in sizes))
    rows = [
        (
            title_of(metric),
            listed([several[0].winner, *several[0].tied], 3),
            *(f"{percent_text(one.other_winner, 1)} %" for one in several),
        )
        for metric, several in found.items()
    ]
    data = [
        (metric, one.winner, one.k, one.other_winner, label, chance, one.by, one.method)
        for metric, several in found.items()
        for one in several
        for label, chance in one.chances.items()
    ]
    names = ["metric", "winner", "k", "other_winner", "cell", "chance_to_win", "ranked_by", "method"]
    caption = f"Chance that k runs of each cell name another winner than all of them, or none. {ranked_by(found)}"
    return PageTable(f"stability-{slug}", caption, header, 2, rows, csv_rows(names, data))


def early_table(cells: Sequence[StoredCell], slug: str, ids: Mapping[str, str]) -> PageTable:
    """What `first`, `exceeds` and the loss at some epochs say of the end."""
    rows, data, about = [], [], []
    for name, cell in zip(series_names(cells), cells, strict=True):
        for one in early_tells(cell.curves, early_places(cell.curves.epochs, _EARLY)):
            rho = NO_NUMBER if one.correlation is None else with_interval(one.correlation, one.interval, 2)
            later = f"{_chance(one.divergence)}" if one.diverged else NO_NUMBER
            about.append(ids[cell.curves.label])
            rows.append((name, one.predictor, rho, p_text(one.p), str(one.survivors), later, str(one.diverged)))
            auc = None if one.divergence is None else one.divergence.probability
            data.append(
                (name, one.predictor, one.correlation, *ends(one.interval), one.p, one.survivors, auc, one.diverged)
            )
    header = (
        "cell",
        "known early",
        f"ρ with final loss {LEVEL}",
        "p",
        "runs left",
        "P(lower than one that diverges)",
        "diverged later",
    )
    names = ["cell", "predictor", "rho", "low", "high", "p", "survivors", "auc", "diverged_later"]
    caption = (
        "Spearman's ρ over the runs that did not diverge, Fisher z interval (Bonett–Wright); and the chance that a run "
        "that does not diverge was lower than one that diverges later (Brunner–Munzel). p is not adjusted for the "
        "number of rows."
    )
    return PageTable(f"early-{slug}", caption, header, 2, rows, csv_rows(names, data), cells=about)
