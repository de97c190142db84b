"""What may be compared, what a lower mean says of the likelihood, and which number a verdict rests on."""

import numpy as np
import pytest
from small_cells import REFERENCE, cell, evaluated

from genconv.errors import InputError
from genconv.measure import ELBO, EXACT, LOSS, Measure, importance_weighted
from genconv.report.tables.comparisons import to_markdown
from genconv.statistics.compare import compare_cells
from genconv.store.results import StoredCell

LOW = np.linspace(1.0, 1.9, 10)
HIGH = LOW + 2
IWAE = importance_weighted(64)
BITS = Measure("bound", "bits/dim", "ELBO")
HINGE = Measure("loss", "", "", "hinge")


def verdict(a: StoredCell, b: StoredCell, metric: str | None = None):  # type: ignore[no-untyped-def]
    (one,) = compare_cells([a, b], None if metric is None else [metric]).results
    return one.verdict


@pytest.mark.parametrize(
    ("lower", "upper", "claim"),
    [
        (EXACT, EXACT, "proven"),
        (IWAE, EXACT, "proven"),
        (EXACT, IWAE, "nll below a bound"),
        (ELBO, IWAE, "bounds compared"),
        (LOSS, LOSS, "same loss"),
        (HINGE, HINGE, "same loss"),
    ],
)
def test_what_a_lower_mean_says(lower: Measure, upper: Measure, claim: str) -> None:
    found = verdict(cell("a", LOW, measure=lower), cell("b", HIGH, measure=upper), "last")
    assert (found.decision, found.lower, found.claim) == ("below", "a", claim)


def test_a_mean_over_training_proves_nothing_of_a_model() -> None:
    exact, bound = cell("a", LOW, measure=EXACT), cell("b", HIGH, measure=ELBO)
    assert verdict(exact, bound, "area").claim == "kinds differ"
    assert verdict(exact, cell("b", HIGH, measure=EXACT), "area").claim == "same quantity"


@pytest.mark.parametrize(
    ("a", "b", "mismatch"),
    [
        (EXACT, LOSS, "likelihood and loss"),
        (LOSS, ELBO, "likelihood and loss"),
        (ELBO, BITS, "units"),
        (LOSS, HINGE, "losses"),
        (LOSS, Measure(unit="hours"), "units"),
        (Measure("exact", "nats", over="256 levels"), Measure("exact", "nats", over="density on [0, 1]"), "laws"),
        (Measure("bound", "nats", over="256 levels"), ELBO, "laws"),
    ],
)
def test_numbers_that_do_not_say_the_same_are_not_tested(a: Measure, b: Measure, mismatch: str) -> None:
    found = compare_cells([cell("a", LOW, measure=a), cell("b", HIGH, measure=b)])
    (one,) = found.results
    assert (one.verdict.decision, one.verdict.mismatch, one.verdict.lower) == ("incomparable", mismatch, None)
    assert (found.family, one.comparison.means, one.comparison.better_of_all) == (0, None, None)
    assert one.comparison.divergence is not None
    (counts,) = compare_cells([cell("a", LOW, measure=a), cell("b", HIGH, measure=b)], ["exceeds"]).results
    assert counts.verdict.decision == "undecided"


def test_verdicts_rest_on_the_best_estimate_where_every_cell_has_one() -> None:
    flow, vae = evaluated("flow", LOW + 0.03, EXACT), evaluated("vae", LOW, IWAE, last=HIGH)
    (one,) = compare_cells([flow, vae]).results
    assert one.comparison.metric == "test_nll"
    assert (one.comparison.a.measure, one.comparison.b.measure) == (IWAE, EXACT)
    assert one.verdict.decision == "undecided"
    (last,) = compare_cells([flow, vae], ["last"]).results
    assert (last.verdict.lower, last.verdict.claim) == ("flow", "nll below a bound")
    assert [(flip.metric_a, flip.a) for flip in compare_cells([flow, vae]).reversals] == [
        ("test_nll", "vae"),
        ("test_nll", "vae"),
    ]


def test_a_dataset_with_a_cell_without_estimate_is_compared_by_the_last_loss() -> None:
    cells = [evaluated("flow", LOW, EXACT), cell("vae", HIGH, measure=ELBO)]
    cells += [evaluated(name, LOW, EXACT, dataset="moons") for name in ("flow", "vae")]
    found = compare_cells(cells)
    assert {(one.comparison.dataset, one.comparison.metric) for one in found.results} == {
        ("moons", "test_nll"),
        ("rings", "last"),
    }


