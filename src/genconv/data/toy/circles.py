"""Two circles."""

from genconv.data.toy.noisy_circles import NoisyCircles


class Circles(NoisyCircles):
    """Radii 3 and 1.5, noise 0.24: p as in `NoisyCircles` (FFJORD, arXiv 1810.01367)."""

    name = "circles"
    support = (-4.7, 4.7, -4.7, 4.7)
    radii = (3.0, 1.5)
    scale = 0.24
