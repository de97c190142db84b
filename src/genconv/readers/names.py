"""What names of runs, files and folders say: model, dataset and seed."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from genconv.config.seeds import LARGEST
from genconv.errors import InputError, clipped, quoted
from genconv.readers.roles import normal
from genconv.readers.run import ExternalRun

_SEED_WORDS = ("seed", "run", "version", "trial", "replicate", "rep", "s")
_CLOCK = re.compile(r"[-_:.T]?\d{2}[-_:.]\d{2}(?!\d)|[_T-]\d{6}(?!\d)")
"""What follows a number that begins a date or a time: `-05-13`, `_102100`."""


def seed_in(name: str) -> tuple[int, str] | None:
    """The seed in a name such as `vae_seed3` or `version_12`, and the words that say so; None without one.

    The word and its number stand alone: `a3s5m` has no seed. A date, a time or a time stamp is none either.
    """
    for word in _SEED_WORDS:
        for match in re.finditer(rf"(?i)(?<![a-z0-9]){word}[ _=:.-]?(\d{{1,10}})(?![a-z0-9])", name):
            if not _is_time(match[1], name[match.end() :], sure=word == "seed"):
                return int(match[1]), match[0]
    return None


def _is_time(digits: str, after: str, *, sure: bool) -> bool:
    """Whether a number begins a date or a time, or is a whole one if its word is not `sure` to be a seed's."""
    if _CLOCK.match(after):
        return True
    date = re.fullmatch(r"(?:19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])", digits)
    return not sure and (date is not None or len(digits) == 10)


def without_seed(name: str) -> str:
    """The name with what says its seed taken out."""
    found = seed_in(name)
    return name if found is None else name.replace(found[1], "", 1).strip(" _=:.-").replace("__", "_")


_DATE = r"(?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
_CLOCK_TIME = r"(?:[01]\d|2[0-3])([-_:.h]?)[0-5]\d(?:\2[0-5]\d(?:[.,]\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\d\d_\d\d-\d\d-\d\d"
_WHEN = re.compile(
    rf"[ _.@=-]*(?<![A-Za-z0-9])(?:{_DATE}(?:[ T_.-]{{1,2}}{_CLOCK_TIME})?|{_MONTH}|1[4-9]\d{{8}})(?![A-Za-z0-9])"
)
"""A date in a name, with its time of the day or without it, or seconds since 1970, and what parts it from the rest."""


def without_dates(name: str) -> str:
    """The name without dates and times: `cnn` of `cnn_2024-05-01` and of `cnn_20240501_102100`."""
    return _WHEN.sub("", name).strip(" _=:.-")


UNKNOWN = "unknown"
_RANDOM = re.compile(
    r"(?i)(?:(?:offline-)?run-)?(?:\d{8}[_T-]\d{6}(?:-[a-z0-9]*)?|[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4})|"
    r"run-[a-z0-9]{8}|(?=.*\d)[\d_:.T -]+"
)
"""Identifiers and time stamps: `run-20240513_102100-k4dz9m2p`, `run-k4dz9m2p`, 32 hexadecimal digits."""
_DRAWN = re.compile(r"[a-z]+-[a-z]+-\d+")
"""What trackers call runs that nobody named, and perhaps what somebody did: `sunny-lake-3`, `vae-moons-3`."""
_SAYS_NOTHING = frozenset(
    {
        *("csv", "checkpoints", "curves", "data", "default", "events", "history", "lightning_logs", "log", "logs"),
        *("loss", "losses", "metrics", "mlflow", "mlruns", "offline", "output", "outputs", "results", "run", "runs"),
        "scalars",
        *("seed", "seeds", "tensorboard", "train", "training", "training_log", "version", "wandb", "eval", "val"),
        *("dvclive", "plots", "progress", "ray_results", "result", "trackio", "trainer_state"),
    }
)
"""Names of files and folders that every tool uses."""
_LONGEST = 100
_MANY = 3
"""Models of one run each about which a word is said."""


