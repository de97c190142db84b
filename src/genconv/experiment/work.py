"""The loop of every worker: claim a block, work on it, and so on until nothing is left."""

import time
from collections.abc import Sequence
from functools import partial

from genconv.experiment.observer import Observer
from genconv.experiment.work_cell import WorkCell
from genconv.store.checkpoints import tidy
from genconv.store.claims import Taken
from genconv.store.lock import TakenOverError, holder, owner
from genconv.store.status import drop_abandoned

_PAUSE = 1.0
"""Seconds between two looks at runs that another process works on."""


class Work:
    """Cells to work on in this process, a block after another."""

    def __init__(self, cells: Sequence[WorkCell], observer: Observer, *, wait: bool = True) -> None:
        """`wait` for blocks that other workers hold, to take them over if these die; else leave them to them."""
        self._left, self._observer, self._wait = list(cells), observer, wait
        self._taken: dict[str, Taken] = {}
        self._last = False
        """Whether nothing is left but what others hold, and saved states that cannot go on are given up by now."""

    def run(self) -> bool:
        """Work until nothing is left, or only what others work on; whether nothing is left."""
        while self._left:
            self._left = [one for one in self._left if not self._done(one)]
            if self._left and self._last:
                if not self._wait:
                    return False
                time.sleep(_PAUSE)
            self._last = True
        return True

    def _done(self, one: WorkCell) -> bool:
        """Do what can be done of a cell now; whether nothing of it is left."""
        taken = self._taken.get(one.identity)
        if taken is not None and not taken.unusable and all(map(holder, taken.locks)):
            return False
        while True:
            block = one.claims.next(one.missing, partial(one.usable, last=self._last), one.most())
            if block is None:
                one.claims.remove_useless(one.stored)
                return True
            if isinstance(block, Taken):
                self._left_to_others(one, block)
                return False
            try:
                with one.claims.released(block):
                    one.work(block)
            except TakenOverError as error:
                self._observer.warned(f"{one.name}: {error}; its {len(block.runs)} runs are left to it")
                return False

    def _left_to_others(self, one: WorkCell, taken: Taken) -> None:
        told = self._taken.get(one.identity)
        self._taken[one.identity] = taken
        for lock in taken.locks:
            if told is None or lock not in told.locks:
                self._observer.warned(f"{one.name} is {one.at_work} by {owner(lock)}: left to it")


def tidied(cells: Sequence[WorkCell]) -> None:
    """Remove the folder of cells in training if nothing is left in it but what killed processes have left."""
    for root in {one.claims.root for one in cells}:
        drop_abandoned(root)
        tidy(root)
