"""The divergence of a stored run, repeated and explained: what `genconv replay` does."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from genconv.curves import Divergence
from genconv.errors import InputError
from genconv.experiment.observer import Observer
from genconv.experiment.replay.again import same_divergence, train_again
from genconv.experiment.replay.bundle import is_bundle, read_bundle
from genconv.experiment.replay.changes import Changed, changes
from genconv.experiment.replay.examined import Examined, examined
from genconv.experiment.replay.subject import Subject
from genconv.store.folders import is_run, stored_runs
from genconv.store.runs import StoredRun


@dataclass(frozen=True)
class Replay:
    """A divergence, repeated."""

    subject: Subject
    stored: Divergence
    """As the run has it."""
    same: bool
    """Whether it came again at the same step, for the same cause, with the same bits."""
    how: str
    """What was compared, in a few words."""
    differs: str
    """What is other than when the run was made; empty if nothing is."""
    examined: Examined
    changed: tuple[Changed, ...]


def replay(
    path: Path,
    *,
    before: int = 20,
    after: int = 200,
    code: Collection[Path] = (),
    try_changes: bool = True,
    observer: Observer | None = None,
) -> Replay:
    """Repeat the divergence of a run, or of a bundle.

    `before`: steps before it from which on each is looked at, and changes are made; `after`: steps after it that a
    changed run has to survive. `InputError` if the run did not diverge.
    """
    told = observer or Observer()
    found = read_bundle(path, code) if is_bundle(path) else _of_run(path, before, code, told)
    subject, stored, same, how, differs = found
    told.noted(f"looks at the steps {subject.first} to {subject.death.step}")
    seen = examined(subject)
    made = tuple(changes(subject, seen, after, told)) if try_changes else ()
    return Replay(subject, stored, same, how, differs, seen, made)


def _of_run(
    path: Path, before: int, code: Collection[Path], observer: Observer
) -> tuple[Subject, Divergence, bool, str, str]:
    again = train_again(StoredRun.open(_one_run(path)), before, code, observer)
    if again.subject is None:
        why = f": {again.differs}" if again.differs else ""
        raise InputError(f"{path}: does not diverge when it is trained again{why}")
    bits = "the same bits" if again.deviation == 0 else f"other numbers, by {again.deviation:.3g} at most"
    steps = "" if again.steps_agree else "; the steps one by one agree with whole epochs up to rounding only"
    compared = "of the curves of loss and gradient until then"
    if again.kept is not None:
        compared = f"of epoch {again.kept} and of the weights, from the state that was kept before it"
    how = f"{bits} in {again.values} numbers {compared}{steps}"
    return (
        again.subject,
        again.stored,
        again.same and same_divergence(again.subject.death, again.stored),
        how,
        again.differs,
    )


def _one_run(path: Path) -> Path:
    """The run that is meant; `InputError` that names the runs that diverged if it is a folder of several."""
    if is_run(path):
        return path
    if not path.is_dir():
        raise InputError(f"'{path}' is neither a run nor a bundle")
    diverged = [folder for folder in stored_runs(path) if _diverged(folder)]
    if len(diverged) == 1:
        return diverged[0]
    if not diverged:
        raise InputError(f"'{path}' holds no run that diverged")
    names = ", ".join(map(str, diverged[:5]))
    more = f" and {len(diverged) - 5} more" if len(diverged) > 5 else ""
    raise InputError(f"'{path}' holds {len(diverged)} runs that diverged: name one of {names}{more}")


def _diverged(folder: Path) -> bool:
    try:
        return StoredRun.open(folder).outcome.divergence is not None
    except InputError:
        return False
