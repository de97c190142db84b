"""Between the entropy and the Gaussian, with flags beyond either."""

import numpy as np
import pytest
from small_cells import REFERENCE, cell, evaluated, trained

from genconv.measure import ELBO, EXACT, LOSS, Measure, importance_weighted
from genconv.statistics.entropy_gap import MEANING, entropy_gap, evaluation_points


def test_flags_beyond_the_monte_carlo_error() -> None:
    # 128 validation points: standard error 2/√128 = 0.177, three of them 0.53
    values = [1.5 - 0.6, 1.5 - 0.5, 2.0, 4.5, 4.6, np.nan]
    found = entropy_gap(trained("a", values, dead=[5], reference=REFERENCE, measure=EXACT))
    assert found is not None
    assert found.error == pytest.approx(2 / np.sqrt(128))
    assert found.flags == ("below the floor", "", "", "", "above the Gaussian", "no number")
    np.testing.assert_allclose(found.excess, np.array(values) - 1.5)
    assert found.gaussian == 2.5


def test_without_a_configuration_the_error_is_not_known() -> None:
    imported = cell("a", [1.49, 1.51, 4.01], reference=REFERENCE, measure=EXACT)
    found = entropy_gap(imported, "label")
    assert found is not None
    assert (found.label, found.error) == ("label", None)
    assert found.flags == ("below the floor", "", "above the Gaussian")
    assert evaluation_points(imported) is None


def test_none_without_an_entropy() -> None:
    assert entropy_gap(cell("a", [1.0], measure=EXACT)) is None


@pytest.mark.parametrize("measure", [LOSS, Measure("exact", "bits/dim")])
def test_none_for_a_loss_that_is_no_likelihood_in_nats(measure: Measure) -> None:
    assert entropy_gap(cell("a", [1.0], reference=REFERENCE, measure=measure)) is None


def test_a_bound_above_the_gaussian_shows_no_misspecification() -> None:
    loose = cell("a", [4.5, 4.5], reference=REFERENCE, measure=ELBO)
    found = entropy_gap(loose)
    assert found is not None
    assert found.flags == ("above the Gaussian by the bound",) * 2
    tight = evaluated("a", [3.0, 4.6], importance_weighted(64), last=[4.5, 4.5], reference=REFERENCE)
    found = entropy_gap(tight)
    assert found is not None
    assert found.flags == ("", "above the Gaussian by the bound")


def test_a_run_above_the_gaussian_may_just_be_undertrained() -> None:
    assert "misspecified or not trained enough" in MEANING["above the Gaussian"]
