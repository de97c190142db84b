"""Runs that a tracker recorded as named scalars by step, with the parameters they were started with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from genconv.curves import FloatArray
from genconv.errors import InputError, quoted
from genconv.readers.further import others
from genconv.readers.options import ImportOptions
from genconv.readers.rekeyed import by_scalar
from genconv.readers.roles import NAMES, find_losses, normal
from genconv.readers.run import ExternalRun, LeftOut, Reading, Series
from genconv.readers.scalar_run import ScalarRun
from genconv.readers.settings import value_of


def reading_of(
    recorded: Sequence[ScalarRun],
    files: Sequence[Path],
    options: ImportOptions,
    where: str,
    notes: Sequence[str] = (),
    left_out: Sequence[LeftOut] = (),
) -> Reading:
    """The runs with their losses, seeds and names, and which scalar was taken for which loss.

    Runs without any of those losses are left out, beside those that are `left_out` already; `InputError` if that is
    all of them.
    """
    if "split" in options.columns:
        raise InputError(f"{where}: --columns split={options.columns['split']}: the losses of a tracker have names")
    roles = _losses(recorded, options, where)
    wanted = [name for role, name in roles.items() if role in {"loss", "training", "validation"}]
    has_losses = [any(name in run.scalars for name in wanted) for run in recorded]
    kept = [run for run, has in zip(recorded, has_losses, strict=True) if has]
    lost = [run for run, has in zip(recorded, has_losses, strict=True) if not has]
    if place := options.columns.get("epoch"):
        kept = by_scalar(kept, place, roles.get("training", ""), wanted, where)
        roles = {**roles, "epoch": place}
    runs = tuple(_run(run, roles, options) for run in kept)
    without = (LeftOut(run.label, "without any of these losses") for run in lost)
    told = (*notes, *_rewritten(kept, wanted))
    return Reading(runs, tuple(files), roles, told, left_out=(*left_out, *without))


def _rewritten(runs: Sequence[ScalarRun], wanted: Sequence[str]) -> list[str]:
    """A note on losses of steps that were written twice."""
    counts = {run.label: sum(run.rewritten.get(name, 0) for name in wanted) for run in runs}
    found = [label for label, count in counts.items() if count]
    if not found:
        return []
    many = sum(counts.values())
    what = "earlier loss is" if many == 1 else "earlier losses are"
    return [f"a step that was written twice has its later value: {many} {what} not read (of {quoted(found, 4)})"]


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
    return ExternalRun(
        label=run.label,
        training=run.scalars.get(roles.get("training", ""), empty),
        validation=run.scalars.get(roles.get("validation", roles.get("loss", "")), empty),
        model=_parameter(run, "model", options),
        dataset=_parameter(run, "dataset", options),
        seed=seed_from(_parameter(run, "seed", options)),
        by_epoch=run.by_epoch,
        origin=run.origin,
        name=run.name,
        settings=run.parameters,
        scalars={} if "epoch" in roles else others(run.scalars, list(roles.values())),
        blanks=_blanks(run, roles),
    )


def _blanks(run: ScalarRun, roles: Mapping[str, str]) -> FloatArray:
    """Steps at which some loss was logged as empty, and none as a number."""
    wanted = [name for role, name in roles.items() if role in {"loss", "training", "validation"}]
    empty = {step for name in wanted for step in run.blanks.get(name, ())}
    written = {step for name in wanted if name in run.scalars for step in run.scalars[name].keys.tolist()}
    return np.array(sorted(empty - written), dtype=np.float64)


def _parameter(run: ScalarRun, role: str, options: ImportOptions) -> str | None:
    """What the run's parameters say of a role; nested names (`model/name`) count only if the user names them."""
    if role in options.columns:
        known = {**({"name": run.name} if run.name else {}), **run.parameters}
        return value_of(known, options.columns[role], role, f"run '{run.label[:40]}'").strip() or None
    return said_of(run.parameters, role)


def said_of(parameters: Mapping[str, str], role: str) -> str | None:
    """The one value that hyper-parameters with a name for a role agree on, else None."""
    for tier in NAMES[role][:2]:
        names = {normal(name) for name in tier}
        values = {value.strip() for name, value in parameters.items() if normal(name) in names and value.strip()}
        if values:
            return values.pop() if len(values) == 1 else None
    return None


def seed_from(text: str | None) -> int | None:
    """The seed in a hyper-parameter; None if it is no whole number."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) <= 15 else None
