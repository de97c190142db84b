"""The ten toy densities by name."""

from collections.abc import Mapping
from types import MappingProxyType

from genconv.data.toy.checkerboard import Checkerboard
from genconv.data.toy.circles import Circles, Rings
from genconv.data.toy.curves import Cosine, Line
from genconv.data.toy.density import ToyDensity
from genconv.data.toy.eight_gaussians import EightGaussians
from genconv.data.toy.moons import Moons
from genconv.data.toy.pinwheel import Pinwheel
from genconv.data.toy.swissroll import Swissroll
from genconv.data.toy.two_spirals import TwoSpirals

_ALL: tuple[ToyDensity, ...] = (
    EightGaussians(),
    Checkerboard(),
    Swissroll(),
    Circles(),
    Rings(),
    Moons(),
    Pinwheel(),
    TwoSpirals(),
    Line(),
    Cosine(),
)

TOY_DENSITIES: Mapping[str, ToyDensity] = MappingProxyType({density.name: density for density in _ALL})
"""Every toy density under the name that study files use."""
