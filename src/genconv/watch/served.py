"""What is served: the page of the runs that are over, made anew now and then, and what is in training, at every ask."""

import json
import threading
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from genconv.data.toy.reference import REFERENCES
from genconv.errors import GenconvError
from genconv.readers.launched_now import ReadNow
from genconv.readers.recorded import recorded_cells
from genconv.report.page.live import finished_page, waiting_page, with_training
from genconv.report.page.training import Training
from genconv.store.in_training import Growing, InTraining
from genconv.store.load import load
from genconv.store.status import statuses

_SHARE = 100.0
"""The page of finished runs is made anew after so many times the computing time that it took, while runs train."""
_LONGEST = 600.0
"""Seconds after which it is made anew in any case."""
_NAP = 0.2
_ASKED = 10.0
"""Seconds after the last request in which somebody is taken to be there."""
_REUSED = 0.4
"""Seconds in which another request gets the same answer."""


class Served:
    """A store with its page. Requests come from several threads; nothing is done while nobody asks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._store, self._guard = InTraining(root, ReadNow()), threading.Lock()
        self._looked, self._asked = -_REUSED, time.monotonic()
        self._training = Training.of(Growing((), (), (), ()), ())
        self._over: tuple[Path, ...] = ()
        """Folders of the runs that are over."""
        self._page, self._number = waiting_page(root.name), 0
        self._made_of: tuple[Path, ...] | None = None
        self._made, self._cost = 0.0, 0.0
        self._wanted = False

    def keep(self) -> None:
        """Make the page anew, in this thread, whenever that is due; never returns."""
        self.training()
        while True:
            if time.monotonic() - self._asked < _ASKED and self._is_due():
                self._make()
            time.sleep(_NAP)

    def training(self, *, asked: bool = False) -> Training:
        """What is in training now."""
        with self._guard:
            now = time.monotonic()
            self._asked = now if asked else self._asked
            if now - self._looked >= _REUSED:
                found = self._store.look()
                self._training, self._over = Training.of(found, statuses(self.root)), found.finished
                self._looked = time.monotonic()
            return self._training

    def page(self) -> str:
        """The whole page as it is now."""
        training = self.training(asked=True)
        return with_training(self._page, training, self._version(training))

    def update(self, names: Sequence[str], *, now: bool = False) -> tuple[str, str]:
        """What is in training, as JSON, and its version. `now`: the rest of the page shall be made anew at once."""
        training = self.training(asked=True)
        self._wanted = self._wanted or now
        behind = len(set(self._over) - set(self._made_of or ()))
        found = {**training.data(names), "page": self._version(training), "behind": behind}
        text = json.dumps(found, separators=(",", ":"), allow_nan=False)
        return text, sha256(text.encode()).hexdigest()[:16]

    def _version(self, training: Training) -> str:
        """Of the page as a whole: another one has other parts."""
        return f"{self._number}-{training.structure}"

    def _is_due(self) -> bool:
        if self._over == self._made_of:
            return False
        if self._made_of is None or self._wanted or not self._training.is_busy:
            return True
        return time.monotonic() - self._made >= min(_SHARE * self._cost, _LONGEST)

    def _make(self) -> None:
        began, over = time.thread_time(), self._over
        self._wanted = False
        files = over or tuple(sorted(self.root.glob("*_*_*.json")))
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                page = finished_page(load(files, REFERENCES, recorded_cells)) if files else waiting_page(self.root.name)
        except GenconvError as error:
            page = waiting_page(self.root.name, str(error))
        self._page, self._number, self._made_of = page, self._number + 1, over
        self._made, self._cost = time.monotonic(), time.thread_time() - began
