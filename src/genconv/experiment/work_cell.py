"""What a worker needs of a cell, whether its runs are trained in one program or launched as processes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from genconv.coordinates import Coordinates
from genconv.experiment.observer import PlannedCell
from genconv.store.claims import Claim, Claims


class WorkCell(ABC):
    """A cell of a study, with the runs that the study wants of it."""

    runs: Sequence[Coordinates]
    claims: Claims
    at_work: ClassVar[str]
    """What it is while somebody works on it, in words: `in training`."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """64 hexadecimal digits."""

    @property
    @abstractmethod
    def name(self) -> str:
        """`vae on rings`."""

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """All that makes it this cell, nested."""

    @abstractmethod
    def begin(self, start: int, workers: int) -> None:
        """The study is at this start, and as many workers share the cell."""

    @abstractmethod
    def check(self, *, here: bool) -> None:
        """`InputError` before any work for what cannot be, such as data that cannot be read.

        `here`: the work is done on this machine.
        """

    @abstractmethod
    def notes(self) -> Sequence[str]:
        """What the user should know before any work, a line each."""

    @abstractmethod
    def planned(self, missing: Sequence[Coordinates]) -> PlannedCell:
        """What there is, and what is missing, in words."""

    @abstractmethod
    def folder(self, run: Coordinates) -> Path:
        """Where the run is stored, or will be."""

    @abstractmethod
    def missing(self, *, warn: bool = False) -> Sequence[Coordinates]:
        """The runs that are neither stored nor failed for good; `warn` of those that are damaged."""

    @abstractmethod
    def stored(self, run: Coordinates) -> bool:
        """Whether the run is over."""

    @abstractmethod
    def failed(self) -> int:
        """How many of the runs have failed for good."""

    @abstractmethod
    def usable(self, folder: Path, runs: Sequence[Coordinates], *, last: bool) -> bool:
        """Whether the saved state of these runs may go on here, or start again; `last`: nothing else is left."""

    @abstractmethod
    def most(self) -> int:
        """How many runs make a block, at most."""

    @abstractmethod
    def work(self, block: Claim) -> None:
        """Train or launch the runs of a block; whatever interrupts it leaves what is needed to go on."""

    @abstractmethod
    def made_with(self) -> dict[str, Any]:
        """What all workers have to agree on, so that the study's runs have the same bits."""
