"""The five metrics of the study, against numbers worked out by hand."""

import numpy as np
import pytest

from genconv.metrics import exceeds, first, last, maximum, minimum

FIVE = [minimum, maximum, last, first, exceeds]
NAN, INF = np.nan, np.inf

#       curve                                  min   max   last  first  exceeds
HAND = {
    "full": ([9, 5, 4, 4, 3, 2, 6, 5, 1, 7], 1, 9, 7, 5.0, 2),
    "gaps": ([9, NAN, 5, 4, NAN, 4, 3, 2, 6, NAN], 2, 9, 6, 5.0, 1),
    "leading NaN": ([NAN, NAN, 8, 2], 2, 8, 2, 5.0, 0),
    "four epochs": ([8, 6, 4, 2], 2, 8, 2, 5.0, 0),
    "five epochs": ([1, 1, 1, 1, 6], 1, 6, 6, 2.0, 0),
    "as much as first": ([2, 2, 2, 2, 2, 2, 3], 2, 3, 3, 2.0, 1),
    "one epoch": ([3.5], 3.5, 3.5, 3.5, 3.5, 0),
    "negative": ([-1, -3, -2], -3, -1, -2, -2.0, 0),
    "infinite": ([1, 1, 1, 1, 1, INF, 2], 1, INF, 2, 1.0, 2),
    "infinite early": ([INF, 1, 1, 1, 1, 5, INF], 1, INF, INF, INF, 0),
    "no number": ([NAN, NAN, NAN], NAN, NAN, NAN, NAN, NAN),
    "no epoch": ([], NAN, NAN, NAN, NAN, NAN),
}


@pytest.mark.parametrize("case", HAND)
def test_worked_examples(case: str) -> None:
    curve, *expected = HAND[case]
    curves = np.array([curve], dtype=np.float64)
    np.testing.assert_array_equal([metric(curves)[0] for metric in FIVE], expected)


def test_seeds_do_not_touch_each_other() -> None:
    curves = np.array([[1, 2, 3, 4, 5, 6], [NAN] * 6, [6, NAN, 4, 3, 2, 1]], dtype=np.float64)
    for metric in FIVE:
        alone = np.concatenate([metric(curves[seed : seed + 1]) for seed in range(3)])
        np.testing.assert_array_equal(metric(curves), alone)


@pytest.mark.parametrize("metric", FIVE)
def test_no_seeds(metric) -> None:  # type: ignore[no-untyped-def]
    assert metric(np.empty((0, 7))).shape == (0,)
