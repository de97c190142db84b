"""Which cells are drawn together, and under which names."""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence

from genconv.curves import CellCurves
from genconv.store.results import StoredCell
from genconv.store.study_json import PROTOCOL as IMPORTED


def series(cell: CellCurves) -> str:
    """Name a cell among those of its dataset and protocol: the model, and its variant if it has one."""
    return f"{cell.model} ({cell.variant})" if cell.variant else cell.model


def by_dataset(cells: Iterable[StoredCell]) -> dict[str, list[StoredCell]]:
    """Cells of each dataset, both in alphabetical order."""
    groups: dict[str, list[StoredCell]] = defaultdict(list)
    for cell in sorted(cells, key=lambda cell: (cell.curves.dataset, cell.curves.protocol, series(cell.curves))):
        groups[cell.curves.dataset].append(cell)
    return dict(groups)


def by_protocol(cells: Iterable[CellCurves]) -> dict[tuple[str, str], list[CellCurves]]:
    """Cells of each dataset and protocol, in alphabetical order."""
    groups: dict[tuple[str, str], list[CellCurves]] = defaultdict(list)
    for cell in sorted(cells, key=lambda cell: (cell.dataset, cell.protocol, series(cell))):
        groups[cell.dataset, cell.protocol].append(cell)
    return dict(groups)


def wrapped(text: str, width: int) -> str:
    """Break `text` into lines of at most `width` characters."""
    return "\n".join(textwrap.wrap(text, width)) or text


def panel_title(dataset: str, protocol: str) -> str:
    """Dataset and protocol; imported curves have none to name."""
    return dataset if protocol == IMPORTED else f"{dataset} · {protocol}"


def diverged(cell: CellCurves) -> str:
    """`2 of 10 diverged`; empty if none did."""
    count = int(cell.diverged.sum())
    return f"{count} of {len(cell.seeds)} diverged" if count else ""


def divergence_sentence(cells: Sequence[CellCurves]) -> str:
    """Which cells lost seeds, as a sentence; the protocol is named if there are several."""
    several = len({cell.protocol for cell in cells}) > 1
    lost = [
        f"{series(cell)} ({cell.protocol}) {diverged(cell)}" if several else f"{series(cell)} {diverged(cell)}"
        for cell in cells
        if diverged(cell)
    ]
    return f"Lost seeds: {'; '.join(lost)}." if lost else "No seed diverged."


def seeds_phrase(cells: Sequence[CellCurves]) -> str:
    """`10 seeds`, or `5 to 10 seeds` where cells differ."""
    low, high = min(len(cell.seeds) for cell in cells), max(len(cell.seeds) for cell in cells)
    if low != high:
        return f"{low} to {high} seeds"
    return "one seed" if high == 1 else f"{high} seeds"


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Each name as part of a file name: letters, digits, dot, dash and underscore only, and no two alike."""
    safe: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._-")[:60] or "x"
        taken, number, chosen = {one.lower() for one in safe.values()}, 1, stem
        while chosen.lower() in taken:
            number += 1
            chosen = f"{stem}-{number}"
        safe[name] = chosen
    return safe
