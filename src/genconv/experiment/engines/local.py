"""The workers of this machine: this process."""

from genconv.experiment.observer import Observer
from genconv.experiment.start import Started
from genconv.experiment.worker import work_on


def local(started: Started, observer: Observer) -> None:
    """Work on the study in this process until nothing is left."""
    work_on(started.plan, started.root, observer, started.cells)
