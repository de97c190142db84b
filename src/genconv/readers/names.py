"""What names of columns, files and folders say: roles, model, dataset, seed; never a guess between two."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from genconv.config.seeds import LARGEST
from genconv.errors import InputError
from genconv.readers.run import ExternalRun

_VALIDATION = frozenset({"val", "valid", "validation", "eval", "evaluation", "dev", "heldout"})
_TEST = frozenset({"test"})
_TRAINING = frozenset({"train", "training", "tr"})
_LOSS = frozenset({"loss", "nll", "objective"})
_EPOCH = frozenset({"epoch", "avg", "mean"})
_NEGATIVE = re.compile(r"(?:neg|negative|minus)_(?:elbo|log_likelihood|loglikelihood|ll|log_prob)|nelbo")
"""Losses that are called negative ELBO or log-likelihood; without that word, higher is better, and they are no loss."""
_ONE_LOSS = ("loss", "nll", "objective", "value")

NAMES: Mapping[str, Sequence[Sequence[str]]] = {
    "seed": (
        ("seed",),
        ("random_seed", "rng_seed", "seed_id", "manual_seed", "pl_seed", "seed_everything", "random_state"),
        ("run", "run_id", "run_name", "trial", "replicate", "replication", "repetition", "rep"),
    ),
    "epoch": (
        ("epoch", "epochs"),
        ("step", "global_step", "_step", "trainer_global_step", "iteration", "iter", "iterations", "steps"),
    ),
    "model": (("model", "model_name", "architecture", "arch"),),
    "dataset": (("dataset", "data", "dataset_name", "data_set", "task"),),
    "split": (("split", "phase", "subset", "stage", "metric"),),
}
"""Names for each role, the more certain first; compared in lower case, whatever stands between words as `_`."""


def normal(name: str) -> str:
    """`Train/Loss` as `train_loss`."""
    return re.sub(r"[^0-9a-z]+", "_", name.strip().lower()).strip("_")


def find(role: str, names: Iterable[str], where: str) -> str | None:
    """The one of `names` that means `role`; None if none does, `InputError` if two of equal certainty do."""
    known = list(names)
    for tier in NAMES[role]:
        wanted = {normal(name) for name in tier}
        if found := [name for name in known if normal(name) in wanted]:
            return _only(role, found, where)
    return None


def find_losses(names: Iterable[str], where: str) -> dict[str, str]:
    """Which names are the `training` and the `validation` loss, or the only `loss`; empty if none is recognised.

    A bare `loss` beside a validation loss is the training loss, as Keras has it. Values logged at each step yield to
    those of whole epochs, and a test loss to a validation loss.
    """
    ranked: dict[str, dict[int, list[str]]] = {"training": {}, "validation": {}, "loss": {}}
    for name in names:
        if place := _loss_role(name):
            ranked[place[0]].setdefault(place[1], []).append(name)
    best = {role: _only(role, tiers[min(tiers)], where) for role, tiers in ranked.items() if tiers}
    if "validation" in best and "training" not in best and "loss" in best:
        best["training"] = best["loss"]
    if "validation" in best or "training" in best:
        best.pop("loss", None)
    return best


def split_of(word: str) -> str | None:
    """`training` or `validation` for a value of a split column (`val`, `train_loss`); else None."""
    words = set(normal(word).split("_")) - {""}
    if not words <= _VALIDATION | _TRAINING | _LOSS | _EPOCH:
        return None
    valid, trained = bool(words & _VALIDATION), bool(words & _TRAINING)
    return None if valid == trained else "validation" if valid else "training"


def _loss_role(name: str) -> tuple[str, int] | None:
    """Role of a name and how far it is from the plainest name of that role."""
    words = [word for word in _NEGATIVE.sub("nll", normal(name)).split("_") if word]
    found = set(words)
    splits = found & (_VALIDATION | _TEST | _TRAINING)
    if len(splits) > 1 or not words:
        return None
    rest = found - splits - _LOSS
    far = 0 if not rest else 1 if rest <= _EPOCH else 2 if rest <= _EPOCH | {"step"} else None
    if far is None or (not found & _LOSS and not splits):
        return ("loss", 4) if len(words) == 1 and words[0] in _ONE_LOSS else None
    if rest & _EPOCH and not found & _LOSS:
        return None
    if not splits:
        return ("loss", far)
    far += 0 if found & _LOSS else 8
    if splits & _TEST:
        return ("validation", far + 16)
    return ("validation" if splits & _VALIDATION else "training", far)


def _only(role: str, found: Sequence[str], where: str) -> str:
    if len(found) > 1:
        listed = ", ".join(f"'{name}'" for name in found[:4])
        raise InputError(f"{where}: {role} may be any of {listed}: choose one with --columns {role}=NAME")
    return found[0]


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


def _in_names(run: ExternalRun) -> tuple[int, str] | None:
    for name in (run.label, *reversed(run.origin.parts[-3:])):
        if found := seed_in(name):
            return found
    return None
