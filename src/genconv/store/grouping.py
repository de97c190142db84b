"""Which stored runs are runs of one cell, and what sets cells of the same names apart."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from genconv.config.base import canonical_json
from genconv.config.run import Cell
from genconv.curves import CellCurves
from genconv.store.runs import StoredRun

_RANK = {"architecture": 0, "training": 1, "evaluation": 2, "data": 3}
_OWN = ("data", "architecture")
"""The sections whose fields belong to a dataset and a model, which no reader of results imports."""


def runs_by_cell(runs: Iterable[StoredRun]) -> list[list[StoredRun]]:
    """The runs of each cell, each run once, in the order in which they came.

    A field that a model or a dataset has got between two runs does not part them if the later one has it at its
    default, which is what the earlier one was made with.
    """
    names: dict[tuple[str, str, str], list[StoredRun]] = defaultdict(list)
    for run in runs:
        names[run.run.cell.dataset, run.run.cell.model, run.run.cell.protocol].append(run)
    groups: dict[str, dict[Any, StoredRun]] = {}
    for alike in names.values():
        common = _common_fields(alike)
        keys: dict[tuple[int, Any], str] = {}
        for run in alike:
            place = (id(run.run.cell), run.at_default)
            if place not in keys:
                keys[place] = canonical_json(_without_new_fields(run, common))
            groups.setdefault(keys[place], {})[run.run.coordinates] = run
    return [list(group.values()) for group in groups.values()]


def differing_settings(cells: Sequence[tuple[CellCurves, Cell | None]]) -> list[str]:
    """What `telling_settings` says of cells that are there."""
    return telling_settings(
        [(one.dataset, one.model, one.protocol) for one, _ in cells],
        [config.model_dump(mode="json") if config else {} for _, config in cells],
    )


def telling_settings(names: Sequence[tuple[str, str, str]], settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each cell what sets it apart from others of the same dataset, model and protocol: `epochs=40`.

    Of settings that change together one is enough: as few are named as tell all cells apart. A setting is called by as
    much of its name's end as no other setting of these cells has.

    Args:
        names: Dataset, model and protocol of each cell.
        settings: Of each cell, nested.

    """
    same: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    flat = [flattened(one) for one in settings]
    for place, called in enumerate(names):
        same[called].append(place)
    variants = [""] * len(names)
    for places in same.values():
        keys = set().union(*(flat[place] for place in places))
        differing = sorted(key for key in keys if len({repr(flat[place].get(key)) for place in places}) > 1)
        named = {key: short_key(key, keys) for key in sorted(_telling([flat[place] for place in places], differing))}
        for place in places:
            variants[place] = ", ".join(f"{short}={flat[place].get(key)}" for key, short in named.items())
    return variants


def short_key(key: str, keys: Iterable[str]) -> str:
    """The shortest end of a dotted key that no other of the `keys` has: `epochs` of `training.epochs`."""
    parts, others = key.split("."), [f".{other}" for other in keys if other != key]
    ends = (".".join(parts[place:]) for place in range(len(parts) - 1, 0, -1))
    return next((end for end in ends if not any(other.endswith(f".{end}") for other in others)), key)


def full_key(key: str, keys: Iterable[str]) -> str:
    """The one of the `keys` that `key` is, or else the only one that it is the end of; `key` itself if none is."""
    known = set(keys)
    ending = [one for one in known if one.endswith(f".{key}")]
    return ending[0] if key not in known and len(ending) == 1 else key


def _telling(cells: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[str]:
    """The keys that tell the cells apart, each time the one that tells most: of the model before the training's, short
    before long.
    """
    known = sorted(keys, key=lambda key: (_RANK.get(key.partition(".")[0], len(_RANK)), len(key), key))
    chosen: list[str] = []

    def told(names: Sequence[str]) -> int:
        return len({repr([cell.get(name) for name in names]) for cell in cells})

    while told(chosen) < told(known):
        chosen.append(max((key for key in known if key not in chosen), key=lambda key: told([*chosen, key])))
    return chosen


def flattened(value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested dictionary as one of dotted keys."""
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= flattened(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {f"{prefix}{key}": item}
    return flat


def _common_fields(runs: Sequence[StoredRun]) -> dict[str, set[str]]:
    """For each of the two sections the fields that every cell of these runs has."""
    cells = {id(run.run.cell): run.run.cell for run in runs}.values()
    return {section: set.intersection(*(set(getattr(cell, section)) for cell in cells)) for section in _OWN}


def _without_new_fields(run: StoredRun, common: Mapping[str, set[str]]) -> dict[str, Any]:
    """The cell of a run without those fields that other runs lack and this one has at their default."""
    cell = run.run.cell.model_dump(mode="json")
    for section in _OWN:
        kept = {
            key: value
            for key, value in cell[section].items()
            if key in common[section] or f"{section}.{key}" not in run.at_default
        }
        cell[section] = kept
    return cell
