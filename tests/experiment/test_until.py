"""More seeds until a question is answered: the loop on cells whose runs are made up."""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genconv.errors import InputError
from genconv.experiment.until import Place, Question, until
from genconv.experiment.until_decided import Anytime, Decided
from genconv.experiment.until_rate import Rate
from genconv.report.page.build import build_page
from genconv.report.tables import looks
from genconv.statistics.spending import Design
from genconv.store.results import Results, StoredCell
from genconv.store.until import Answer, Look, UntilRecord, read_record, record_paths, records_under
from tests.statistics.small_cells import cell

Law = Callable[[int], float]
"""The value of a seed: NaN for a run that diverges, infinite for one that fails."""


class MadeUp:
    """Cells whose runs are numbers by seed."""

    def __init__(self, root: Path, laws: dict[str, Law], complete: dict[str, int] | None = None) -> None:
        self.name, self.root, self._laws, self._complete = "made up", root, laws, complete or {}
        self.grown = bool(complete)
        self.ran: list[tuple[set[str] | None, tuple[int, ...]]] = []
        self._seeds: dict[str, list[int]] = {name: list(range(self._complete.get(name, 0))) for name in laws}
        self.fails_at: int | None = None

    def seeds(self, count: int) -> tuple[int, ...]:
        return tuple(range(count))

    def run(self, cells: Collection[Place] | None, seeds: Sequence[int]) -> None:
        if self.fails_at is not None and self.fails_at in seeds:
            raise KeyboardInterrupt
        labels = None if cells is None else {label for _, label in cells} - set(self._complete)
        self.ran.append((labels, tuple(seeds)))
        for name in self._laws if labels is None else labels:
            if name not in self._complete:
                self._seeds[name] += [seed for seed in seeds if seed not in self._seeds[name]]

    def results(self) -> Results:
        return Results(tuple(self._cell(name) for name in self._laws))

    def seeds_of(self, cell: StoredCell) -> Sequence[int | None]:
        return [int(seed) for seed in cell.curves.seeds]

    def present(self, count: int) -> int:
        return sum(seed < count for seeds in self._seeds.values() for seed in seeds)

    def _cell(self, name: str) -> StoredCell:
        found = {seed: value for seed in self._seeds[name] if not np.isinf(value := self._laws[name](seed))}
        values = np.array(list(found.values()))
        lost = [place for place, value in enumerate(values) if np.isnan(value)]
        return cell(name, values, lost, seeds=tuple(found))


def normal(mean: float, key: int = 0) -> Law:
    return lambda seed: mean + float(np.random.default_rng([seed, key]).normal())


def decided(**design: object) -> Decided:
    return Decided(Design.checked(**design))


def test_cells_that_are_decided_stop_and_the_others_go_on(tmp_path: Path) -> None:
    work = MadeUp(tmp_path, {"far": normal(-40, 1), "one": normal(0, 2), "two": normal(0.5, 3)})
    record = until(work, decided(futility=0.0))
    assert work.ran[0] == (None, (0, 1, 2, 3, 4))
    assert work.ran[1] == ({"far", "one", "two"}, (5, 6, 7, 8, 9))
    assert all(ran[0] == {"one", "two"} for ran in work.ran[2:])
    answers = {(one.a, one.b): one for one in record.answers.values()}
    assert answers["far", "one"].said == answers["far", "two"].said == "far"
    assert answers["far", "one"].seeds == 10
    assert record.looks[1].spent == pytest.approx(Design().spent()[1])


def test_a_far_cell_has_an_estimate_that_is_adjusted(tmp_path: Path) -> None:
    record = until(MadeUp(tmp_path, {"far": normal(-1.6, 1), "one": normal(0, 2)}), decided())
    (answer,) = record.answers.values()
    assert answer.said == "far"
    assert answer.estimate is not None
    raw, adjusted, low, high = answer.estimate
    assert low < adjusted <= raw < high


