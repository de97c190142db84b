"""The start of a study: its plan in the store, and what changed in it since the last start."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genconv.config.study import Study
from genconv.errors import InputError, quoted
from genconv.experiment.work_cell import WorkCell
from genconv.store.plans import Plan, PlannedRuns, change_plan, read_plan


@dataclass(frozen=True)
class Started:
    """A study that has a plan in its store, as an engine gets it."""

    plan: Plan
    root: Path
    cells: Sequence[WorkCell]


def start(
    study: Study,
    root: Path,
    cells: Sequence[WorkCell],
    seeds: Mapping[str, Sequence[int]],
    *,
    missing: bool = True,
    goes_on: bool = False,
) -> list[str]:
    """Write the plan of a study, so that any worker can take part; returns what changed since the last start.

    A start that finds no worker at work forgets what the bits of the earlier workers depended on, and runs again what
    has failed; not so one that `goes_on` with the last start, and one that finds no run `missing`.
    """
    planned = {one.identity: PlannedRuns(one.name, len(one.runs), _tuple(seeds.get(one.identity))) for one in cells}
    told: list[str] = []

    def change(before: Plan | None) -> Plan:
        new = Plan(study, str(Path.cwd()), planned)
        if before is None:
            return replace(new, finished=not missing)
        if not goes_on:
            told.extend(changes(before, planned))
        if goes_on or any(one.claims.held_or_saved(one.runs)[1] for one in cells):
            return replace(new, start=before.start, made_with=before.made_with)
        if not missing:
            return replace(new, start=before.start, made_with=before.made_with, finished=True)
        return replace(new, start=before.start + 1)

    change_plan(root, study.name, change)
    return told


def changes(before: Plan, now: Mapping[str, PlannedRuns]) -> Iterator[str]:
    """What is new in a study, and what no longer belongs to it, a line each."""
    new = [one for identity, one in now.items() if identity not in before.cells]
    gone = [one for identity, one in before.cells.items() if identity not in now]
    if new:
        yield f"the study '{before.name}' was changed since its last start: new in it {_in_words(new)}"
    if gone:
        stay = "their runs stay in the store" if len(gone) > 1 else "its runs stay in the store"
        yield f"the study '{before.name}' was changed since its last start: no longer in it {_in_words(gone)}; {stay}"
    for identity, one in now.items():
        if (earlier := before.cells.get(identity)) and earlier.runs != one.runs:
            yield f"{one.name}: {one.runs} runs are wanted, {earlier.runs} at the last start"


def agree(root: Path, name: str, cells: Sequence[WorkCell]) -> Plan:
    """Let this worker take part in a study, if it gives the same bits as the first one.

    `InputError` that names what differs, unless the study has `execution.same_bits = false`.
    """
    mine = {key: value for one in cells for key, value in one.made_with().items()}

    def change(plan: Plan | None) -> Plan:
        if plan is None:
            return read_plan(root, name)
        if plan.made_with is None:
            return replace(plan, made_with=mine)
        if plan.study.execution.same_bits and (differing := _differing(plan.made_with, mine)):
            raise InputError(
                f"this worker would give other bits than the first one of '{name}' ({differing}): "
                "execution.same_bits = false in the study allows it"
            )
        return plan

    return change_plan(root, name, change)


def _differing(first: Mapping[str, object], mine: Mapping[str, object]) -> str:
    names = [key for key in sorted({*first, *mine}) if key in first and key in mine and first[key] != mine[key]]
    return "; ".join(f"{name} {first[name]} there, {mine[name]} here" for name in names)


def _in_words(cells: Sequence[PlannedRuns]) -> str:
    return f"{'is' if len(cells) == 1 else 'are'} {quoted([one.name for one in cells])}"


def _tuple(seeds: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if seeds is None else tuple(seeds)
