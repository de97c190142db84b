"""Runs that a tracker recorded as named scalars by step, with the parameters they were started with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from genconv.errors import InputError, quoted
from genconv.readers.options import ImportOptions
from genconv.readers.roles import NAMES, find_losses, normal
from genconv.readers.run import ExternalRun, Series


@dataclass(frozen=True)
class ScalarRun:
    """One run of a tracker."""

    name: str
    """What the tracker calls it."""
    scalars: Mapping[str, Series]
    parameters: Mapping[str, str] = field(default_factory=dict)
    origin: Path = Path()


def runs_of(
    recorded: Sequence[ScalarRun], options: ImportOptions, where: str
) -> tuple[tuple[ExternalRun, ...], dict[str, str]]:
    """The runs with their losses, seeds and names, and which scalar was taken for which loss.

    Runs without any of those losses are left out; `InputError` if that is all of them.
    """
    roles = _losses(recorded, options, where)
    wanted = [name for role, name in roles.items() if role in {"loss", "training", "validation"}]
    kept = [run for run in recorded if any(name in run.scalars for name in wanted)]
    return tuple(_run(run, roles, options) for run in kept), roles


def _losses(recorded: Sequence[ScalarRun], options: ImportOptions, where: str) -> dict[str, str]:
    names = sorted({name for run in recorded for name in run.scalars})
    shown = quoted(names) or "none"
    given = {role: name for role, name in options.columns.items() if role in {"loss", "training", "validation"}}
    for role, name in given.items():
        if name not in names:
            raise InputError(f"{where}: has no scalar '{name}' for {role}: it has {shown}")
    roles = given or find_losses(names, where)
    if not roles:
        raise InputError(
            f"{where}: no loss among the scalars ({shown}): choose with --columns training=NAME,validation=NAME"
        )
    return roles


def _run(run: ScalarRun, roles: Mapping[str, str], options: ImportOptions) -> ExternalRun:
    empty = Series.empty()
    seed = _parameter(run, "seed", options)
    whole = seed is not None and seed.isascii() and seed.isdigit() and len(seed) <= 15
    return ExternalRun(
        label=run.name,
        training=run.scalars.get(roles.get("training", ""), empty),
        validation=run.scalars.get(roles.get("validation", roles.get("loss", "")), empty),
        model=_parameter(run, "model", options),
        dataset=_parameter(run, "dataset", options),
        seed=int(seed) if whole and seed is not None else None,
        by_epoch=False,
        origin=run.origin,
    )


def _parameter(run: ScalarRun, role: str, options: ImportOptions) -> str | None:
    """What the run's parameters say of a role; nested names (`model/name`) count only if the user names them."""
    if role in options.columns:
        if options.columns[role] not in run.parameters:
            raise InputError(f"run '{run.name}': has no parameter '{options.columns[role]}' for {role}")
        return run.parameters[options.columns[role]].strip() or None
    names = {normal(name) for tier in NAMES[role][:2] for name in tier}
    values = {value.strip() for name, value in run.parameters.items() if normal(name) in names and value.strip()}
    return values.pop() if len(values) == 1 else None
