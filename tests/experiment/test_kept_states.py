"""States that were kept of runs that diverged, as a replay takes them up."""

import numpy as np
import pytest

from genconv.errors import InputError
from genconv.experiment.kept_states import kept_epoch


def test_the_epoch_of_a_state() -> None:
    assert kept_epoch({}) is None
    assert kept_epoch({"epoch": np.array([3])}) == 3
    for wrong in (np.array([1, 2]), np.array([-1]), np.array([0.5])):
        with pytest.raises(InputError, match="does not tell its epoch"):
            kept_epoch({"epoch": wrong})
