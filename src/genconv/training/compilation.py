"""Compiled programs kept from one process to the next, so that what goes on starts at once."""

import hashlib
import os
import platform
from importlib.metadata import version
from pathlib import Path

import jax
import platformdirs

from genconv.training.processor import cores, processor

_LARGEST = 2**30
"""Bytes that are kept; the least recently used programs go first."""


def keep_compiled() -> None:
    """Let JAX keep its compiled programs in the user's cache folder, apart for each processor, its cores and version.

    `JAX_COMPILATION_CACHE_DIR` names another folder; `JAX_ENABLE_COMPILATION_CACHE=false` turns it off.
    """
    if jax.config.values["jax_compilation_cache_dir"] is None:
        jax.config.update("jax_compilation_cache_dir", str(_folder()))
        jax.config.update("jax_compilation_cache_max_size", _LARGEST)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.3)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _folder() -> Path:
    """A program compiled for one processor may use instructions that another has not."""
    chip = processor()
    machine = "\n".join(
        (
            platform.machine(),
            chip.name,
            *chip.features,
            str(cores()),
            version("jaxlib"),
            os.environ.get("XLA_FLAGS", ""),
        )
    )
    name = hashlib.sha256(machine.encode()).hexdigest()[:16]
    return platformdirs.user_cache_path("genconv") / "compiled" / name
