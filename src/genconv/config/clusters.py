"""What a study asks of a cluster: tables `[execution.slurm]` and `[execution.ray]`; no part of a run's identity."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from genconv.config.base import LARGEST_INTEGER, Config, OrNone, tuple_from_list

_WORD = r"^[^\s'\"%]{1,200}$"
Lines = Annotated[tuple[Annotated[str, Field(pattern=r"^[^\n\r\x00]*$")], ...], BeforeValidator(tuple_from_list)]
Bytes = Annotated[str, Field(pattern=r"^[1-9]\d{0,8}[KMGT]B?$")]
"""`8G` or `500MB`."""
_OURS = ("array", "error", "open-mode", "output", "requeue", "signal", "wrap")
"""Options of sbatch that the engine sets itself."""


class SlurmConfig(Config):
    """The workers of a study as tasks of one job array."""

    workers: int = Field(default=16, ge=1, le=100_000)
    """Workers at most: the tasks of the job array. Fewer if fewer runs are missing, or if the site allows fewer."""
    parallel: OrNone[int] = Field(default=None, ge=1, le=100_000)
    """How many of them run at once (`--array=0-15%4`); "none": as many as there is room for."""
    time: OrNone[int | str] = None
    """Walltime of a worker, in minutes or as `days-hours:minutes:seconds`; "none": the partition's. A worker that is
    not done by then is saved, queued again and goes on.
    """
    signal_seconds: OrNone[int] = Field(default=None, ge=1, le=65_535)
    """So many seconds before the walltime ends the worker is told to save; "none": a tenth of it, 6 to 120."""
    partition: OrNone[str] = Field(default=None, pattern=_WORD)
    account: OrNone[str] = Field(default=None, pattern=_WORD)
    gpus: int = Field(default=0, ge=0, le=1024)
    """GPUs of each worker."""
    cpus: OrNone[int] = Field(default=None, ge=1, le=LARGEST_INTEGER)
    """Cores of each worker; "none": the site's default."""
    memory: OrNone[Bytes] = None
    """Memory of each worker, such as `8G`; "none": the site's default."""
    setup: Lines = ()
    """Lines of shell that come before the worker, such as `module load cuda`."""
    options: dict[str, str | int | bool] = Field(default_factory=dict)
    """Any other options of sbatch, without the dashes, such as `{ constraint = "a100" }`."""

    @field_validator("time")
    @classmethod
    def _is_a_time(cls, value: int | str | None) -> int | str | None:
        if value is not None and (seconds_of(value) or 0) < 60:
            raise ValueError("must be minutes, from 1, or a text such as 4:00:00 or 2-12:00:00")
        return value

    @field_validator("options")
    @classmethod
    def _are_not_ours(cls, value: dict[str, str | int | bool]) -> dict[str, str | int | bool]:
        for name, given in value.items():
            if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or re.search(r"[\n\r\x00]", str(given)):
                raise ValueError(f"'{name}' must be the name of an option of sbatch, without dashes before it")
            if name in _OURS:
                raise ValueError(f"'{name}' is set by genconv; the others of sbatch are allowed")
        return value


class RayConfig(Config):
    """The workers of a study as tasks of Ray."""

    address: OrNone[str] = Field(default=None, pattern=_WORD)
    """Of a cluster that runs already, such as `auto` or `ray://host:10001`; "none": one that is started here."""
    workers: OrNone[int] = Field(default=None, ge=1, le=100_000)
    """Workers at most; "none": as many as the cluster has room for when they are started."""
    cpus: float = Field(default=1.0, ge=0, le=LARGEST_INTEGER)
    """Cores that Ray counts for each worker."""
    gpus: float = Field(default=0.0, ge=0, le=1024)
    """GPUs of each worker."""
    resources: dict[str, float] = Field(default_factory=dict)
    """Other resources of each worker, by the names that the cluster gives them."""
    placement: Literal["spread", "pack"] = "spread"
    """Workers on as many nodes as possible, or on as few."""


def seconds_of(time: int | str) -> int | None:
    """Seconds of a walltime as SLURM takes it; None if it is none."""
    if isinstance(time, int):
        return 60 * time
    found = re.fullmatch(r"(?:(\d{1,4})-)?(\d{1,6})(?::(\d{1,2}))?(?::(\d{1,2}))?", time)
    if not found:
        return None
    days, first, second, third = (None if part is None else int(part) for part in found.groups())
    if days is not None:  # days-hours[:minutes[:seconds]]
        return 86400 * days + 3600 * (first or 0) + 60 * (second or 0) + (third or 0)
    if second is None:  # minutes
        return 60 * (first or 0)
    if third is None:  # minutes:seconds
        return 60 * (first or 0) + second
    return 3600 * (first or 0) + 60 * second + third
