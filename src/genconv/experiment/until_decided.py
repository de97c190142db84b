"""Which cell is better: asked of every two cells, or of each and a baseline, at looks that were planned or at any."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError, unknown_name
from genconv.experiment.until import Asked, Numbers, Work
from genconv.metrics.registry import metric_named
from genconv.statistics.anytime import paired_bets
from genconv.statistics.comparison import mismatch
from genconv.statistics.default_metric import best_samples
from genconv.statistics.evaluation_error import evaluation_error
from genconv.statistics.sample import Sample, cell_labels, samples
from genconv.statistics.sequential import State, better_cell, look
from genconv.statistics.spending import Design
from genconv.statistics.staged_permutation import Stage, draws_needed
from genconv.statistics.stopped_estimate import stopped_estimate
from genconv.store.results import Results
from genconv.store.until import Answer, UntilRecord


class Decided:
    """Until every comparison is decided or given up, at planned looks (alpha spending)."""

    def __init__(self, design: Design, metric: str | None = None, baseline: str | None = None) -> None:
        if metric is not None:
            metric_named(metric)
        self.design, self._metric, self._baseline = design, metric, baseline
        self.most = design.max_seeds
        self.plan: dict[str, Any] = {
            "until": "decided",
            "method": "alpha spending",
            "look-every": design.look_every,
            "max-seeds": design.max_seeds,
            "alpha": design.alpha,
            "spending": design.spending,
            "futility": design.futility,
            "metric": metric,
            "baseline": baseline,
        }

    def next_look(self, record: UntilRecord) -> int | None:
        """The plan's."""
        return next(iter(self.design.looks[len(record.looks) :]), None)

    def spent(self, place: int) -> float | None:
        """By the plan."""
        return self.design.spent()[place]

    def asked(self, results: Results) -> list[Asked]:
        """Pairs whose numbers compare; `InputError` if there are none."""
        pairs = [
            (dataset, sample_a, sample_b)
            for datasets in self._samples(results).values()
            for dataset, group in datasets.items()
            for sample_a, sample_b in _pairs(group, self._baseline)
        ]
        if not pairs:
            raise self._nothing(results)
        reasons = {(dataset, a.label, b.label): _reason(a, b) for dataset, a, b in pairs}
        found = [Asked(d, a.metric.name, a.label, b.label) for d, a, b in pairs if not reasons[d, a.label, b.label]]
        if not found:
            (dataset, a, b), reason = next(iter(reasons.items()))
            raise InputError(f"--until decided: {a} and {b} on {dataset} do not compare ({reason})")
        return found

    def numbers(self, results: Results, asked: Sequence[Asked], work: Work) -> dict[tuple[str, str, str], Numbers]:
        """The metric of each run."""
        found: dict[tuple[str, str, str], Numbers] = {}
        wanted = {(one.metric, *place) for one in asked for place in one.cells}
        seeds = _seeds(results, work)
        for metric in sorted({one.metric for one in asked}):
            for dataset, group in samples(results.cells, metric).items():
                for sample in group:
                    if (metric, dataset, sample.label) in wanted:
                        found[dataset, metric, sample.label] = _numbers(sample, seeds[dataset, sample.label])
        return found

    def answers(self, record: UntilRecord, asked: Sequence[Asked], seeds: int, *, grown: bool) -> list[Answer]:
        """Of what was open."""
        before = [_state(record, one) for one in asked]
        stages = [_stages(record, one) for one in asked]
        found = look(self.design, stages, before, grown=grown)
        last = self.next_look(record) is None
        answers = []
        for one, parts, judged in zip(asked, stages, found, strict=True):
            if judged is not None:
                said = None if judged.better is None else getattr(one, judged.better)
                over = last or judged.state in ("decided", "futile")
                shares = [*_shares(record, one), judged.share]
                estimate = self._estimate(parts, shares, grown, len(asked)) if over else None
                answers.append(
                    Answer(
                        *one, judged.state, said, seeds, judged.p, judged.bound, judged.basis,
                        judged.predicted, judged.share, estimate,
                    )
                )  # fmt: skip
        return answers

    def _estimate(
        self, parts: Sequence[Stage], shares: Sequence[int], grown: bool, comparisons: int
    ) -> tuple[float, float, float, float] | None:
        found = stopped_estimate(
            self.design, parts, shares, grown=grown, draws=draws_needed(self.design.alpha, comparisons)
        )
        if found is None:
            return None
        values = (found.raw, found.adjusted, found.low, found.high)
        return values if np.isfinite(values).all() else None

    def _samples(self, results: Results) -> dict[str, dict[str, list[Sample]]]:
        if self._metric is not None:
            return {self._metric: samples(results.cells, self._metric)}
        return {
            name: {dataset: list(group) for dataset, group in datasets.items()}
            for name, datasets in best_samples(results.cells).items()
        }

    def _nothing(self, results: Results) -> InputError:
        models = {cell.curves.model for cell in results.cells}
        if self._baseline is not None and self._baseline not in models:
            return unknown_name("baseline", self._baseline, models)
        return InputError("--until decided: nothing to compare: no dataset has two cells with the metric")


