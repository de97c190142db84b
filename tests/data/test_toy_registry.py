"""The ten names, their order, and their exact numbers without JAX."""

import subprocess
import sys

from genconv.data.toy.reference import REFERENCES
from genconv.data.toy.registry import TOY_DENSITIES

FIRST = ["8gaussians", "checkerboard", "swissroll", "circles", "rings"]
NAMES = [*FIRST, "moons", "pinwheel", "2spirals", "line", "cos"]


def test_all_ten_in_order() -> None:
    assert list(TOY_DENSITIES) == NAMES
    assert list(REFERENCES) == NAMES


def test_exact_numbers_where_there_is_a_density() -> None:
    for name, density in TOY_DENSITIES.items():
        assert density.reference is REFERENCES[name]
        assert (density.reference is not None) == density.has_density


def test_exact_numbers_are_read_without_jax() -> None:
    code = "import sys, genconv.data.toy.reference; sys.exit('jax' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