def test_equal_cells_are_given_up(tmp_path: Path) -> None:
    record = until(MadeUp(tmp_path, {"one": normal(0, 1), "two": normal(0, 2)}), decided())
    (answer,) = record.answers.values()
    assert answer.state == "futile"
    assert answer.seeds < 30


def test_the_looks_are_in_the_store_and_a_restart_goes_on(tmp_path: Path) -> None:
    laws = {"one": normal(0, 2), "two": normal(0.5, 3)}
    whole = until(MadeUp(tmp_path / "whole", laws), decided(futility=0.0))
    cut = MadeUp(tmp_path / "cut", laws)
    cut.fails_at = 12
    with pytest.raises(KeyboardInterrupt):
        until(cut, decided(futility=0.0))
    (path,) = record_paths(tmp_path / "cut")
    assert len(read_record(path).looks) == 2
    cut.fails_at = None
    told: list[int] = []
    again = until(cut, decided(futility=0.0), lambda record: told.append(len(record.looks)))
    assert again == whole
    assert told == [1, 2, 3, 4, 5, 6]
    assert [seeds[0] for _, seeds in cut.ran] == [0, 5, 10, 15, 20, 25]
    assert until(cut, decided(futility=0.0)) == whole
    assert len(cut.ran) == 6


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (decided(max_seeds=60), "max-seeds = 60: .* with max-seeds = 30"),
        (decided(alpha=0.1, look_every=6), "alpha = 0.1, look-every = 6: .* with alpha = 0.05, look-every = 5"),
        (Decided(Design(), "min"), "metric = min: .* with metric = None"),
        (Anytime(0.05, 5, 30), "method = anytime"),
    ],
)
def test_another_plan_on_the_same_runs_is_refused(tmp_path: Path, other: Question, words: str) -> None:
    laws = {"one": normal(0, 1), "two": normal(0, 2)}
    until(MadeUp(tmp_path, laws), decided())
    with pytest.raises(InputError, match=words):
        until(MadeUp(tmp_path, laws), other)


def test_a_record_that_was_changed_is_told(tmp_path: Path) -> None:
    laws = {"one": normal(0, 1), "two": normal(0, 2)}
    until(MadeUp(tmp_path, laws), decided())
    (path,) = record_paths(tmp_path)
    document = json.loads(path.read_text())
    document["looks"] = document["looks"][:1]
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="was changed after it was written"):
        until(MadeUp(tmp_path, laws), decided())
    path.write_text("{}")
    with pytest.raises(InputError, match="format = None"):
        read_record(path)


def test_runs_that_are_there_and_runs_that_change_are_told(tmp_path: Path) -> None:
    laws = {"one": normal(0, 1), "two": normal(0, 2)}
    work, notes = MadeUp(tmp_path, laws), list[str]()
    work.run(None, range(3))
    record = until(work, decided(), noted=notes.append)
    assert record.before == 6
    assert notes == [
        "6 runs of the first look are there already; they count, in the order of their seeds, and alpha holds if the "
        "plan was not chosen for what they say"
    ]
    other = MadeUp(tmp_path, {**laws, "two": normal(9, 2)})
    other.run(None, range(30))
    assert until(other, decided(), noted=notes.append) == record
    assert "runs that were counted have other numbers now" in notes[1]


def test_runs_that_fail_are_left_out_and_runs_that_diverge_are_worst(tmp_path: Path) -> None:
    good, bad = normal(0, 1), normal(0, 2)
    laws: dict[str, Law] = {
        "good": lambda seed: np.inf if seed % 5 == 3 else good(seed),
        "bad": lambda seed: bad(seed) if seed % 5 == 0 else np.nan,
    }
    record = until(MadeUp(tmp_path, laws), decided())
    (answer,) = record.answers.values()
    assert (answer.said, answer.basis) == ("good", "all runs")
    first = {one.cell: one.values for one in record.looks[0].runs}
    assert sorted(first["good"]) == [0, 1, 2, 4]
    assert [value is None for value in first["bad"].values()] == [False, True, True, True, True]


