"""What names of runs, files and folders say: model, dataset and seed."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from genconv.config.seeds import LARGEST
from genconv.errors import InputError
from genconv.readers.roles import normal
from genconv.readers.run import ExternalRun

_SEED_WORDS = ("seed", "run", "version", "trial", "replicate", "rep", "s")


def seed_in(name: str) -> tuple[int, str] | None:
    """The seed in a name such as `vae_seed3` or `version_12`, and the words that say so; None without one."""
    for word in _SEED_WORDS:
        if match := re.search(rf"(?i)(?:^|[^a-z]){word}[ _=:.-]?(\d{{1,10}})(?!\d)", name):
            return int(match[1]), match[0].strip(" _=:.-")
    return None


def without_seed(name: str) -> str:
    """The name with what says its seed taken out."""
    found = seed_in(name)
    return name if found is None else name.replace(found[1], "", 1).strip(" _=:.-").replace("__", "_")


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


def seeds_of(runs: Sequence[ExternalRun], where: str) -> tuple[list[int], str | None]:
    """A seed for each run, and where the seeds come from if the source does not give them.

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
    seeds = [seed for seed, _ in filter(None, named)]
    if len(seeds) == len(set(seeds)) == len(runs) and max(seeds) <= LARGEST:
        words = ", ".join(f"'{word}'" for _, word in filter(None, named[:3]))
        return seeds, f"seeds from names ({words}{', …' if len(runs) > 3 else ''})"
    labels = ", ".join(f"'{run.label[:40]}'" for run in runs[:3])
    return list(range(len(runs))), f"no seeds given: numbered 0 … {len(runs) - 1} in the order {labels}" + (
        ", …" if len(runs) > 3 else ""
    )


def _in_names(run: ExternalRun) -> tuple[int, str] | None:
    for name in (run.label, *reversed(run.origin.parts[-3:])):
        if found := seed_in(name):
            return found
    return None
