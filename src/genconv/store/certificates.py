"""What `genconv certify` found of a cell: a file `certificate-CELL.json` in the store."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from genconv.errors import InputError
from genconv.store.files import one_line, read_json, unwritten, write_json
from genconv.store.writing import write_file

FORMAT = 1
_DIGITS = 16


@dataclass(frozen=True)
class Trial:
    """The same seeds trained in another way."""

    way: str
    """`alone`, `vectorised`, …"""
    must_agree: bool
    """Whether the arithmetic is the same, so that other bits are a fault."""
    bits: bool
    """Whether every number of the curves has the same bits."""
    deviations: tuple[float, ...]
    """By epoch the largest difference of a loss of the curves, over seeds; infinite where a number met none."""
    ended_otherwise: int
    """Seeds that diverged here and not there, or at another step."""
    law: Mapping[str, float] | None
    """pairs, difference, low, high (standard deviations over seeds), power; None where the bits agree, or with too few
    seeds.
    """
    law_equal: bool | None
    """Whether the mean of the last validation loss is the same up to 0.1 standard deviations over seeds;
    None where that is not decided.
    """
    fault: str = ""
    """Why the model is not what it should be; empty if it is."""

    @property
    def deviation(self) -> float:
        """The largest one of all epochs."""
        return max(self.deviations, default=0.0)


@dataclass(frozen=True)
class Certificate:
    """The trials of one cell."""

    cell: str
    """The identity of the cell."""
    name: str
    """`vae on rings`."""
    usual: str
    """What all trials are compared with: `map on 2 cpu device(s)`."""
    seeds: int
    epochs: int
    trials: tuple[Trial, ...]
    diverged: int
    """Seeds that diverged in the usual way; they have no number from then on."""

    @property
    def faults(self) -> list[str]:
        """A line for each trial that shows that a run depends on its company."""
        return [f"{trial.way}: {trial.fault}" for trial in self.trials if trial.fault]

    @property
    def sentence(self) -> str:
        """`bits equal under …; mean equal within 0.1 sd under …`; a way that has a fault is under neither."""
        other = [trial for trial in self.trials if not trial.bits and not trial.fault]
        groups = {
            "bits equal under": [trial.way for trial in self.trials if trial.bits],
            "mean equal within 0.1 sd under": [trial.way for trial in other if trial.law_equal],
            "mean differs by more than 0.1 sd under": [trial.way for trial in other if trial.law_equal is False],
            "mean not decided under": [trial.way for trial in other if trial.law_equal is None],
            "depends on its company under": [trial.way for trial in self.trials if trial.fault],
        }
        found = [f"{words} {', '.join(ways)}" for words, ways in groups.items() if ways]
        if self.diverged:
            found.insert(0, f"{self.diverged} of {self.seeds} seeds diverged, and were compared until then")
        return "; ".join(found)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of `asdict`; `KeyError`, `TypeError` or `ValueError` if it is something else."""
        trials = tuple(
            Trial(**{**one, "deviations": tuple(float("inf") if v is None else float(v) for v in one["deviations"])})
            for one in value["trials"]
        )
        plain = {key: value[key] for key in ("cell", "name", "usual", "seeds", "epochs", "diverged")}
        return cls(**plain, trials=trials)


def save_certificate(root: Path, certificate: Certificate) -> Path:
    """Write it into the store; `WorkError` if that fails."""
    about = asdict(certificate)
    for trial in about["trials"]:
        trial["deviations"] = [v if v < float("inf") else None for v in trial["deviations"]]
    path = _path(root, certificate.cell)
    try:
        root.mkdir(parents=True, exist_ok=True)
        write_file(path, lambda file: write_json(file, {"format": FORMAT, **about}))
    except OSError as error:
        raise unwritten(f"cannot write {path}", root, error) from None
    return path


def certificate_of(root: Path, cell: str) -> Certificate | None:
    """That of the cell of this identity in a store; None if there is none, or if it cannot be read."""
    path = _path(root, cell)
    if not path.is_file():
        return None
    try:
        return Certificate.from_json(read_json(path))
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no certificate ({one_line(error)})") from None


def _path(root: Path, cell: str) -> Path:
    return root / f"certificate-{cell[:_DIGITS]}.json"