def test_a_complete_baseline_counts_from_the_first_look_on(tmp_path: Path) -> None:
    work = MadeUp(tmp_path, {"base": normal(0, 1), "mine": normal(-3, 2), "other": normal(0, 3)}, {"base": 12})
    record = until(work, Decided(Design(), None, "base"))
    answers = {one.a: one for one in record.answers.values()}
    assert set(answers) == {"mine", "other"}
    assert all(one.b == "base" for one in answers.values())
    assert (answers["mine"].said, answers["mine"].seeds) == ("mine", 5)
    counts = {one.cell: len(one.values) for one in record.looks[0].runs}
    assert counts == {"base": 12, "mine": 5, "other": 5}


def test_bets_go_on_after_the_last_seed_that_was_planned(tmp_path: Path) -> None:
    laws = {"one": normal(-0.9, 5), "two": normal(0, 6)}
    work = MadeUp(tmp_path, laws)
    first = until(work, Anytime(0.05, 5, 10))
    assert [one.state for one in first.answers.values()] == ["open"]
    more = until(work, Anytime(0.05, 5, 200))
    (answer,) = more.answers.values()
    assert answer.said == "one"
    assert more.looks[:2] == first.looks
    assert more.looks[0].spent is None


def test_a_rate_is_below_or_above_its_bound(tmp_path: Path) -> None:
    laws: dict[str, Law] = {"clean": normal(0, 1), "frail": lambda seed: np.nan if seed % 2 else 0.0}
    work = MadeUp(tmp_path, laws)
    record = until(work, Rate("diverged<=0.2", 0.05, 5))
    answers = {one.a: one for one in record.answers.values()}
    assert answers["clean"].said == "below"
    assert answers["frail"].said == "above"
    assert answers["clean"].seeds < 30
    assert record_paths(tmp_path) != []
    until(work, decided())
    assert len(records_under([tmp_path])) == 2


def test_a_bound_that_the_seeds_cannot_show_is_refused() -> None:
    with pytest.raises(InputError, match=r"even clean runs show a rate below 0\.05 only from 68 seeds on"):
        Rate("diverged<=0.05", 0.05, 5, 30)


