"""What a script says of a run that it records, checked: `InputError` for anything else."""

import json
import os
from collections.abc import Mapping
from typing import Any

from genconv.coordinates import Coordinates
from genconv.errors import InputError, shown, unknown_name
from genconv.measure import BITS_PER_DIM, KINDS, NATS, Kind, Measure
from genconv.store.recorded_log import as_written

LAUNCHED = "GENCONV_LAUNCHED"
"""The variable in which `genconv launch` tells a script which run it is."""
_STREAMS = Coordinates._fields


def launched_as() -> dict[str, Any] | None:
    """What `genconv launch` has told this process: folder, model, dataset, seed, config; None if nothing."""
    text = os.environ.get(LAUNCHED)
    try:
        return None if text is None else dict(json.loads(text))
    except (TypeError, ValueError):
        raise InputError(f"{LAUNCHED} = {shown(text)}: is not what genconv launch writes") from None


def agreed(name: str, given: Any, launched: Any) -> Any:
    """The value of a launched run; `InputError` if the script gives another one."""
    if given is not None and given != launched:
        raise InputError(f"{name} = {shown(given)}: this script was launched for {name} = {shown(launched)}")
    return launched


def coordinates_of(seed: int | None, streams: Mapping[str, int] | None) -> Coordinates:
    """The coordinates of a run: each stream that is named, and the seed, or 0, for the others."""
    if seed is None and not streams:
        raise InputError("record: must be given a seed, or streams such as {'init': 3, 'order': 1}")
    for name in streams or {}:
        if name not in _STREAMS:
            raise unknown_name("stream", str(name), _STREAMS)
    named = {name: _whole(name, value) for name, value in (streams or {}).items()}
    default = 0 if seed is None else _whole("seed", seed)
    return Coordinates.of_seed(default)._replace(**named)


def _whole(name: str, value: Any) -> int:
    """An integer of any library; `InputError` for anything else."""
    try:
        number = None if isinstance(value, bool) else value.__index__()
    except (AttributeError, TypeError):
        number = None
    if number is None or not 0 <= number < 2**32:
        raise InputError(f"{name} = {shown(value)}: must be a whole number from 0 to {2**32 - 1}")
    return int(number)


def measure_of(kind: Kind, unit: str | None, method: str) -> Measure:
    """What the losses say, a likelihood in nats unless told otherwise."""
    if kind not in KINDS:
        raise unknown_name("kind", str(kind), KINDS)
    if kind != "loss" and unit not in (None, NATS, BITS_PER_DIM):
        raise InputError(f"unit = {shown(unit)}: a likelihood is in '{NATS}' or '{BITS_PER_DIM}'")
    return Measure(kind, unit or (NATS if kind != "loss" else ""), method)


def plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as JSON; what JSON does not know is text."""
    if not isinstance(config, Mapping):
        raise InputError(f"config = {shown(config)}: must be a dictionary")
    return {str(name): _value(value) for name, value in config.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, float):
        return as_written(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def number_of(name: str, value: Any) -> float:
    """The number that a value of any library is: a float, or an array or tensor of one element."""
    try:
        item = value.item() if hasattr(value, "item") else value
        if isinstance(item, bool | str | bytes | bytearray):
            raise TypeError
        return float(item)
    except Exception:  # every library has errors of its own for what is no number
        raise InputError(f"{name} = {shown(value)}: is no number") from None
