"""Lists of seeds as people write them."""

import re
from collections.abc import Sequence

from genconv.errors import InputError, shown

LARGEST = 2**32 - 1
_MOST = 100_000


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds from text such as `0,3,7..9` (both ends included); `InputError` for anything else, repeats included."""
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})\s*(?:\.\.\s*(\d{1,10})\s*)?", part)
        if match is None:
            raise InputError(f"seeds = '{text}': '{part.strip()}' is neither a seed (7) nor a range (7..9)")
        low, high = int(match[1]), int(match[2] or match[1])
        if high < low:
            raise InputError(f"seeds = '{text}': the range {low}..{high} runs backwards")
        if high - low >= _MOST:
            raise InputError(f"seeds = '{text}': the range {low}..{high} holds more than {_MOST} seeds")
        seeds.extend(range(low, high + 1))
        if len(seeds) > _MOST:
            raise InputError(f"seeds = '{text}': names more than {_MOST} seeds")
    return checked_seeds(tuple(seeds))


def checked_seeds(seeds: tuple[int, ...]) -> tuple[int, ...]:
    """The seeds themselves, if there is at least one, each from 0 to 2³² − 1, and none twice."""
    if not seeds:
        raise InputError("seeds: at least one is needed")
    if len(seeds) > _MOST:
        raise InputError(f"seeds: {len(seeds)} are more than {_MOST}")
    seen: set[int] = set()
    for seed in seeds:
        if type(seed) is not int or not 0 <= seed <= LARGEST:
            raise InputError(f"seeds: {shown(seed)} is not from 0 to {LARGEST}")
        if seed in seen:
            raise InputError(f"seeds: {seed} is named twice")
        seen.add(seed)
    return seeds


def first_seeds(count: int) -> tuple[int, ...]:
    """Seeds 0 to count − 1."""
    if not 1 <= count <= _MOST:
        raise InputError(f"number of seeds = {shown(count)}: must be from 1 to {_MOST}")
    return tuple(range(count))


def seeds_in_words(seeds: Sequence[int]) -> str:
    """`0,3,7..9`: the inverse of `parse_seeds`, for seeds in any order."""
    parts: list[str] = []
    first = 0
    for place, seed in enumerate(seeds):
        if place + 1 == len(seeds) or seeds[place + 1] != seed + 1:
            parts.append(str(seed) if seeds[first] == seed else f"{seeds[first]}..{seed}")
            first = place + 1
    return ",".join(parts)