def names_from(run: ExternalRun, datasets: Collection[str]) -> tuple[str, str, str]:
    """Model, dataset and where they come from: the author's name of the run, else a name such as `vae_moons_seed3.csv`
    of its file or a folder; the dataset only if it is a known one. A number at the end is no part of the model if it is
    the run's seed, as in `vae-3`.
    """
    origin = run.origin
    number = rf"_\d+$|[ _.-]+{run.seed}$" if run.seed is not None else r"_\d+$"
    stem = "" if ".tfevents." in origin.name else re.sub(r"\.[A-Za-z]\w{0,7}$", "", origin.name)
    folders = [folder.name for folder in list(origin.absolute().parents)[:3]]
    for part, shown in ((run.name or "", run.name or ""), (stem, origin.name), *zip(folders, folders, strict=True)):
        base = re.sub(number, "", without_dates(without_seed(part))).strip(" _-.")
        if normal(base) in _SAYS_NOTHING or not normal(base) or is_random(part) or is_random(base):
            continue
        for dataset in sorted(datasets, key=len, reverse=True):
            if match := re.fullmatch(rf"(?i)(.+?)[ _.-]+{re.escape(dataset)}", base):
                return match[1], dataset, shown
        return base, UNKNOWN, shown
    return UNKNOWN, UNKNOWN, origin.name


def is_random(name: str) -> bool:
    """Whether a name is an identifier or a time stamp, which says nothing."""
    return _RANDOM.fullmatch(name.strip()) is not None


def about_lone_runs(models: Mapping[str, int]) -> list[str]:
    """A line if names of files made many models of one run each, which may be seeds; `models` has runs by model."""
    lone = [model for model, count in models.items() if count == 1]
    if len(lone) < _MANY or 2 * len(lone) <= len(models):
        return []
    return [
        f"{len(lone)} models of one run each ({quoted(lone, 3)}), by the names of the sources: if they are seeds of "
        "one model, import them again with --model NAME"
    ]


def refuse_drawn_names(runs: Sequence[ExternalRun]) -> None:
    """`InputError` if names such as `sunny-lake-3`, each of one run, would become models: they may be random."""
    drawn = [run.name for run in runs if run.model is None and run.name and _DRAWN.fullmatch(run.name)]
    stems = [re.sub(r"-\d+$", "", name) for name in drawn]
    if len(drawn) > 1 and len(set(stems)) == len(stems):
        raise InputError(
            f"the names of the runs ({quoted(drawn, 3)}) may be random, or say models: --model NAME for one model, "
            "--columns model=name if they are models, --columns model=PARAMETER or --group-by PARAMETER"
        )


def told_apart(runs: Sequence[ExternalRun]) -> list[str]:
    """The label of each run; of runs of one label the shortest part of their paths that tells them apart."""
    labels = [run.label for run in runs]
    twice = {label for label, count in Counter(labels).items() if count > 1}
    places = [place for place, label in enumerate(labels) if label in twice]
    for place, part in zip(places, _parts([runs[place].origin for place in places]), strict=True):
        labels[place] = part or labels[place]
    return labels


def _parts(paths: Sequence[Path]) -> list[str]:
    """Of each path the one part, or the parts, in which it differs from the others; empty if it differs in none."""
    split = [(re.sub(r"\.[A-Za-z]\w{0,7}$", "", path.name), *reversed(path.parts[:-1])) for path in paths]
    depth = min(map(len, split), default=0)
    columns = [[parts[place] for parts in split] for place in range(depth)]
    for column in columns:
        if len(set(column)) == len(paths):
            return column
    varied = [column for column in reversed(columns) if len(set(column)) > 1]
    return ["/".join(parts) for parts in zip(*varied, strict=True)] if varied else [""] * len(paths)


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
    if len(runs) == 1:
        return [0], "no seed given: it is numbered 0"
    labels = ", ".join(f"'{clipped(run.label)}'" for run in runs[:3])
    return list(range(len(runs))), f"no seeds given: numbered 0 … {len(runs) - 1} in the order {labels}" + (
        ", …" if len(runs) > 3 else ""
    )


def _in_names(run: ExternalRun) -> tuple[int, str] | None:
    for name in (run.label, *reversed(run.origin.parts[-3:])):
        if found := seed_in(name):
            return found
    return None
