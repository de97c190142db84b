"""More seeds of a command, beside the runs of a baseline that are in the store."""

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from genconv.data.toy.reference import REFERENCES
from genconv.errors import InputError, WorkError, unknown_name
from genconv.experiment.command import Command, Launched
from genconv.experiment.launch import launch
from genconv.experiment.until import Place
from genconv.readers.recorded import recorded_cells
from genconv.store.folders import prepare
from genconv.store.load import load
from genconv.store.recorded import is_recorded, open_recorded
from genconv.store.results import Results, StoredCell
from genconv.store.uncounted import lines

_PAUSE = 1.0
"""Seconds between two looks at runs that another launcher runs."""


class LaunchWork:
    """A command, of which each seed is a run. What has failed is not run again."""

    def __init__(
        self,
        command: Command,
        root: Path,
        most: int,
        seeds: Sequence[int] = (),
        *,
        baseline: str | None = None,
        jobs: int = 1,
        told: Callable[[Launched], None] = lambda _: None,
    ) -> None:
        self.name, self.root = f"{command.model} on {command.dataset}", prepare(root)
        self._command, self._first, self._jobs, self._told = command, tuple(seeds), jobs, told
        self.grown, self._most = baseline is not None, most
        self._baseline = Results(()) if baseline is None else self._results_of(baseline)
        self._launched: dict[int, Launched] = {}

    def seeds(self, count: int) -> tuple[int, ...]:
        """Those that were given first, then the lowest others."""
        others = (seed for seed in range(count + len(self._first)) if seed not in set(self._first))
        return (*self._first, *others)[:count]

    def run(self, cells: Collection[Place] | None, seeds: Sequence[int]) -> None:
        """Run these seeds; those that another launcher runs are waited for."""
        del cells
        left = list(seeds)
        while left:
            found = launch(self._command, left, self.root, self._jobs, self._told)
            self._launched |= {one.seed: one for one in found}
            if left := [one.seed for one in found if one.state == "running"]:
                time.sleep(_PAUSE)

    def outcomes(self) -> list[Launched]:
        """What came of each run, of this call or of an earlier one."""
        found = []
        for seed in self.seeds(self._most):
            folder = self.root / self._command.run(seed).folder_name
            if seed in self._launched:
                found.append(self._launched[seed])
            elif is_recorded(folder):
                before = open_recorded(folder)
                found.append(Launched(seed, before.state, before.reason or "before"))
        return found

    def results(self) -> Results:
        """The finished runs of the command, and the baseline."""
        own = load(self._folders(), REFERENCES, recorded_cells) if self._folders() else Results(())
        if not own.cells:
            raise WorkError(f"no run of {self.name} has a loss: {self._reasons()}")
        if len(own.cells) > 1:
            variants = ", ".join(cell.curves.variant for cell in own)
            raise InputError(f"the runs of {self.name} are several cells ({variants}): --until needs one")
        uncounted = (*own.uncounted, *self._baseline.uncounted)
        return Results((*own.cells, *self._baseline), own.problems, own.notes, uncounted=uncounted)

    def seeds_of(self, cell: StoredCell) -> Sequence[int | None]:
        """The labels of the runs, where these are seeds."""
        return [label if isinstance(label, int) else None for label in cell.curves.seeds]

    def present(self, count: int) -> int:
        """Of the command alone."""
        return sum(is_recorded(self.root / self._command.run(seed).folder_name) for seed in self.seeds(count))

    def _folders(self) -> list[Path]:
        folders = [self.root / self._command.run(seed).folder_name for seed in self.seeds(self._most)]
        return [folder for folder in folders if is_recorded(folder)]

    def _results_of(self, baseline: str) -> Results:
        if baseline == self._command.model:
            raise InputError(
                f"--baseline {baseline}: is the model that is launched; give this command another --model, such as "
                f"{baseline}-2, also where it is the same script with other settings"
            )
        try:
            stored = load([self.root], REFERENCES, recorded_cells)
        except InputError:
            raise InputError(f"--baseline {baseline}: '{self.root}' holds no runs of it; launch them first") from None
        on_dataset = [cell for cell in stored if cell.curves.dataset == self._command.dataset]
        found = tuple(cell for cell in on_dataset if cell.curves.model == baseline)
        place = (self._command.dataset, baseline)
        lost = tuple(run for run in stored.uncounted if (run.dataset, run.model) == place)
        if not found and lost:
            raise InputError(f"--baseline {baseline}: no run of it has a loss: {'; '.join(lines(lost))[:300]}")
        if not found and not on_dataset:
            raise InputError(f"--baseline {baseline}: no run of {self._command.dataset} in '{self.root}' has a loss")
        if not found:
            raise unknown_name("baseline", baseline, {cell.curves.model for cell in on_dataset})
        return Results(found, uncounted=lost)

    def _reasons(self) -> str:
        return "; ".join(
            dict.fromkeys(f"seed {one.seed} {one.state} ({one.reason})" for one in self._launched.values())
        )[:300]
