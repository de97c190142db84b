from dataclasses import replace

import numpy as np
import pytest
from synthetic_cells import curves

from genconv.curves import CellCurves, Divergence
from genconv.report.curve_geometry import divergence_points, loss_limits, quartiles, until_divergence


def test_a_diverged_seed_is_drawn_until_it_dies_and_no_further():
    cell = curves(died={1: 5})
    carried_on = replace(cell, validation=np.full((4, 12), 3.0))
    assert np.isnan(until_divergence(cell)[1, 5:]).all()
    assert np.isfinite(until_divergence(carried_on)[1]).sum() == 6
    (death,) = divergence_points(cell)
    assert (death.seed, death.epoch, death.loss) == (1, 4, cell.validation[1, 4])


def test_a_seed_without_any_number_dies_at_its_first_epoch():
    (death,) = divergence_points(curves(died={2: 0}))
    assert (death.epoch, death.loss) == (0, None)


def test_quartiles_are_over_survivors_only():
    cell = curves(died={0: 3})
    expected = np.quantile(cell.validation[1:], [0.25, 0.5, 0.75], axis=0)
    np.testing.assert_allclose(quartiles(cell), expected)
    assert np.isnan(quartiles(curves(seeds=2, died={0: 1, 1: 1}))).all()


def _with_loss(cell: CellCurves, loss: float) -> CellCurves:
    losses = cell.validation.copy()
    losses[0, 6] = loss
    return replace(cell, validation=losses)


@pytest.mark.parametrize("loss", [1e18, np.inf, np.nan])
def test_one_blow_up_does_not_ruin_the_limits(loss: float):
    blown = _with_loss(replace(curves(), divergences=(Divergence(6, "blow-up"), None, None, None)), loss)
    low, high = loss_limits([blown, curves("vae")])
    assert 2.5 < low < 2.832
    assert 3 < high < 6


def test_the_first_epochs_do_not_set_the_limits():
    _, high = loss_limits([curves(epochs=500)])
    assert high < 3.5


def test_of_few_epochs_nothing_is_cut_off():
    few = curves(epochs=3)
    low, high = loss_limits([few])
    assert low < few.validation.min() < few.validation.max() < high


def test_a_model_that_dwarfs_the_rest_does_not_set_the_limits():
    huge = replace(curves("vae"), validation=np.full((4, 12), 1e18))
    assert loss_limits([curves(), huge])[1] < 6


def test_there_are_limits_without_any_number():
    dead = curves(seeds=1, died={0: 0})
    assert loss_limits([dead]) == pytest.approx((2.332, 3.332))
    assert loss_limits([replace(dead, reference=None)]) == (0, 1)
