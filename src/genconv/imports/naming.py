"""Model, dataset and seed of runs whose source does not say them, from the names of files and folders."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from genconv.config.seeds import LARGEST
from genconv.errors import InputError
from genconv.imports.names import normal, seed_in, without_seed
from genconv.imports.run import ForeignRun

UNKNOWN = "unknown"
_SAYS_NOTHING = frozenset(
    {
        *("csv", "checkpoints", "curves", "data", "default", "events", "history", "lightning_logs", "log", "logs"),
        *("losses", "metrics", "mlflow", "mlruns", "offline", "output", "outputs", "results", "run", "runs", "scalars"),
        *("seed", "seeds", "tensorboard", "train", "training", "training_log", "version", "wandb", "eval", "val"),
    }
)
"""Names of files and folders that every tool uses."""
_LONGEST = 100


def names_from(origin: Path, datasets: Collection[str]) -> tuple[str, str]:
    """Model and dataset from a name such as `vae_moons_seed3.csv`; the dataset only if it is a known one."""
    stem = "" if ".tfevents." in origin.name else re.sub(r"\.[A-Za-z]\w{0,7}$", "", origin.name)
    for part in (stem, *(folder.name for folder in list(origin.absolute().parents)[:3])):
        base = re.sub(r"_\d+$", "", without_seed(part)).strip(" _-.")
        if normal(base) in _SAYS_NOTHING or not normal(base):
            continue
        for dataset in sorted(datasets, key=len, reverse=True):
            if match := re.fullmatch(rf"(?i)(.+?)[ _.-]+{re.escape(dataset)}", base):
                return match[1], dataset
        return base, UNKNOWN
    return UNKNOWN, UNKNOWN


def checked_name(kind: str, name: str) -> str:
    """A name that can be printed on a line; `InputError` for any other."""
    if not name.strip() or len(name) > _LONGEST or not name.isprintable():
        raise InputError(f"{kind} = {name[:40]!r}: must be 1 to {_LONGEST} printable characters")
    return name


def seeds_of(runs: Sequence[ForeignRun], where: str) -> tuple[list[int], str | None]:
    """A seed for each run, and how it was found if the source did not say it.

    From the source; else from the names of runs or their files; else numbered in their order.
    """
    given = [run.seed for run in runs if run.seed is not None]
    if len(given) == len(runs):
        for seed in given:
            if not 0 <= seed <= LARGEST:
                raise InputError(f"{where}: seed {seed} is not from 0 to {LARGEST}")
        return given, None
    if given:
        unsaid = next(run.label for run in runs if run.seed is None)
        raise InputError(f"{where}: run '{unsaid[:40]}' says no whole number as its seed, and others do")
    named = [_in_names(run) for run in runs]
    found = [one[0] for one in named if one is not None]
    if len(found) == len(set(found)) == len(runs) and max(found) <= LARGEST:
        words = ", ".join(f"'{one[1]}'" for one in named[:3] if one is not None)
        return found, f"seeds from names ({words}{', …' if len(runs) > 3 else ''})"
    labels = ", ".join(f"'{run.label[:40]}'" for run in runs[:3])
    return list(range(len(runs))), f"no seeds given: numbered 0 … {len(runs) - 1} in the order {labels}" + (
        ", …" if len(runs) > 3 else ""
    )


def _in_names(run: ForeignRun) -> tuple[int, str] | None:
    for name in (run.label, *reversed(run.origin.parts[-3:])):
        if found := seed_in(name):
            return found
    return None
