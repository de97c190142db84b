"""What is recorded of a run's evaluation."""

import warnings

import numpy as np
import pytest

from genconv.experiment.records import deviation


@pytest.mark.parametrize(("losses", "found"), [([1.0, 3.0], 2**0.5), ([1e38, 3e38], np.inf), ([1.0, np.inf], np.nan)])
def test_the_spread_of_evaluations_of_a_diverged_run_is_no_warning(losses: list[float], found: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert deviation(np.array(losses, np.float32)) == pytest.approx(found, nan_ok=True)
