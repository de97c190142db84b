"""What a run was made with: versions, flags, device, processor, time. Not part of its identity."""

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import jax
from jax.extend.backend import get_backend

from genconv.hardware import cores, processor

PACKAGES = ("genconv", "jax", "jaxlib", "equinox", "optax", "numpy")
"""What computes: another version may give other bits."""
COMPUTATION = 5
"""Counts up when the same configuration and coordinates come to mean other numbers: other keys, another arithmetic.

Runs of format 1 carry none and count as 1.
"""
_ROOT = Path(__file__).parents[3]
"""Of the work tree, if there is one."""
FEATURES = ("sse4", "avx", "fma", "f16c", "bmi", "amx", "neon", "asimd", "sve", "bf16", "fphp")
"""How the names of those processor features begin that decide which instructions are compiled."""


def computation_of(environment: Mapping[str, Any]) -> int:
    """By which computation a stored run was made."""
    number = environment.get("computation", 1)
    return number if isinstance(number, int) else 1


def packages() -> dict[str, str]:
    """Versions of what computes."""
    return {name: version(name) for name in PACKAGES}


@cache
def installed() -> Mapping[str, str]:
    """Versions of everything that genconv is installed with."""
    found = packages()
    for requirement in requires("genconv") or ():
        name, _, condition = requirement.partition(";")
        if "extra" in condition:
            continue
        name = name.strip()
        name = name[: next((i for i, c in enumerate(name) if not (c.isalnum() or c in "-_.")), len(name))]
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # for another platform
            continue
    return dict(sorted(found.items()))


def features() -> list[str]:
    """The features of the processor that decide which instructions are compiled."""
    return [name for name in processor().features if name.startswith(FEATURES) or "bf16" in name]


@cache
def commit() -> str | None:
    """The commit of the sources, with `+changes` if they differ from it; None where they are not in a work tree."""
    if not (_ROOT / ".git").exists():
        return None
    try:
        head, changes = (
            subprocess.run(  # noqa: S603
                ["git", "-C", str(_ROOT), *words],  # noqa: S607
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            ).stdout.strip()
            for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no", "--", "src"))
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{head}+changes" if changes else head


def device_name() -> str:
    """Platform and kind of the device."""
    device = jax.devices()[0]
    return f"{device.platform}: {device.device_kind}"


def bits_depend_on() -> dict[str, Any]:
    """What has to be the same for the same program to give the same bits."""
    return {
        **packages(),
        "computation": COMPUTATION,
        "device": device_name(),
        "processor features": " ".join(features()),
        "cores": cores(),
        "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
    }


def environment(mapping: str, precision: str, runs: int, seconds: float) -> dict[str, Any]:
    """The record that is stored with each run; `seconds` is the wall time of the whole batch of `runs` runs."""
    return {
        "computation": COMPUTATION,
        "python": platform.python_version(),
        "packages": dict(installed()),
        "commit": commit(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "device": device_name(),
        "devices": jax.device_count(),
        "xla": get_backend().platform_version,
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "jax_settings": {name: jax.config.values.get(name) for name in _SETTINGS},
        "processor": {"name": processor().name, "cores": cores(), "features": features()},
        "precision": precision,
        "mapping": mapping,
        "runs_trained_together": runs,
        "wall_seconds": round(seconds, 3),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


_SETTINGS = (
    "jax_default_prng_impl",
    "jax_threefry_partitionable",
    "jax_default_matmul_precision",
    "jax_enable_x64",
    "jax_disable_most_optimizations",
)
"""Settings of JAX that change numbers."""