class Anytime(Decided):
    """Until every comparison is decided, by bets on pairs of runs: any number of looks, planned or not."""

    def __init__(
        self, alpha: float, look_every: int, max_seeds: int, metric: str | None = None, baseline: str | None = None
    ) -> None:
        design = Design.checked(alpha=alpha, look_every=max(look_every, -(-max_seeds // 100)), max_seeds=max_seeds)
        super().__init__(design, metric, baseline)
        self._every = look_every
        self.plan = {
            "until": "decided", "method": "anytime", "alpha": alpha, "metric": metric, "baseline": baseline,
        }  # fmt: skip

    def next_look(self, record: UntilRecord) -> int | None:
        """Some seeds more, as long as there may be more."""
        seeds = record.looks[-1].seeds if record.looks else 0
        return min(seeds + self._every, self.design.max_seeds) if seeds < self.design.max_seeds else None

    def spent(self, place: int) -> float | None:
        """Looks cost nothing."""
        del place
        return None

    def answers(self, record: UntilRecord, asked: Sequence[Asked], seeds: int, *, grown: bool) -> list[Answer]:
        """By Holm over all pairs."""
        states = {one: _state(record, one) for one in asked}
        p = {one: paired_bets(*_paired(record, one)).p for one in asked if states[one] in ("open", "split")}
        rejected = {one for one, state in states.items() if state in ("decided", "split")}
        share = max(len(asked) - len(rejected), 1)
        while new := {one for one in p if one not in rejected and p[one] <= self.design.alpha / share}:
            rejected |= new
            share = max(len(asked) - len(rejected), 1)
        answers = [self._answer(record, one, p[one], one in rejected, share, seeds) for one in p]
        over = {one for one in p if grown and _no_more_pairs(record, one)}
        return [
            replace(answer, state="futile") if one in over and answer.state == "open" else answer
            for one, answer in zip(p, answers, strict=True)
        ]

    def _answer(self, record: UntilRecord, one: Asked, p: float, rejected: bool, share: int, seeds: int) -> Answer:
        better = better_cell(*_all_runs(record, one)) if rejected else None
        state: State = "decided" if better else "split" if rejected else "open"
        said = None if better is None else getattr(one, better)
        return Answer(*one, state, said, seeds, p, self.design.alpha / share, "pairs", share=share)


def _pairs(group: Sequence[Sample], baseline: str | None) -> list[tuple[Sample, Sample]]:
    if baseline is None:
        return list(combinations(group, 2))
    others = [one for one in group if baseline not in (one.model, one.label)]
    return [(one, other) for other in group if baseline in (other.model, other.label) for one in others]


def _reason(a: Sample, b: Sample) -> str:
    """Why two cells are not compared; empty if they are."""
    if found := mismatch(a, b):
        return found
    if not a.other_points(b):
        return ""
    known = evaluation_error(a.held_out, b.held_out, (a.draws, b.draws)) is not None
    return f"held-out examples of their own, whose error is {'part of compare alone' if known else 'not known'}"


def _seeds(results: Results, work: Work) -> dict[tuple[str, str], Sequence[int | None]]:
    labels = cell_labels([cell.curves for cell in results.cells])
    return {
        (cell.curves.dataset, label): work.seeds_of(cell) for cell, label in zip(results.cells, labels, strict=True)
    }


def _numbers(sample: Sample, seeds: Sequence[int | None]) -> Numbers:
    rows = zip(seeds, sample.values.tolist(), sample.missing.tolist(), strict=True)
    return {seed: None if missing else value for seed, value, missing in rows if seed is not None}


def _state(record: UntilRecord, one: Asked) -> State:
    before = record.answers.get(one.key)
    return "open" if before is None else before.state


def _shares(record: UntilRecord, one: Asked) -> list[int]:
    return [a.share for part in record.looks for a in part.answers if (a.dataset, a.metric, a.a, a.b) == one.key]


def _penalties(record: UntilRecord, one: Asked, label: str) -> list[dict[int, float]]:
    """By look the new runs of a cell by seed, less being better, infinite for one without a number."""
    sign = 1.0 if metric_named(one.metric).lower_is_better else -1.0
    found = []
    for part in record.looks:
        values: dict[int, float] = {}
        for runs in part.runs:
            if (runs.dataset, runs.metric, runs.cell) == (one.dataset, one.metric, label):
                values = {seed: np.inf if value is None else sign * value for seed, value in runs.values.items()}
        found.append(values)
    return found


def _stages(record: UntilRecord, one: Asked) -> list[Stage]:
    a, b = (_penalties(record, one, label) for label in (one.a, one.b))
    return [(_array(new_a), _array(new_b)) for new_a, new_b in zip(a, b, strict=True)]


def _no_more_pairs(record: UntilRecord, one: Asked) -> bool:
    """Whether every seed of a complete baseline has been counted with a run of the other cell."""
    a, b = ({seed for part in _penalties(record, one, label) for seed in part} for label in (one.a, one.b))
    return not b - a


def _array(values: dict[int, float]) -> FloatArray:
    return np.array(list(values.values()), dtype=np.float64)


def _all_runs(record: UntilRecord, one: Asked) -> Stage:
    parts = _stages(record, one)
    a, b = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    return a, b


def _paired(record: UntilRecord, one: Asked) -> Stage:
    """The runs of seeds that both cells have, in the order in which they were counted."""
    a, b = (
        {seed: value for part in _penalties(record, one, label) for seed, value in part.items()}
        for label in (one.a, one.b)
    )
    common = [seed for seed in a if seed in b]
    return np.array([a[seed] for seed in common]), np.array([b[seed] for seed in common])
