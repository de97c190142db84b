"""What starts the workers of a study. Its plan is in the store; an engine only starts workers and waits for them."""

from collections.abc import Callable
from importlib import import_module

from genconv.errors import unknown_name
from genconv.experiment.observer import Observer
from genconv.experiment.start import Started

Engine = Callable[[Started, Observer], None]
"""Start workers of the study and return when nothing is left of it.

`Started` holds the plan, the store and the cells with what is missing of each. A worker is `genconv work STORE --study
NAME`, or `worker.run_worker(STORE, NAME)`. An engine may change the plan before it starts them (`plans.change_plan`),
such as the number of workers that share each cell. Ctrl-C and `Stopped` leave it with what is needed to go on.
"""

ENGINES = {
    "local": "genconv.experiment.engines.local:local",
    "slurm": "genconv.experiment.engines.slurm:slurm",
    "ray": "genconv.experiment.engines.ray:ray_tasks",
    "workers": "genconv.experiment.engines.workers:workers",
}
"""By name: the module and the function, which is imported when it is asked for."""


def engine_named(name: str) -> Engine:
    """An engine; `InputError` for an unknown name, or if a package that it needs is not installed."""
    if name not in ENGINES:
        raise unknown_name("engine", name, ENGINES)
    module, _, function = ENGINES[name].partition(":")
    engine: Engine = getattr(import_module(module), function)
    return engine
