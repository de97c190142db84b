"""More seeds, a look at a time, until a question is answered.

The loop knows no engine: it takes a `Work` that runs more seeds of given cells and reads what is there, and a
`Question` that judges. Every look is in the store before the next one begins, so that whatever interrupts the loop, the
same call goes on with the same plan.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from genconv.errors import InputError
from genconv.store.results import Results, StoredCell
from genconv.store.uncounted import lines
from genconv.store.until import Answer, CountedRuns, Look, UntilRecord, read_record, record_path, write_record

Place = tuple[str, str]
"""A cell: its dataset and its label."""


class Asked(NamedTuple):
    """Two cells to be compared, or one cell with an empty `b`."""

    dataset: str
    metric: str
    a: str
    b: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """As `UntilRecord.answers` has it."""
        return self.dataset, self.metric, self.a, self.b

    @property
    def cells(self) -> tuple[Place, ...]:
        """Whose runs answer it."""
        return tuple((self.dataset, label) for label in (self.a, self.b) if label)


@runtime_checkable
class Work(Protocol):
    """Cells of which more seeds can be run, by any engine."""

    name: str
    root: Path
    grown: bool
    """Whether the cells of the baseline are complete: their runs are all counted at the first look."""

    def seeds(self, count: int) -> tuple[int, ...]:
        """The first seeds, in their order."""

    def run(self, cells: Collection[Place] | None, seeds: Sequence[int]) -> None:
        """Run these seeds of some cells, None for all; returns when they are finished, or have failed for good."""

    def results(self) -> Results:
        """What is finished of all cells."""

    def seeds_of(self, cell: StoredCell) -> Sequence[int | None]:
        """The seed of each run of a cell."""

    def present(self, count: int) -> int:
        """How many runs of the first seeds are finished by now, over all cells."""


@runtime_checkable
class Question(Protocol):
    """What is asked of the runs."""

    most: int
    """Seeds that a cell may have."""
    plan: dict[str, Any]
    """What must stay the same from look to look, as JSON has it."""

    def next_look(self, record: UntilRecord) -> int | None:
        """How many seeds the next look has; None after the last one."""

    def asked(self, results: Results) -> list[Asked]:
        """All questions, at the first look."""

    def numbers(self, results: Results, asked: Sequence[Asked], work: Work) -> dict[tuple[str, str, str], "Numbers"]:
        """By dataset, metric and label of a cell what each of its runs has."""

    def answers(self, record: UntilRecord, asked: Sequence[Asked], seeds: int, *, grown: bool) -> list[Answer]:
        """After the runs of the record's last look, whose own answers are still empty."""

    def spent(self, place: int) -> float | None:
        """Of alpha, until a look counted from 0."""


Numbers = dict[int, float | None]
"""By seed the number of a run; None for a run without one."""


def until(
    work: Work,
    question: Question,
    told: Callable[[UntilRecord], None] = lambda _: None,
    noted: Callable[[str], None] = lambda _: None,
) -> UntilRecord:
    """Run more seeds of all cells that are not answered yet, until all are, or none may be run any more.

    `told` hears of the record after each look, those of an earlier call included.

    Raises:
        InputError: For another plan than the one that is in the store, and if there is nothing to ask.

    """
    path = record_path(work.root, work.name, question.plan["until"])
    record = _begun(path, work, question, noted)
    for place in range(len(record.looks)):
        told(replace(record, looks=record.looks[: place + 1]))
    while (seeds := question.next_look(record)) is not None:
        asked = [Asked(*key) for key in record.answers]
        left = [Asked(*key) for key, one in record.answers.items() if one.state in ("open", "split")]
        if record.looks and not left:
            break
        before = record.looks[-1].seeds if record.looks else 0
        work.run({place for one in left for place in one.cells} if left else None, work.seeds(seeds)[before:])
        results = work.results()
        if not asked:
            for line in _asked_nothing(results):
                noted(line)
            asked = question.asked(results)
        record = _with_look(record, question, work, results, asked, left or asked, seeds)
        write_record(path, record)
        told(record)
    return record


def _begun(path: Path, work: Work, question: Question, noted: Callable[[str], None]) -> UntilRecord:
    """The record in the store, or a new one."""
    if path.exists():
        record = read_record(path)
        if dict(record.plan) != question.plan:
            raise InputError(_other_plan(path, record, question))
        _note_changes(record, question, work, noted)
        return record
    first = question.next_look(UntilRecord(work.name, question.plan, 0))
    before = work.present(first or 0)
    if before:
        noted(
            f"{before} runs of the first look are there already; they count, in the order of their seeds, and alpha "
            "holds if the plan was not chosen for what they say"
        )
    return UntilRecord(work.name, question.plan, before)


def _other_plan(path: Path, record: UntilRecord, question: Question) -> str:
    was, now = dict(record.plan), question.plan
    names = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    planned, asked = (", ".join(f"{name} = {plan.get(name)}" for name in names) for plan in (was, now))
    return (
        f"{asked}: these runs are looked at by the plan of {path}, with {planned}, and another plan would be another "
        "chance of a false verdict; give that plan, or another output folder"
    )


def _note_changes(record: UntilRecord, question: Question, work: Work, noted: Callable[[str], None]) -> None:
    """Say if runs that were counted are other ones now; the looks keep what they have seen."""
    if not record.looks:
        return
    found = question.numbers(work.results(), [Asked(*key) for key in record.answers], work)
    changed = sum(
        number != found.get((one.dataset, one.metric, one.cell), {}).get(seed, "gone")
        for look in record.looks
        for one in look.runs
        for seed, number in one.values.items()
    )
    if changed:
        noted(
            f"{changed} runs that were counted have other numbers now, or are gone: the looks keep what they have seen"
        )


def _asked_nothing(results: Results) -> Iterator[str]:
    """Cells of which no run of the first look has a number: nothing is asked of them."""
    known = {(cell.curves.dataset, cell.curves.model, cell.curves.variant) for cell in results}
    lost = [run for run in results.uncounted if (run.dataset, run.model, run.variant) not in known]
    for line in lines(lost):
        yield f"{line}; none of its runs has a number, so nothing is asked of it"


def _with_look(
    record: UntilRecord,
    question: Question,
    work: Work,
    results: Results,
    asked: Sequence[Asked],
    left: Sequence[Asked],
    seeds: int,
) -> UntilRecord:
    counted = {
        (one.dataset, one.metric, one.cell, seed) for look in record.looks for one in look.runs for seed in one.values
    }
    new = work.seeds(seeds)
    numbers = question.numbers(results, left, work)
    runs = []
    for (dataset, metric, cell), values in numbers.items():
        wanted = [seed for seed in new if seed in values]
        if work.grown and not record.looks and any(one.b == cell for one in left):
            wanted = list(values)
        new_values = {seed: values[seed] for seed in wanted if (dataset, metric, cell, seed) not in counted}
        runs.append(CountedRuns(dataset, metric, cell, new_values))
    place = len(record.looks)
    look = Look(seeds, question.spent(place), tuple(runs), ())
    unanswered = replace(record, looks=(*record.looks, look))
    answers = question.answers(unanswered, asked, seeds, grown=work.grown)
    return replace(record, looks=(*record.looks, replace(look, answers=tuple(answers))))
