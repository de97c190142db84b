"""The record of what a run was made with."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import jax
import pytest

from genconv.experiment import environment as module
from genconv.experiment.environment import commit, environment, features, installed


def test_versions_are_those_that_are_installed_and_hold_every_package_that_genconv_needs() -> None:
    found = installed()
    assert {name: version(name) for name in found} == dict(found)
    assert {"genconv", "jax", "jaxlib", "polars", "pydantic", "scipy", "safetensors"} <= set(found)


def test_flags_and_settings_are_those_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    record = environment("map", "float32", 3, 1.23456)
    assert record["xla_flags"] == "--xla_cpu_enable_fast_math=false"
    assert record["jax_settings"]["jax_default_prng_impl"] == "threefry2x32"
    assert record["jax_settings"]["jax_threefry_partitionable"] is True
    assert (record["devices"], record["wall_seconds"]) == (jax.device_count(), 1.235)


def test_the_commit_is_gits_and_says_when_the_sources_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> str:
        user = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(  # noqa: S603
            ["git", "-C", str(tmp_path), *user, *words],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    file = tmp_path / "src" / "genconv" / "__init__.py"
    file.parent.mkdir(parents=True)
    file.touch()
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    commit.cache_clear()
    assert commit() is None
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "a")
    commit.cache_clear()
    assert commit() == git("rev-parse", "HEAD")
    file.write_text("x = 1\n")
    commit.cache_clear()
    assert commit() == git("rev-parse", "HEAD") + "+changes"
    commit.cache_clear()


def test_the_processor_has_a_name_and_on_linux_the_features_of_its_kernel() -> None:
    assert environment("map", "float32", 1, 0.0)["processor"]["name"]
    information = Path("/proc/cpuinfo")
    if information.exists() and " avx2 " in information.read_text():
        assert "avx2" in features()
