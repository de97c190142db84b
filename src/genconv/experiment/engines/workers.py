"""No worker of its own: the study waits for those that are started by hand, by Kubernetes, over ssh."""

from genconv.experiment.engines.follow import follow
from genconv.experiment.observer import Observer
from genconv.experiment.start import Started


def workers(started: Started, observer: Observer) -> None:
    """Look at the study until nothing is left of it; whoever calls `genconv work STORE` does the work.

    Ctrl-C ends the looking alone.
    """
    work = f"genconv work {started.root}"
    observer.noted(f"start workers anywhere with {work}")
    try:
        follow(started, observer, lambda: f"waits for workers ({work})")
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"detached: the plan is in {started.root}, and workers go on; the same command looks at it again"
        ) from None
