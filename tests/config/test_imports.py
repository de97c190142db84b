"""Reading results needs no JAX."""

import subprocess
import sys


def test_configuration_store_and_metrics_import_no_jax() -> None:
    code = """
import pkgutil, importlib, sys
import genconv.config, genconv.store, genconv.metrics, genconv.statistics, genconv.api
for package in (genconv.config, genconv.store, genconv.metrics, genconv.statistics):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(sorted({"jax", "equinox", "optax", "matplotlib", "plotly"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == "[]\n", done.stdout
