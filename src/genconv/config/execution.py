"""How the work is laid on the machine: settings that change speed, not meaning; no part of a run's identity."""

from typing import Any, Literal, Self

from pydantic import Field

from genconv.config.base import LARGEST_INTEGER, Config, OrNone
from genconv.config.clusters import RayConfig, SlurmConfig


class ExecutionConfig(Config):
    """Where the workers run, what each takes at once, mapping over seeds, and how often a cell in training is saved."""

    engine: Literal["local", "slurm", "ray", "workers"] = "local"
    """What starts the workers: this machine, a SLURM cluster, a Ray cluster; `workers`: nobody, `genconv work` does."""
    jobs: int = Field(default=1, ge=1, le=1024)
    """How many runs of commands, or sets of runs that are trained together, are at work at once on this machine."""
    gpus: int = Field(default=0, ge=0, le=1024)
    """GPUs of each job: it sees these alone (`CUDA_VISIBLE_DEVICES`); 0: each sees all."""
    block: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Runs of a cell that a worker takes at once, at most; "none": of trainings all of them, or an equal share for each
    of several workers; of commands what takes about twenty seconds.
    """
    same_bits: bool = True
    """Whether all workers of a study must have the versions and the hardware of the first one."""
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
    slurm: SlurmConfig = SlurmConfig()
    """What the engine `slurm` asks for."""
    ray: RayConfig = RayConfig()
    """What the engine `ray` asks for."""

    def with_setting(self, key: str, value: Any) -> Self:
        """A copy with one other value, such as that of `devices` or `slurm.time`."""
        table, dot, name = key.partition(".")
        if dot and isinstance(part := getattr(self, table, None), Config):
            return self.updated({table: part.updated({name: value}, f"execution.{table}")}, "execution")
        return self.updated({key: value}, "execution")