def test_a_cell_that_diverged_as_a_whole_does_not_take_the_estimate_from_the_others() -> None:
    lost = cell("lost", np.full(3, np.nan), dead=range(3), measure=ELBO)
    found = compare_cells([evaluated("flow", LOW, EXACT), evaluated("vae", HIGH, IWAE), lost])
    assert {one.comparison.metric for one in found.results} == {"test_nll"}
    decisions = {(one.comparison.a.label, one.comparison.b.label): one.verdict.decision for one in found.results}
    assert decisions == {
        ("flow", "vae"): "below",
        ("flow", "lost"): "below",
        ("vae", "lost"): "below",
    }


def test_a_metric_that_no_cell_has_says_what_is_lacking() -> None:
    with pytest.raises(InputError, match="metric 'excess': no cell has the entropy of its data"):
        compare_cells([cell("a", LOW), cell("b", HIGH)], ["excess"])


def test_a_loss_cell_leaves_the_metric_of_the_likelihoods_alone() -> None:
    likelihoods = [evaluated("flow", LOW, EXACT), evaluated("vae", HIGH, IWAE)]
    found = compare_cells([*likelihoods, cell("fm", LOW, measure=HINGE), cell("fm2", HIGH, measure=HINGE)])
    pairs = {
        frozenset((r.comparison.a.label, r.comparison.b.label)): (r.comparison.metric, r.verdict.decision)
        for r in found.results
    }
    assert pairs.pop(frozenset(("flow", "vae"))) == ("test_nll", "below")
    assert pairs.pop(frozenset(("fm", "fm2"))) == ("last", "below")
    assert len(pairs) == 4
    assert set(pairs.values()) == {("test_nll", "incomparable")}
    assert (found.family, found.without_estimate, found.reversals) == (2, {}, ())
    against = compare_cells([*likelihoods, *(cell(n, LOW, measure=HINGE) for n in ("fm", "fm2"))], baseline="fm")
    assert [r.comparison.a.label for r in against.results if r.p_dunnett is not None] == ["fm2"]


def test_the_cell_for_want_of_whose_estimate_last_is_compared_is_told() -> None:
    cells = [evaluated("flow", LOW, EXACT), cell("vae", HIGH, measure=ELBO), cell("fm", LOW, measure=HINGE)]
    found = compare_cells(cells)
    assert found.without_estimate == {"rings": ("vae",)}
    assert "**rings · last, without a held-out NLL of vae (" in to_markdown(found)
    assert compare_cells(cells, ["last"]).without_estimate == {}


@pytest.mark.parametrize(("a", "b"), [(HINGE, ELBO), (BITS, ELBO), (HINGE, LOSS)])
def test_a_tolerance_in_the_unit_of_the_loss_compares_only_where_losses_do(a: Measure, b: Measure) -> None:
    found = verdict(cell("a", LOW, measure=a), cell("b", HIGH, measure=b), "epochs_to_final:0.1")
    assert (found.decision, found.mismatch) == ("incomparable", "tolerances")
    same = verdict(cell("a", LOW, measure=a), cell("b", HIGH, measure=a), "epochs_to_final:0.1")
    assert same.decision == "undecided"


def test_a_baseline_without_the_metric_says_what_it_lacks() -> None:
    cells = [cell("a", LOW, measure=EXACT, reference=REFERENCE), cell("fm", HIGH, measure=HINGE, reference=REFERENCE)]
    with pytest.raises(InputError, match="baseline 'fm' has no metric 'excess': it lacks a curve of"):
        compare_cells(cells, ["excess"], "fm")
    with pytest.raises(InputError, match="unknown baseline 'fn'"):
        compare_cells(cells, ["excess"], "fn")


def test_the_legend_explains_the_columns_that_are_there() -> None:
    whole = to_markdown(compare_cells([cell("a", LOW), cell("b", HIGH)]))
    assert "chance that a run of A is lower than one of B (Brunner" in whole
    assert r"P\*" not in whole
    lost = to_markdown(compare_cells([cell("a", LOW), cell("b", [*HIGH[:9], float("nan")], [9])]))
    assert r"P over runs with a number, P\* over all (Brunner" in lost
