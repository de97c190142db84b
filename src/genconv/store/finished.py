"""Which runs of a study are in the store already, whatever format or fields they were stored with."""

from collections import defaultdict
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from genconv.config.run import Cell, Run
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.store.files import read_json
from genconv.store.folders import CONFIG, folder_name, stored_runs
from genconv.store.runs import run_of
from genconv.store.upgrades import checked_format, upgraded_config

Complete = Callable[[Cell], Cell]
"""A stored cell with today's fields of its model and dataset filled in; `InputError` for one that does not fit them."""


class FinishedRuns:
    """The run folders under `root`, found by their configuration in today's words.

    A run that was stored by this version has the name that follows from its configuration. Any other is looked for in
    an index of all stored configurations, which is made once, when it is first needed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, dict[Coordinates, Path]] = {}

    def folder(self, run: Run, complete: Complete) -> Path | None:
        """Where the run is stored; None if it is not. Its files are not looked at."""
        if (named := self._root / folder_name(run)).exists():
            return named
        return self._older(run.cell, complete).get(run.coordinates)

    def _older(self, cell: Cell, complete: Complete) -> dict[Coordinates, Path]:
        """The folders of the cell's runs, by coordinates."""
        if cell.identity not in self._folders:
            found: dict[Coordinates, Path] = {}
            for stored, folders in self._index[cell.dataset, cell.model, cell.protocol]:
                try:
                    same = complete(stored) == cell
                except InputError:
                    continue
                if same:
                    found |= folders
            self._folders[cell.identity] = found
        return self._folders[cell.identity]

    @cached_property
    def _index(self) -> dict[tuple[str, str, str], list[tuple[Cell, dict[Coordinates, Path]]]]:
        """For each dataset, model and protocol the cells that are stored, and the folders of their runs."""
        cells: dict[int, tuple[Cell, dict[Coordinates, Path]]] = {}
        for folder in stored_runs(self._root):
            try:
                config = read_json(folder / CONFIG)
                checked_format(config, folder)
                run = run_of(upgraded_config(config))
            except (InputError, KeyError, TypeError, ValueError):
                continue  # whoever opens it is told
            cells.setdefault(id(run.cell), (run.cell, {}))[1][run.coordinates] = folder
        index = defaultdict(list)
        for cell, folders in cells.values():
            index[cell.dataset, cell.model, cell.protocol].append((cell, folders))
        return index
