"""The commands that come next, for the runs of one call: none of them ends with an error."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genconv.coordinates import Coordinates
    from genconv.store.results import Results, StoredCell

_SEED = re.compile(r"-s\d+-[0-9a-f]+$")
"""How the name of the folder of a plain run ends."""


def next_line(results: "Results", output: Path, last: str) -> str:
    """`next: genconv compare runs, genconv report runs`; `last` is the command that comes after the first."""
    commands = [["genconv", name, str(output)] for name in (_first(results.cells, output), last)]
    commands += [["genconv", "replay", path] for path in _diverged(results.cells)[:1]]
    return f"next: {', '.join(map(shlex.join, commands))}"


def read_next(store: Path) -> str:
    """`next: genconv metrics runs, genconv report runs`, for runs of other programs."""
    return f"next: {', '.join(shlex.join(['genconv', name, str(store)]) for name in ('metrics', 'report'))}"


def _first(cells: Sequence["StoredCell"], output: Path) -> str:
    from genconv.store.dependence import shared_streams  # noqa: PLC0415  it needs numpy
    from genconv.store.run_coordinates import coordinates_of  # noqa: PLC0415

    designs = [found for cell in cells if shared_streams(found := coordinates_of(cell) or ())]
    if designs:
        return "variance" if any(map(_crossed, designs)) else "twins"
    datasets = [cell.curves.dataset for cell in cells]
    several = len(set(datasets)) < len(datasets) or any(_others(cell, output) for cell in cells)
    return "compare" if several else "metrics"


def _crossed(runs: Sequence["Coordinates"]) -> bool:
    """Whether a stream varies while another stays, so that their shares can be told; not so of seeds with twins."""
    streams = list(zip(*((one.init, one.order, one.noise, one.data) for one in runs), strict=True))
    return len(set(zip(*streams, strict=True))) > max(len(set(one)) for one in streams)


def _others(cell: "StoredCell", output: Path) -> bool:
    """Whether the store has, by their names, runs of another cell of the same dataset."""
    from genconv.store.folders import stored_runs  # noqa: PLC0415  it needs numpy

    own = {_SEED.sub("", run.path.name) for run in cell.runs if _SEED.search(run.path.name)}
    if not own:
        return False
    names = [path.name for path in stored_runs(output)]
    dataset = {name.removesuffix(f"-{cell.curves.model}-{cell.curves.protocol}") for name in own}
    return any(
        _SEED.sub("", name) not in own and name.startswith(f"{begin}-") and _SEED.search(name)
        for name in names
        for begin in dataset
    )


def _diverged(cells: Sequence["StoredCell"]) -> list[str]:
    """The folders of runs that diverged."""
    return [
        str(run.path)
        for cell in cells
        for run, divergence in zip(cell.runs, cell.curves.divergences, strict=False)
        if divergence is not None
    ]
