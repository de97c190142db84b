"""genconv tells how reliably a deep generative model converges, and how much of that is the seed.

The names of `__all__` are the whole public interface: functions, the types that an extension or a script needs, and the
errors. Each is imported when it is first used, so that `import genconv` is instant and loads no JAX. The layers that
models are built of are in `genconv.nn` and `genconv.bijections`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import Field

    from genconv.api import (
        choose,
        compare,
        early_warning,
        estimate,
        export_results,
        import_runs,
        load,
        luck,
        plan,
        plan_variance,
        plot,
        replay,
        resolved_toml,
        run,
        sample,
        sentence,
        summarise,
        train,
        twins,
        variance,
        write_report,
    )
    from genconv.config.base import Config
    from genconv.config.study import Study
    from genconv.coordinates import Coordinates
    from genconv.curves import CellCurves, Reference
    from genconv.data.base import Dataset, DataSpec, Splits, Standardization
    from genconv.errors import GenconvError, InputError, WorkError
    from genconv.experiment.observer import Observer, PlannedCell, Progress
    from genconv.hardware import configure
    from genconv.measure import Measure
    from genconv.metrics.spec import Metric
    from genconv.models.base import (
        ExactModel,
        LatentVariableModel,
        Layer,
        Loss,
        Model,
        TrainingTime,
        kl_warmup,
        negative_elbo,
    )
    from genconv.models.objective import variational_loss
    from genconv.models.objective_config import VariationalConfig
    from genconv.store.recorder import Recorder, record
    from genconv.store.results import Results

__all__ = [
    "CellCurves",
    "Config",
    "Coordinates",
    "DataSpec",
    "Dataset",
    "ExactModel",
    "Field",
    "GenconvError",
    "InputError",
    "LatentVariableModel",
    "Layer",
    "Loss",
    "Measure",
    "Metric",
    "Model",
    "Observer",
    "PlannedCell",
    "Progress",
    "Recorder",
    "Reference",
    "Results",
    "Splits",
    "Standardization",
    "Study",
    "TrainingTime",
    "VariationalConfig",
    "WorkError",
    "choose",
    "compare",
    "configure",
    "early_warning",
    "estimate",
    "export_results",
    "import_runs",
    "kl_warmup",
    "load",
    "luck",
    "negative_elbo",
    "plan",
    "plan_variance",
    "plot",
    "record",
    "replay",
    "resolved_toml",
    "run",
    "sample",
    "sentence",
    "summarise",
    "train",
    "twins",
    "variance",
    "variational_loss",
    "write_report",
]

_HOMES = {
    "genconv.config.base": ("Config",),
    "genconv.config.study": ("Study",),
    "genconv.coordinates": ("Coordinates",),
    "genconv.curves": ("CellCurves", "Reference"),
    "genconv.data.base": ("DataSpec", "Dataset", "Splits", "Standardization"),
    "genconv.errors": ("GenconvError", "InputError", "WorkError"),
    "genconv.experiment.observer": ("Observer", "PlannedCell", "Progress"),
    "genconv.hardware": ("configure",),
    "genconv.measure": ("Measure",),
    "genconv.metrics.spec": ("Metric",),
    "genconv.models.base": (
        "ExactModel",
        "LatentVariableModel",
        "Layer",
        "Loss",
        "Model",
        "TrainingTime",
        "kl_warmup",
        "negative_elbo",
    ),
    "genconv.models.objective": ("variational_loss",),
    "genconv.models.objective_config": ("VariationalConfig",),
    "genconv.store.recorder": ("Recorder", "record"),
    "genconv.store.results": ("Results",),
    "pydantic": ("Field",),
}
"""Where each name is defined; the other functions are all in `genconv.api`."""

_LAYERS = ("bijections", "nn")
"""Subpackages that are imported when they are first used."""


def __getattr__(name: str) -> Any:
    if name in _LAYERS:
        return import_module(f"genconv.{name}")
    if name not in __all__:
        raise AttributeError(f"module 'genconv' has no attribute '{name}'")
    home = next((module for module, names in _HOMES.items() if name in names), "genconv.api")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_LAYERS})
