"""How the work is laid on the machine: settings that change speed, not meaning; no part of a run's identity."""

from typing import Literal

from pydantic import Field

from genconv.config.base import LARGEST_INTEGER, Config, OrNone


class ExecutionConfig(Config):
    """Mapping over seeds."""

    mapping: Literal["auto", "map", "vmap"] = "auto"
    """On each device, seeds one after another (`map`) or vectorised (`vmap`); `auto`: map on a CPU, vmap elsewhere."""
    devices: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Devices that the seeds are sharded over; on a CPU a device is a core. "none": all."""
