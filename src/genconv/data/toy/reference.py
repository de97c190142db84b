"""What is known exactly about the ten toy densities; read without JAX.

Numbers without a formula come from `validation/toy_entropies.py`: quadrature at two resolutions that agree to 1e-9.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType

from genconv.curves import Reference


def _gaussian(determinant: float) -> float:
    """log(2πe) + ½ log det Σ: the cross-entropy in nats of the Gaussian with covariance Σ, given det Σ."""
    return math.log(2 * math.pi * math.e) + math.log(determinant) / 2


REFERENCES: Mapping[str, Reference | None] = MappingProxyType(
    {
        "8gaussians": Reference(2.8318804060, 0.9747749377, _gaussian((8.25 / 1.414**2) ** 2)),
        "checkerboard": Reference(math.log(32), 0.0, _gaussian((16 / 3) ** 2 - 1)),
        "swissroll": Reference(2.6696461739, 0.7702853314, 3.4658080867),
        "circles": Reference(3.2681357117, 0.7744327138, _gaussian((5.625 / 2 + 0.24**2) ** 2)),
        "rings": Reference(2.6231827703, 0.8786332870, _gaussian((4.21875 / 2 + 0.08**2) ** 2)),
        "moons": Reference(2.3938791960, 0.7477099611, 3.2946309761),
        "pinwheel": Reference(2.317788036, 0.974176564, _gaussian((2 * (1 + 0.3**2 + 0.1**2)) ** 2)),
        "2spirals": Reference(2.6454502836, 0.7123542336, 3.7472696826),
        "line": None,
        "cos": None,
    }
)
"""None where all mass lies on a curve: the entropy is -∞."""
