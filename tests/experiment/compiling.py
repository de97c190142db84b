"""Trainings so small that compiling them is all the work: compile without optimisation, and each program once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import jax
from jax.experimental.compilation_cache import compilation_cache

TINY = (
    "data.training_size=512",
    "data.validation_size=128",
    "data.test_size=128",
    "training.batch_size=128",
    "training.warmup_steps=2",
    "evaluation.importance_samples=2",
    "evaluation.samples=16",
    "evaluation.points=64",
)
TINY_VAE = (*TINY, "model.hidden=[4]", "model.latent=1")


def programs() -> str:
    """The folder of compiled programs, which all tests share."""
    return os.environ["JAX_COMPILATION_CACHE_DIR"]


def variables() -> dict[str, str]:
    """The same for a process of its own, as environment variables."""
    return {
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "JAX_COMPILATION_CACHE_DIR": programs(),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }


@contextmanager
def quick_compilation() -> Iterator[None]:
    """Unoptimised programs, each compiled once."""
    changes = {
        "jax_disable_most_optimizations": True,
        "jax_compilation_cache_dir": programs(),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: jax.config.values[name] for name in changes}
    try:
        _set(changes)
        yield
    finally:
        _set(before)


def _set(values: dict[str, object]) -> None:
    for name, value in values.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()
