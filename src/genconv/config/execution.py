"""How the work is laid on the machine: settings that change speed, not meaning; no part of a run's identity."""

from typing import Literal

from pydantic import Field

from genconv.config.base import LARGEST_INTEGER, Config, OrNone


class ExecutionConfig(Config):
    """Mapping over seeds, and how often a cell in training is saved."""

    mapping: Literal["auto", "map", "vmap"] = "auto"
    """On each device, seeds one after another (`map`) or vectorised (`vmap`); `auto`: map on a CPU, vmap elsewhere."""
    devices: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Devices that the seeds are sharded over; on a CPU a device is a core. "none": all."""
    checkpoint_seconds: float = Field(default=10.0, ge=0)
    """A cell in training is saved after an epoch when as many seconds have gone since the last time (one, two, four, …
    at first), or twenty times as many as saving took, whichever is more.
    """
    checkpoint_epochs: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Save after every so many epochs instead; "none": by the clock."""
