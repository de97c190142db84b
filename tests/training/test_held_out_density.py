"""A model whose loss says nothing of p, and whose final evaluation does."""

import numpy as np
import pytest

from genconv.experiment.records import records
from genconv.measure import NATS, Measure
from tests.training.cells import small_cell, trained


def test_the_final_numbers_have_the_likelihood_with_its_measure_and_its_error() -> None:
    cell = small_cell("flow-matching", training={"epochs": 1})
    (record,) = records(cell, trained(cell, [0]))
    measures, numbers = record.outcome.measures, record.outcome.evaluation
    assert measures["nll"] == Measure("exact", NATS, "ODE, 4 steps")
    assert measures["loss"] == measures["curve"] == Measure(name="flow-matching loss")
    assert numbers["nll"] == pytest.approx(record.examples["nll"].mean(), rel=1e-4)
    assert 0 <= numbers["nll_error"] < 0.5
    assert np.isfinite(numbers["nll"])
