"""The roots of the pinwheel's map: each is one, and none is missing, on the folds of the blades too."""

import numpy as np

from genconv.data.toy.pinwheel import preimages, slope, winding

BLADE = 2 * np.pi / 5
POINTS = np.random.default_rng(0)
RADIUS = np.append(POINTS.uniform(0, 4, 300), [0.0, 9.0])
ANGLE = POINTS.uniform(-np.pi, np.pi, 302)


def test_every_root_is_one() -> None:
    owner, polar = preimages(RADIUS, ANGLE, 5)
    turns = (winding(polar, RADIUS[owner]) - ANGLE[owner]) / BLADE
    np.testing.assert_allclose(turns, np.round(turns), atol=1e-11)


def test_no_root_is_missing() -> None:
    owner, _ = preimages(RADIUS, ANGLE, 5)
    scan = np.linspace(-np.pi, np.pi, 200_001)
    for index in range(len(RADIUS)):
        steps = np.ceil((winding(scan, np.full_like(scan, RADIUS[index])) - ANGLE[index]) / BLADE)
        assert np.sum(owner == index) == np.abs(np.diff(steps)).sum()


def test_folds_are_among_the_points() -> None:
    owner, polar = preimages(RADIUS, ANGLE, 5)
    assert np.sum(slope(polar, RADIUS[owner]) < 0) > 50
    assert np.bincount(owner).min() == 5


def test_slope_is_the_derivative() -> None:
    radius, polar = np.full(9, 2.0), np.linspace(-3, 3, 9)
    difference = (winding(polar + 1e-6, radius) - winding(polar - 1e-6, radius)) / 2e-6
    np.testing.assert_allclose(slope(polar, radius), difference, rtol=1e-7, atol=1e-7)
