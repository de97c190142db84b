"""Runs that the user leaves out: by name, or because they ended early. Each is counted and named."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from genconv.errors import InputError, quoted
from genconv.readers.ended import Ended
from genconv.readers.places import epochs_of
from genconv.readers.run import ExternalRun, LeftOut


def excluded(run: ExternalRun, patterns: Sequence[str]) -> str | None:
    """The first pattern that a run's label, name or seed matches; None if none does."""
    names = [name for name in (run.label, run.name) if name]
    return next((pattern for pattern in patterns if any(fnmatchcase(name, pattern) for name in names)), None)


def check_used(patterns: Sequence[str], used: set[str], labels: Sequence[str]) -> None:
    """`InputError` for a pattern that no run matches: it may be misspelt."""
    for pattern in patterns:
        if pattern not in used:
            raise InputError(f"--exclude '{pattern}': no run is called so, the runs are {quoted(labels, 12)}")


def long_enough(found: Sequence[Ended], least: int) -> tuple[list[Ended], list[LeftOut]]:
    """The runs of at least so many epochs (validations, where only steps are known), and those that ended alive before.

    A run that diverged is never too short.
    """
    kept, lost = [], []
    for one in found:
        if one.at is None and epochs_of(one.run) < least:
            lost.append(LeftOut(one.run.label, f"that ended alive before {least} epochs, as --min-epochs says"))
        else:
            kept.append(one)
    return kept, lost
