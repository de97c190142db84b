"""The page's first words on a dataset: what they claim of the best cell, and what they leave open."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from tests.statistics.small_cells import cell, evaluated, trained

from genconv.coordinates import Coordinates
from genconv.measure import ELBO, EXACT, Measure, importance_weighted
from genconv.report.labels import by_dataset
from genconv.report.page.prose import Finding, findings, headline, question
from genconv.statistics.compare import compare_cells
from genconv.statistics.summary import estimate
from genconv.store.results import StoredCell
from genconv.store.uncounted import UncountedRun

LOW = np.linspace(1.0, 1.9, 10)
HIGH = LOW + 2
NAN = float("nan")
IWAE = importance_weighted(64)


def finding(*cells: StoredCell) -> Finding:
    estimates = [estimate(one.curves, "corrected", "t") for one in cells]
    (found,) = findings(by_dataset(cells), compare_cells(cells), estimates)
    return found


def test_an_exact_number_below_bounds_ranks_no_models() -> None:
    cells = [evaluated("flow", LOW, EXACT), evaluated("vae", HIGH, IWAE), evaluated("lvae", HIGH + 1, IWAE)]
    assert finding(*cells).lead == (
        "flow's NLL is below the bound (IWAE, k = 64) of lvae and vae, nearest to vae, by 2.00 nats [1.72, 2.28], "
        "n = 10 each; the own NLLs of lvae and vae may be lower."
    )


def test_the_caveat_stands_in_the_first_sentence_and_once() -> None:
    cells = [evaluated("flow", LOW, EXACT), evaluated("vae", HIGH, IWAE)]
    first, *more = finding(*cells).sentences
    assert first.endswith("n = 10 each; vae's own NLL may be lower.")
    assert not more
    lost = evaluated("vae", [*HIGH[:9], NAN], IWAE, dead=[9], last=[*HIGH[:9], NAN])
    assert finding(evaluated("flow", LOW, EXACT), lost).sentences[0].endswith("; vae's own NLL may be lower.")


def test_each_claim_has_its_own_sentence() -> None:
    cells = [evaluated("vae", LOW, IWAE), evaluated("flow", HIGH, EXACT), evaluated("lvae", HIGH, IWAE)]
    assert finding(*cells).lead == (
        "vae's bound (IWAE, k = 64) is below the NLL of flow by 2.00 nats [1.72, 2.28], n = 10 each. "
        "vae's bound (IWAE, k = 64) is below that of lvae by 2.00 nats [1.72, 2.28], n = 10 each; their NLLs "
        "may rank otherwise. So vae's NLL is below that of flow."
    )


def test_what_the_quickstart_said_is_undecided_by_the_best_estimates() -> None:
    flow = evaluated("flow", LOW + 0.03, EXACT)
    lvae = evaluated("lvae", LOW, IWAE, last=HIGH)
    assert finding(flow, lvae).lead == (
        "lvae's bound (IWAE, k = 64) has the lowest mean. The runs do not tell lvae from flow, n = 10 each."
    )
    assert finding(evaluated("flow", LOW, EXACT), evaluated("lvae", LOW + 0.03, IWAE)).lead == (
        "flow's NLL has the lowest mean. The runs do not tell flow from lvae, n = 10 each; the "
        "number is a bound for lvae."
    )


def test_a_loss_is_compared_with_no_likelihood() -> None:
    loss = cell("matching", LOW)
    lead = finding(loss, cell("flow", HIGH, measure=EXACT), cell("vae", HIGH + 1, measure=ELBO)).lead
    assert lead.startswith("flow's last (NLL) is below the last (bound, ELBO) of vae by 1.00 nats")
    assert lead.endswith("The numbers of matching do not compare with those of the others.")
    assert finding(loss, cell("flow", HIGH, measure=EXACT)).lead == (
        "The numbers of matching and flow do not compare with each other."
    )


def test_one_survivor_of_ten_hides_no_verdict_of_the_others() -> None:
    lead = finding(cell("flow", [0.5, *[NAN] * 9], dead=range(1, 10)), cell("vae", LOW), cell("lvae", HIGH)).lead
    assert lead == (
        "vae's last (loss) is below that of lvae by 2.00 [1.72, 2.28], n = 10 each. Over all runs, those without a "
        "number ranked worst, vae's last (loss) is below that of flow: P = 0.90 [0.67, 1.00], n = 10 each. The loss "
        "says nothing of the likelihood."
    )


def test_a_mean_that_few_runs_rule_names_no_winner() -> None:
    lead = finding(cell("a", [*[1.0] * 6, *[5.0] * 4]), cell("b", np.linspace(1.08, 1.12, 10))).lead
    assert lead.startswith("Most runs of a are lower than those of b (P = 0.60 [")
    assert lead.endswith("4 of 10 runs of a, at 5.00, rule its mean.")


def test_diverged_runs_count_in_the_lead() -> None:
    found = finding(cell("flow", [*LOW[:5], *[NAN] * 5], dead=range(5, 10)), cell("vae", HIGH))
    assert found.lead == (
        "Over all runs, those without a number ranked worst, flow is not told apart from vae, n = 10 each. Of the "
        "runs with a number alone, the mean of flow's last (loss) is below vae's by 2.25 [1.99, 2.51], n = 5 and 10."
    )
    assert found.notes == ("Diverged: flow 5 of 10 (rate 19 to 81 %).",)


def test_the_lowest_mean_is_told_only_where_it_is_one() -> None:
    rows = {"a": [1.0, 1.1, 1.2, 1.3, 1.9], "b": [1.1, 1.15, 1.2, 1.25, 1.3]}
    a, b = (cell(name, values) for name, values in rows.items())
    assert finding(cell("a", rows["a"]), cell("b", rows["a"])).lead.startswith("The runs do not tell a from b")
    assert finding(cell("a", [0.1, 0.2, 0.3, 0.3, 0.1]), cell("b", [0.15, 0.25, 0.2, 0.2, 0.2])).lead.startswith(
        "The runs do not tell a from b"
    )
    lost = cell("c", [1.1, 1.2, 1.3, 1.2, NAN], dead=[4])
    assert "mean" not in finding(a, b, lost).lead.split("Of the runs")[0].replace("lower mean", "")


def test_verdicts_of_equal_chance_over_cells_of_unequal_size() -> None:
    b, c = cell("b", [2.0] * 8, dead=[1]), cell("c", [3.0] * 10, dead=[2, 3])
    assert finding(cell("a", LOW[:6]), b, c).lead.startswith(
        "Over all runs, those without a number ranked worst, a's last (loss) is below that of b and c: at least "
        "P = 1.00 [0.54, 1.00] (for b), n = 6 to 10."
    )


def test_cells_on_other_held_out_examples_have_a_leader_of_their_own() -> None:
    cells = [
        trained(name, start + LOW, study_seed=seed)
        for name, start, seed in (("a", 0, 0), ("b", 5, 0), ("c", 1, 1), ("d", 9, 1))
    ]
    found = finding(*cells)
    assert found.sentences[0] == "Numbers compare only among a and b; among c and d."
    assert found.sentences[1].startswith("a's last (loss) is below that of b by 5.00")
    assert any(one.startswith("c's last (loss) is below that of d by 8.00") for one in found.sentences[: found.shown])


def test_the_lowest_mean_among_some_cells_is_not_said_to_be_that_of_all() -> None:
    """The first two are in nats, the others in bits a dimension."""
    bits = Measure("exact", "bits/dim")
    near = [1.0 + 0.1 * number for number in range(6)]
    cells = [
        *(cell(name, [3 + value for value in near], measure=EXACT) for name in ("a", "b")),
        *(cell(name, [mean + value for value in near], measure=bits) for name, mean in (("c", 0.0), ("d", 0.01))),
    ]
    found = finding(*cells)
    shown = " ".join(found.sentences[: found.shown])
    assert shown == (
        "Numbers compare only among a and b; among c and d. The runs do not tell a from b, n = 6 each. "
        "c's last (NLL) has the lowest mean of c and d. The runs do not tell c from d, n = 6 each."
    )


def test_of_many_pairs_without_a_winner_two_are_told_and_the_others_counted() -> None:
    stuck = [cell(f"m{n}", [*[1.0 + n / 1000] * 6, *[5.0] * 4]) for n in range(5)]
    lead = finding(cell("z", np.linspace(1.08, 1.12, 10)), *stuck).lead
    assert lead.count("Most runs of") == 2
    assert lead.endswith("So it is with 3 further pairs, see below.")


def test_the_second_sentence_names_all_that_the_leading_cell_is_not_shown_to_be_below() -> None:
    """However many kinds there are of what is decided, and of what is not."""
    leader = cell("z", np.linspace(1.08, 1.12, 10))
    far = [cell("far", HIGH), cell("lost", [*HIGH[:9], NAN], dead=[9])]
    near, ruled = cell("near", np.linspace(1.07, 1.14, 10)), cell("ruled", [*[1.0] * 6, *[5.0] * 4])
    weak = cell("weak", [*[1.1] * 7, *[NAN] * 3], dead=[7, 8, 9])
    first, second, *_ = finding(leader, *far, near, ruled, weak).sentences
    assert first.startswith("z's last (loss) is below that of far")
    assert second == "The runs do not show that z's last (loss) is below that of near, ruled and weak, n = 10 each."
    first, second, third = finding(leader, *far, near).sentences[:3]
    assert second == "The runs do not tell z from near, n = 10 each."
    assert third.startswith("Over all runs, those without a number ranked worst, z's last (loss) is below that of lost")
    assert finding(leader, far[0], ruled).sentences[1].startswith("Most runs of ")


def test_cells_of_few_runs_are_named_where_nothing_is_decided_of_them() -> None:
    a, d = cell("a", LOW), cell("d", HIGH)
    alone = finding(a, d, cell("one", [0.5]), cell("near", LOW + 0.01)).sentences
    assert alone[1] == "The runs do not show that a's last (loss) is below that of near and one, n = 1 to 10."
    assert "A verdict needs two runs of each cell: one has one." in alone
    assert finding(a, d, cell("one", [0.5])).sentences[1] == (
        "The runs do not show that a's last (loss) is below that of one, n = 10 and 1."
    )
    assert finding(a, d, cell("few", [1.45, 1.5, 1.6])).sentences[1] == (
        "The runs do not tell a from few: 3 runs of a cell decide almost nothing, run 10."
    )


def test_variants_are_told_apart_in_the_notes() -> None:
    one, other = (
        cell("a", [1.0, 2.0, 3.0, 4.0], dead=dead, variant=name) for name, dead in (("x", [1]), ("y", [0, 1]))
    )
    assert finding(one, other).notes[0].startswith("Diverged: a (x) 1 of 4 (rate 1 to 81 %) and a (y) 2 of 4")


def test_nothing_left() -> None:
    lost = [cell(model, [NAN] * 3, dead=range(3)) for model in ("a", "b")]
    assert finding(*lost).lead == "Every run diverged: there is no loss to compare."


def test_the_question_names_models_once_however_many_settings_they_have() -> None:
    models = [evaluated(model, LOW, EXACT).curves for model in ("flow", "vae")]
    cells = [replace(one, variant=f"lr={rate}") for one in models for rate in (1, 2, 3)]
    assert question(cells).startswith("Which of flow and vae, in several settings, converges lowest on ")
    assert headline(cells).startswith("2 models in 6 cells × ")
    assert question(cells[:2]).startswith("Which of flow (lr=1) and flow (lr=2) converges lower on")


def test_runs_of_a_design_are_told_to_be_no_independent_ones() -> None:
    seeds = [evaluated("vae", LOW, IWAE), evaluated("lvae", HIGH, IWAE)]
    own = [with_runs(one, [Coordinates.of_seed(seed) for seed in range(10)]) for one in seeds]
    assert finding(*own).notes == ("No run diverged.",)
    shared = [with_runs(one, [Coordinates(0, seed % 5, seed, seed) for seed in range(10)]) for one in seeds]
    note, _ = finding(*shared).notes
    assert note.startswith("Runs share random numbers and are not independent")


def with_runs(one: StoredCell, runs: Sequence[Coordinates]) -> StoredCell:
    return replace(one, curves=replace(one.curves, coordinates=tuple(runs)))


def test_a_dataset_that_nobody_named_is_not_called_unknown() -> None:
    cells = [cell(name, LOW, dataset="unknown").curves for name in ("cnn", "mlp")]
    assert question(cells).startswith("Which of cnn and mlp converges lower on a dataset without a name,")
    assert headline(cells).startswith("2 models × 10 runs on a dataset without a name;")


def test_runs_that_failed_are_told_beside_those_that_diverged() -> None:
    cells = [trained("net", LOW), trained("vae", [*HIGH[:9], NAN], [9])]
    estimates = [estimate(one.curves, "corrected", "t") for one in cells]
    dataset = cells[0].curves.dataset
    runs = [UncountedRun(dataset, "net", seed, "failed", "exit code 1") for seed in (10, 11)]
    runs += [UncountedRun(dataset, "net", 12, "running"), UncountedRun("elsewhere", "net", 1, "failed")]

    def notes(cells: Sequence[StoredCell], uncounted: Sequence[UncountedRun]) -> tuple[str, ...]:
        return findings(by_dataset(cells), None, estimates[: len(cells)], uncounted=uncounted)[0].notes

    assert notes(cells[:1], runs) == ("No run diverged; 2 failed (net).",)
    lost = [*runs, UncountedRun(dataset, "vae", 10, "failed", settings={"lr": "1"})]
    (said,) = notes(cells, lost)
    assert said.startswith("Diverged: vae 1 of 10 (rate ")
    assert said.endswith(" %); 3 failed (net 2 and vae (lr=1) 1).")
    assert headline([one.curves for one in cells], runs).endswith("; 1 of 20 runs diverged, 3 more failed.")
    assert headline([one.curves for one in cells]).endswith("; 1 of 20 runs diverged.")
