"""The page's first words on a dataset: what they claim of the best cell, and what they leave open."""

import numpy as np
from tests.statistics.small_cells import cell, evaluated

from genconv.measure import ELBO, EXACT, importance_weighted
from genconv.report.labels import by_dataset
from genconv.report.page.prose import Finding, findings
from genconv.statistics.compare import compare_cells
from genconv.statistics.summary import estimate
from genconv.store.results import StoredCell

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
        "n = 10 each. The own NLLs of lvae and vae may be lower."
    )


def test_each_claim_has_its_own_sentence() -> None:
    cells = [evaluated("vae", LOW, IWAE), evaluated("flow", HIGH, EXACT), evaluated("lvae", HIGH, IWAE)]
    assert finding(*cells).lead == (
        "vae's bound (IWAE, k = 64) is below the NLL of flow by 2.00 nats [1.72, 2.28], n = 10 and 10. "
        "So its NLL is below flow's. "
        "vae's bound (IWAE, k = 64) is below the bound (IWAE, k = 64) of lvae by 2.00 nats [1.72, 2.28], "
        "n = 10 and 10. These are bounds: the NLLs may rank otherwise."
    )


def test_what_the_quickstart_said_is_undecided_by_the_best_estimates() -> None:
    flow = evaluated("flow", LOW + 0.03, EXACT)
    lvae = evaluated("lvae", LOW, IWAE, last=HIGH)
    assert finding(flow, lvae).lead == (
        "lvae's bound (IWAE, k = 64) has the lowest mean. The runs do not tell lvae from flow, n = 10 and 10."
    )
    assert finding(evaluated("flow", LOW, EXACT), evaluated("lvae", LOW + 0.03, IWAE)).lead == (
        "flow's NLL has the lowest mean. The runs do not tell flow from lvae, n = 10 and 10; the "
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
        "Over all runs, those without a number ranked worst, vae's last (loss) is below the last (loss) of flow: "
        "P = 0.90 [0.67, 1.00], n = 10 and 10. The loss says nothing of the likelihood. vae's last (loss) is below the "
        "last (loss) of lvae by 2.00 [1.72, 2.28], n = 10 and 10. The loss says nothing of the likelihood."
    )


def test_a_mean_that_few_runs_rule_names_no_winner() -> None:
    lead = finding(cell("a", [*[1.0] * 6, *[5.0] * 4]), cell("b", np.linspace(1.08, 1.12, 10))).lead
    assert lead.startswith("Most runs of a are lower than those of b (P = 0.60 [")
    assert lead.endswith("4 of 10 runs of a, at 5.00, rule its mean.")


def test_diverged_runs_count_in_the_lead() -> None:
    found = finding(cell("flow", [*LOW[:5], *[NAN] * 5], dead=range(5, 10)), cell("vae", HIGH))
    assert found.lead == (
        "Over all runs, those without a number ranked worst, the runs do not tell flow from vae, n = 10 and 10. Of the "
        "runs with a number alone, the mean of flow's last (loss) is below vae's by 2.25 [1.99, 2.51], n = 5 and 10."
    )
    assert found.notes == ("Diverged: flow 5 of 10 (rate 19 to 81 %).",)


def test_nothing_left() -> None:
    lost = [cell(model, [NAN] * 3, dead=range(3)) for model in ("a", "b")]
    assert finding(*lost).lead == "Every run diverged: there is no loss to compare."
