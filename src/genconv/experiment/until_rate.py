"""Whether the rate of divergence of each cell lies below or above a bound: asked after every few seeds."""

from collections.abc import Sequence
from typing import Any, Literal

from genconv.errors import InputError
from genconv.experiment.until import Asked, Numbers, Work
from genconv.statistics.rate_sequence import RateTarget, decidable, rate_evidence, seeds_of_rate
from genconv.statistics.sample import cell_labels
from genconv.store.results import Results
from genconv.store.until import Answer, UntilRecord

METRIC = "diverged"
_AT_LEAST = 30


class Rate:
    """Until the rate of each cell is known to lie below or above the bound; each is tested at alpha/cells."""

    def __init__(self, text: str, alpha: float, look_every: int, max_seeds: int | None = None) -> None:
        if not 0 < alpha <= 0.5:
            raise InputError(f"alpha = {alpha:g}: must be above 0 and at most 0.5")
        if look_every < 1:
            raise InputError(f"look-every = {look_every}: must be at least 1")
        bound = RateTarget.parse(text).bound
        needed = seeds_of_rate(bound, alpha)
        self._bound, self._alpha, self._every = bound, alpha, look_every
        self.most = max(_AT_LEAST, 3 * needed) if max_seeds is None else max_seeds
        if self.most < needed:
            raise InputError(
                f"max-seeds = {self.most}: even clean runs show a rate below {bound:g} only from {needed} seeds on"
            )
        self.plan: dict[str, Any] = {"until": f"diverged<={bound:g}", "method": "e-values", "alpha": alpha}

    def next_look(self, record: UntilRecord) -> int | None:
        """Some seeds more, as long as there may be more."""
        seeds = record.looks[-1].seeds if record.looks else 0
        return min(seeds + self._every, self.most) if seeds < self.most else None

    def spent(self, place: int) -> float | None:
        """Looks cost nothing."""
        del place
        return None

    def asked(self, results: Results) -> list[Asked]:
        """Every cell."""
        labels = cell_labels(results.curves)
        return [Asked(cell.curves.dataset, METRIC, label, "") for cell, label in zip(results, labels, strict=True)]

    def numbers(self, results: Results, asked: Sequence[Asked], work: Work) -> dict[tuple[str, str, str], Numbers]:
        """1 for a run that diverged, 0 for one that did not."""
        wanted = {place for one in asked for place in one.cells}
        found: dict[tuple[str, str, str], Numbers] = {}
        for cell, label in zip(results, cell_labels(results.curves), strict=True):
            if (place := (cell.curves.dataset, label)) in wanted:
                rows = zip(work.seeds_of(cell), cell.curves.diverged.tolist(), strict=True)
                found[place[0], METRIC, label] = {seed: float(lost) for seed, lost in rows if seed is not None}
        return found

    def answers(self, record: UntilRecord, asked: Sequence[Asked], seeds: int, *, grown: bool) -> list[Answer]:
        """Of the cells that were open."""
        del grown
        open_ones = [one for one in asked if record.answers.get(one.key) is None or _is_open(record, one)]
        return [self._answer(record, one, seeds, self._alpha / len(asked), len(asked)) for one in open_ones]

    def _answer(self, record: UntilRecord, one: Asked, seeds: int, level: float, share: int) -> Answer:
        values = [
            value
            for look in record.looks
            for runs in look.runs
            if (runs.dataset, runs.cell) == (one.dataset, one.a)
            for value in runs.values.values()
        ]
        diverged = sum(value == 1 for value in values)
        found = rate_evidence(diverged, len(values), self._bound)
        said = "below" if found.p_below <= level else "above" if found.p_above <= level else None
        left = decidable(diverged, len(values), len(values) + self.most - seeds, self._bound, level)
        state: Literal["open", "decided", "futile"] = (
            "decided" if said else "open" if left or seeds >= self.most else "futile"
        )
        p = min(found.p_below, found.p_above)
        return Answer(*one, state, said, seeds, p, level, "rate", share=share)


def _is_open(record: UntilRecord, one: Asked) -> bool:
    return record.answers[one.key].state == "open"
