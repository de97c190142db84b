"""Four thin rings."""

from genconv.data.toy.noisy_circles import NoisyCircles


class Rings(NoisyCircles):
    """Radii 3, 2.25, 1.5 and 0.75, noise 0.08: p as in `NoisyCircles` (FFJORD, arXiv 1810.01367)."""

    name = "rings"
    support = (-3.6, 3.6, -3.6, 3.6)
    radii = (3.0, 2.25, 1.5, 0.75)
    scale = 0.08