def test_cells_that_do_not_compare(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        until(MadeUp(tmp_path, {"one": normal(0)}), decided())
    with pytest.raises(InputError, match="unknown baseline 'flwo'"):
        until(MadeUp(tmp_path, {"one": normal(0), "flow": normal(1)}), Decided(Design(), None, "flwo"))
    with pytest.raises(InputError, match="unknown metric"):
        Decided(Design(), "lst")


@pytest.fixture
def record(tmp_path: Path) -> UntilRecord:
    return until(MadeUp(tmp_path, {"far": normal(-40, 1), "one": normal(0, 2), "two": normal(0.1, 3)}), decided())


def test_a_line_a_look(record: UntilRecord) -> None:
    first, second = (looks.look_line(UntilRecord("x", record.plan, 0, record.looks[:n])) for n in (1, 2))
    assert first == "look 1, 5 seeds each, alpha spent 0.0126 of 0.05: 3 open"
    assert second.startswith("look 2, 10 seeds each, alpha spent 0.0226 of 0.05: far better than one (p = ")


def test_a_line_says_how_many_runs_each_cell_has(tmp_path: Path) -> None:
    work = MadeUp(tmp_path, {"old": normal(0, 1), "new": normal(0, 2)}, {"old": 4})
    record = until(work, decided(max_seeds=15, futility=0.0))
    lines = [looks.look_line(UntilRecord("x", record.plan, 0, record.looks[:n])) for n in (1, 2, 3)]
    assert [line.partition(", alpha")[0] for line in lines] == [
        "look 1, 5 seeds of new, 4 of old",
        "look 2, 10 seeds of new, 4 of old",
        "look 3, 15 seeds of new, 4 of old",
    ]
    assert lines[-1].partition(" (")[0].endswith("1 undecided")
    assert looks.view(record)[2][0][3] == "undecided"


def test_tables_of_a_record(record: UntilRecord) -> None:
    markdown = looks.to_markdown(record)
    assert "| rings | far | one | far better |" in markdown
    assert "A false verdict has a chance of at most 0.05 over all looks" in markdown
    rows = json.loads(looks.to_json(record))["answers"]
    assert len(rows) == len(looks.to_csv(record).splitlines()) - 1
    assert {row["seeds"] for row in rows} >= {5, 10}
    assert looks.note([record]).startswith("the seeds of 'made up' were chosen by looks")
    assert looks.note([]) == ""


def test_the_page_shows_the_path_of_the_decision(tmp_path: Path, record: UntilRecord) -> None:
    work = MadeUp(tmp_path, {"far": normal(-40, 1), "one": normal(0, 2), "two": normal(0.1, 3)})
    work.run(None, range(10))
    results = Results(work.results().cells, looks=(record,))
    page = build_page(results, "x")
    assert "Looks and decisions" in page
    assert "far better than one" in page
    assert "which does not count looks" in page
    assert "Line chart of p at each look" in page
    assert "Looks and decisions" not in build_page(work.results(), "x")


def _first_words(page: str) -> str:
    """The paragraph that the page begins its answer with."""
    return page.partition('<p class="lead">')[2].partition("</p>")[0].replace("\N{NO-BREAK SPACE}", " ")


def test_the_answer_itself_says_what_the_plan_says(tmp_path: Path) -> None:
    """The plan gives the pair up where `compare` on the same runs has a verdict."""
    gone = Answer("rings", "last", "one", "two", "futile", None, 10, 0.024, 0.0056, "means")
    plan = {"until": "decided", "max-seeds": 30, "alpha": 0.05, "method": "alpha spending", "spending": "pocock"}
    work = MadeUp(tmp_path, {"one": normal(0, 1), "two": normal(-3, 2)})
    work.run(None, range(10))
    record = UntilRecord("made up", plan, 0, (Look(10, 0.02, (), (gone,)),))
    words = _first_words(build_page(replace(work.results(), looks=(record,)), "x"))
    assert words.startswith("two&#39;s last (loss) is below that of one by ")
    assert words.endswith(
        "The seeds were chosen by looks, which this does not count: by the plan one and two are given up (p = 0.024, "
        "needed 0.0056)."
    )
    assert "by looks" not in _first_words(build_page(work.results(), "x"))
    assert "; by the plan one and two are given up (p = 0.024, needed 0.0056); the page" in looks.note([record])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "decided", "said": "two"}, "two is better than one (p = 0.004, needed 0.0056)"),
        ({"state": "split"}, "one and two differ without a winner (p = 0.004, needed 0.0056)"),
        ({"metric": "min"}, "one and two are still open (min: p = 0.004, needed 0.0056)"),
        ({"state": "open", "seeds": 30}, "one and two are undecided (p = 0.004, needed 0.0056)"),
    ],
)
def test_what_the_plan_says_in_words(change: dict[str, Any], words: str) -> None:
    one = replace(Answer("rings", "last", "one", "two", "open", None, 10, 0.004, 0.0056, "means"), **change)
    record = UntilRecord("x", {"until": "decided", "max-seeds": 30}, 0, (Look(one.seeds, 0.02, (), (one,)),))
    begin = "The seeds were chosen by looks, which this does not count: by the plan "
    assert looks.hedge([record], "rings", {"last"}) == f"{begin}{words}."
    assert looks.hedge([record], "moons", {"last"}) == ""


def test_pairs_without_a_winner_are_named_first() -> None:
    pair = Answer("rings", "last", "one", "two", "decided", "two", 10, 0.004, 0.0056, "means")
    last = replace(pair, b="six", state="futile", said=None, p=0.3)
    answers = (pair, *(replace(pair, b=name) for name in ("three", "four", "five")), last)
    record = UntilRecord("x", {"until": "decided", "max-seeds": 30}, 0, (Look(10, 0.02, (), answers),))
    words = looks.hedge([record], "rings", {"last"})
    assert "by the plan one and six are given up (p = 0.3, needed 0.0056); two is better than one" in words
    assert words.endswith("; and 2 more (Looks and decisions).")
