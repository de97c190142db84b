"""What the name of a column, tag or metric says of its role; never a guess between two."""

import re
from collections.abc import Iterable, Mapping, Sequence

from genconv.errors import InputError, quoted

_VALIDATION = frozenset({"val", "valid", "validation", "eval", "evaluation", "dev", "heldout"})
_TEST = frozenset({"test"})
_TRAINING = frozenset({"train", "training", "tr"})
_LOSS = frozenset({"loss", "losses", "nll", "objective"})
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
        ("training_iteration",),
        ("step", "global_step", "_step", "trainer_global_step", "iteration", "iter", "iterations", "iters", "steps"),
    ),
    "model": (("model", "model_name", "architecture", "arch"),),
    "dataset": (("dataset", "data", "dataset_name", "data_set", "task"),),
    "split": (("split", "phase", "subset", "stage", "metric"),),
}
"""Names for each role, the more certain first; compared in lower case, whatever stands between words as `_`."""


def normal(name: str) -> str:
    """`Train/Loss` as `train_loss`."""
    return re.sub(r"[^0-9a-z]+", "_", name.strip().lower()).strip("_")


STEP_NAMES = frozenset(normal(name) for name in NAMES["epoch"][-1])
"""Names of columns that count steps, as `normal` gives them."""


def find(role: str, names: Iterable[str], where: str) -> str | None:
    """The one of `names` that means `role`; None if none does, `InputError` if two of equal certainty do."""
    known = list(names)
    for tier in NAMES[role]:
        wanted = {normal(name) for name in tier}
        if found := [name for name in known if normal(_without_folder(name)) in wanted]:
            return _only(role, found, where)
    return None


_FOLDER = re.compile(r"(?i)(?:config|hparams|hyper_?parameters|params|parameters|args)[/.]")


def _without_folder(name: str) -> str:
    """The name of a hyper-parameter without the folder that trackers put all of them in: `seed` of `config/seed`."""
    return _FOLDER.sub("", name, count=1) if _FOLDER.match(name) else name


def unclear_validation(names: Iterable[str], roles: Mapping[str, str]) -> list[str]:
    """Names that may be the validation loss under another word (`val_loss_b`), where only a training loss is known; or
    its negative (`val_elbo`), where there is one loss.
    """
    if "validation" in roles or not roles:
        return []
    words = {name: set(normal(name).split("_")) for name in names if name not in roles.values()}
    valid = [name for name, found in words.items() if found & _VALIDATION]
    return [name for name in valid if higher_is_better(name) or ("training" in roles and words[name] & _LOSS)]


def names_a_loss(name: str) -> bool:
    """Whether a name has a word for a loss, whatever else it says."""
    return bool(set(normal(name).split("_")) & _LOSS)


def is_loss(name: str) -> bool:
    """Whether a name is recognised as a loss."""
    return _loss_role(name) is not None


def higher_is_better(name: str) -> bool:
    """Whether a name says ELBO or log-likelihood, and not that it is the negative of one."""
    plain = _NEGATIVE.sub("nll", normal(name))
    return re.search(r"(?:^|_)(?:elbo|log_likelihood|loglikelihood|ll|log_prob|logp)(?:_|$)", plain) is not None


_SCORE = re.compile(
    r"(?:accuracy|acc|auc|auroc|auprc|roc_auc|f1|psnr|ssim|m?iou|dice|precision|recall|score|rewards?|returns?|bleu|rouge|"
    r"meteor|r2|mcc|kappa|m?ap|ndcg|mrr|hits|top)l?\d{0,3}"
)
_LOSS_AFTER_ALL = frozenset(
    {"loss", "losses", "nll", "error", "err", "neg", "negative", "minus", "objective"}
) | frozenset({"fid", "kid", "brier", "crps", "nelbo", "regret", "distance"})
"""Words beside which a score is none, or one for which lower is better."""


def is_score(name: str) -> bool:
    """Whether a name says accuracy, reward or the like, which is better higher: `val_accuracy`, `top5`, `valAcc`."""
    plain = set(normal(name).split("_"))
    split = set(normal(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)).split("_"))
    return not (plain | split) & _LOSS_AFTER_ALL and any(_SCORE.fullmatch(word) for word in plain | split)


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
    plain = re.sub(r"_dataloader_idx_\d+$", "", normal(name))
    words = [word for word in _NEGATIVE.sub("nll", plain).split("_") if word]
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
        raise InputError(f"{where}: {role} may be any of {quoted(found, 4)}: choose one with --columns {role}=NAME")
    return found[0]
