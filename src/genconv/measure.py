"""What a number says about the likelihood: its kind, its unit, and how it was computed.

Bottom layer. A loss is comparable only with what says the same thing, so every curve and every final number carries a
`Measure`; tables, figures and sentences print it.
"""

from dataclasses import dataclass
from typing import Any, Literal, Self

from genconv.errors import shown

Kind = Literal["exact", "bound", "loss"]
KINDS: tuple[Kind, ...] = ("exact", "bound", "loss")
NATS, BITS_PER_DIM = "nats", "bits/dim"


@dataclass(frozen=True)
class Measure:
    """What a loss says about −log p(x).

    `exact`: it equals −log p(x). `bound`: it is at least −log p(x) (in expectation). `loss`: it says nothing about p.
    """

    kind: Kind = "loss"
    unit: str = ""
    """`nats`, `bits/dim` (nats/(D ln 2)), any other unit of a `loss`, or empty: none is known."""
    method: str = ""
    """How it was computed, where that matters: `ELBO`, `IWAE, k = 64`, `ODE, rtol 1e-5`."""
    name: str = "loss"
    """What a `loss` is called by whoever recorded it; losses of different names are never compared."""
    over: str = ""
    """What p is a law over, where one dataset can be presented in several ways: `256 levels` (a probability),
    `density on [0, 1]`; empty for points and binary pixels. Older stores have no record of it.
    """

    @property
    def says_nll(self) -> bool:
        """Whether it is −log p(x) or a bound of it, in nats: what an entropy can be held against."""
        return self.kind != "loss" and self.unit == NATS

    @property
    def words(self) -> str:
        """What it is, without its unit: `NLL`, `NLL bound (ELBO)`, `NLL (256 levels)`, `loss`."""
        words = {"exact": "NLL", "bound": "NLL bound", "loss": self.name}[self.kind]
        return f"{words} ({self.details})" if self.details else words

    @property
    def details(self) -> str:
        """How it was computed, and what p is a law over: `ELBO, 256 levels`; empty if neither is told."""
        return ", ".join(filter(None, (self.method, self.over)))

    @property
    def label(self) -> str:
        """For axes and columns: `NLL, nats`, `NLL bound (ELBO), nats`, `loss`."""
        return f"{self.words}, {self.unit}" if self.unit else self.words

    def comparable(self, other: "Measure") -> bool:
        """Whether a difference of the two has a meaning: both speak of −log p(x), over the same values and in one unit,
        or are the same loss.
        """
        if (self.kind == "loss") != (other.kind == "loss") or self.unit != other.unit:
            return False
        return self.over == other.over if self.kind != "loss" else self.name == other.name

    def as_json(self) -> dict[str, str]:
        """A plain dictionary, without an empty `over`: identities that rest on it stay."""
        return {name: text for name, text in vars(self).items() if text or name != "over"}

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """The inverse of `as_json`; `ValueError` for anything else."""
        if not isinstance(value, dict) or not value.keys() <= {"kind", "unit", "method", "name", "over"}:
            raise ValueError(f"measure = {shown(value)}")
        if value.get("kind") not in KINDS or not all(isinstance(text, str) for text in value.values()):
            raise ValueError(f"measure = {shown(value)}")
        return cls(**value)


EXACT = Measure("exact", NATS)
ELBO = Measure("bound", NATS, "ELBO")
LOSS = Measure()


def importance_weighted(draws: int) -> Measure:
    """The measure of the importance-weighted bound with so many draws (arXiv 1509.00519, equation 8)."""
    return Measure("bound", NATS, f"IWAE, k = {draws}")
