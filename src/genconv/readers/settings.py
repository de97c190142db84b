"""Hyper-parameters of runs: a name made of them, and what differs between the runs of a cell."""

from collections.abc import Mapping

from genconv.errors import InputError, quoted


def value_of(settings: Mapping[str, str], name: str, role: str, where: str) -> str:
    """The value of one setting; of `lr+depth` the text `lr=0.1, depth=2`.

    `InputError`, which lists the settings, if there is none of that name.
    """
    if name in settings:
        return settings[name]
    parts = [part.strip() for part in name.split("+")]
    for part in parts:
        if part not in settings:
            known = f"it has {quoted(sorted(settings), 20)}" if settings else "it has none"
            raise InputError(f"{where}: has no parameter '{part}' for {role}: {known}")
    return ", ".join(f"{part}={settings[part]}" for part in parts)
