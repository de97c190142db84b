"""What a run was made with: versions, device, precision, mapping, time. Not part of its identity."""

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import jax

PACKAGES = ("genconv", "jax", "jaxlib", "equinox", "optax", "numpy")


def packages() -> dict[str, str]:
    """Versions of what computes."""
    return {name: version(name) for name in PACKAGES}


def environment(mapping: str, precision: str, seeds: int, seconds: float) -> dict[str, Any]:
    """The record that is stored with each run; `seconds` is the wall time of the whole batch of `seeds` seeds."""
    device = jax.devices()[0]
    return {
        "python": platform.python_version(),
        "packages": packages(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": f"{device.platform}: {device.device_kind}",
        "precision": precision,
        "mapping": mapping,
        "seeds_trained_together": seeds,
        "wall_seconds": round(seconds, 3),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
