"""Which cells are drawn together, and under which names."""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence

from genconv.coordinates import RunLabel
from genconv.curves import CellCurves
from genconv.measure import Measure
from genconv.readers.names import UNKNOWN
from genconv.report.format import counted, listed
from genconv.report.order import best_first
from genconv.report.unbroken import NO_BREAK, unbroken
from genconv.store.results import StoredCell
from genconv.store.study_json import PROTOCOL as IMPORTED

_PARTS = re.compile(r"(?<==)|(?<=[.(/_-])(?=[^.=(/_\d-])")
"""Where a word that is too long for its line is broken: never inside a number."""


def series(cell: CellCurves) -> str:
    """Name a cell among those of its dataset and protocol: the model, and its variant if it has one."""
    return f"{cell.model} ({cell.variant})" if cell.variant else cell.model


def series_names(cells: Sequence[StoredCell]) -> list[str]:
    """Name cells of one dataset, with the protocol where there are several."""
    several = len({cell.curves.protocol for cell in cells}) > 1
    return [f"{series(cell.curves)} · {cell.curves.protocol}" if several else series(cell.curves) for cell in cells]


def by_dataset(cells: Iterable[StoredCell]) -> dict[str, list[StoredCell]]:
    """Cells of each dataset, in alphabetical order: those whose losses may share an axis together, the best first."""
    groups: dict[str, list[StoredCell]] = defaultdict(list)
    for cell in sorted(cells, key=lambda cell: (cell.curves.dataset, *_standing(cell.curves))):
        groups[cell.curves.dataset].append(cell)
    return {dataset: [cell for one in by_measure(group).values() for cell in one] for dataset, group in groups.items()}


def by_protocol(cells: Iterable[CellCurves]) -> dict[tuple[str, str], list[CellCurves]]:
    """Cells of each dataset and protocol, in alphabetical order; among them the best first."""
    groups: dict[tuple[str, str], list[CellCurves]] = defaultdict(list)
    for cell in sorted(cells, key=lambda cell: (cell.dataset, *_standing(cell))):
        groups[cell.dataset, cell.protocol].append(cell)
    return dict(groups)


def _standing(cell: CellCurves) -> tuple[str, tuple[float, float], str]:
    return cell.protocol, best_first(cell), series(cell)


def by_measure(cells: Iterable[StoredCell]) -> dict[str, list[StoredCell]]:
    """Cells whose losses may share an axis, by what these say: `NLL, nats`, or the name of another loss.

    Exact values and bounds of −log p(x) share one; their series then carry what each says (`measured_series`).
    """
    groups: dict[str, list[StoredCell]] = defaultdict(list)
    for cell in cells:
        measure = cell.curves.measure
        exact = Measure("exact", measure.unit, over=measure.over)
        groups[measure.label if measure.kind == "loss" else exact.label].append(cell)
    return dict(sorted(groups.items(), key=lambda group: (group[1][0].curves.measure.kind == "loss", group[0])))


def measured_series(cell: CellCurves, beside: Sequence[CellCurves], name: str = "") -> str:
    """The `name`, or `series`, with what the loss says where cells `beside` it differ: `vae: NLL bound (ELBO)`."""
    several = len({one.measure for one in beside}) > 1
    return f"{name or series(cell)}: {cell.measure.words}" if several else name or series(cell)


def kinds_note(cells: Sequence[CellCurves]) -> str:
    """What the losses say where they say several things, and what that means for a reader; empty for one kind."""
    words = said_by((series(cell), cell.measure) for cell in cells)
    return bound_note((cell.measure for cell in cells), words)


def bound_note(measures: Iterable[Measure | None], words: str = "") -> str:
    """What a caption says where bounds stand beside exact values or other bounds; empty where none do.

    `words`: what the numbers of each name say, where the figure itself does not tell.
    """
    known = {measure for measure in measures if measure is not None and measure.kind != "loss"}
    if len(known) < 2 or all(measure.kind == "exact" for measure in known):
        return ""
    return f"Numbers are taken as they are{f' ({words})' * bool(words)}: the NLL of a model with a bound may be lower."


def said_by(numbers: Iterable[tuple[str, Measure | None]]) -> str:
    """What the numbers of each name say: `NLL, nats`, or `flow: NLL, nats; lvae and vae: NLL bound (ELBO), nats`."""
    groups: dict[str, dict[str, None]] = {}
    for name, measure in numbers:
        if measure is not None:
            groups.setdefault(measure.label, {})[name] = None
    if len(groups) < 2:
        return next(iter(groups), "")
    return "; ".join(f"{listed(list(names))}: {label}" for label, names in groups.items())


def loss_label(cells: Sequence[CellCurves]) -> str:
    """What the losses of comparable cells say, for an axis: `NLL, nats`, `NLL or its bound, nats`, `loss`."""
    measures = {cell.measure for cell in cells}
    if len(measures) == 1:
        return measures.pop().label
    kinds = {measure.kind for measure in measures}
    words = "NLL bound" if kinds == {"bound"} else "NLL or its bound" if "loss" not in kinds else "loss"
    laws = {measure.over for measure in measures} - {""}
    words += f" ({listed(sorted(laws))})" if laws else ""
    unit = loss_unit(cells)
    return f"{words}, {unit}" if unit else words


def loss_unit(cells: Sequence[CellCurves]) -> str:
    """The unit of the losses; empty if there is none, or more than one."""
    units = {cell.measure.unit for cell in cells}
    return units.pop() if len(units) == 1 else ""


def says_nll(cells: Sequence[CellCurves]) -> bool:
    """Whether an entropy may be held against the losses of all these cells."""
    return all(cell.measure.says_nll for cell in cells)


def wrapped(text: str, width: int) -> str:
    """Lines of at most `width` characters: broken at spaces, not in `7 of 8`, and in long words at `=`, `.`, `_`."""
    lines = [""]
    for word in re.split(r"[ \t\n]+", unbroken(text.strip())):  # a no-break space is part of a word
        parts = [word] if len(word) <= width else [part for part in _PARTS.split(word) if part]
        for place, part in enumerate(parts):
            joined = f"{lines[-1]} {part}" if lines[-1] and place == 0 else lines[-1] + part
            if len(joined) <= width or not lines[-1]:
                lines[-1] = joined
            else:
                lines.append(part)
    cut = "\n".join(part for line in lines for part in textwrap.wrap(line, width)) or text
    return cut.replace(NO_BREAK, " ")


def dataset_words(dataset: str) -> str:
    """The dataset in a heading or sentence: that of an import which nobody named is not called `unknown`."""
    return "a dataset without a name" if dataset == UNKNOWN else dataset


def panel_title(dataset: str, protocol: str) -> str:
    """Dataset and protocol; imported curves have none to name."""
    return dataset_words(dataset) if protocol == IMPORTED else f"{dataset} · {protocol}"


def diverged(cell: CellCurves) -> str:
    """`2 of 10 diverged`; empty if none did."""
    count = int(cell.diverged.sum())
    return f"{count} of {len(cell.seeds)} diverged" if count else ""


def divergence_sentence(cells: Sequence[CellCurves]) -> str:
    """Which cells have diverged runs, as a sentence; the protocol is named if there are several."""
    several = len({cell.protocol for cell in cells}) > 1
    which = [
        f"{series(cell)} ({cell.protocol}) {diverged(cell)}" if several else f"{series(cell)} {diverged(cell)}"
        for cell in cells
        if diverged(cell)
    ]
    return f"Diverged runs: {'; '.join(which)}." if which else "No run diverged."


def run_name(label: RunLabel) -> str:
    """`seed 3`, or the coordinates of a run that has no seed."""
    return f"seed {label}" if isinstance(label, int) else label


def runs_phrase(cells: Sequence[CellCurves]) -> str:
    """`10 seeds`, or `5 to 10 seeds` where cells differ; `runs` where some are at coordinates of their own."""
    low, high = min(len(cell.seeds) for cell in cells), max(len(cell.seeds) for cell in cells)
    noun = "seed" if all(isinstance(label, int) for cell in cells for label in cell.seeds) else "run"
    if low != high:
        return f"{low} to {high} {noun}s"
    return f"one {noun}" if high == 1 else counted(high, noun)


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Each name as part of a file name: letters, digits, dash and underscore only, and no two alike.

    No dot, for LaTeX takes the first one of a name for that of its ending.
    """
    safe: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")[:60] or "x"
        taken, number, chosen = {one.lower() for one in safe.values()}, 1, stem
        while chosen.lower() in taken:
            number += 1
            chosen = f"{stem}-{number}"
        safe[name] = chosen
    return safe


def counted_in(cells: Iterable[CellCurves]) -> str:
    """What the places of curves count: `epochs`, `steps`, or `epochs or steps` of cells that count both."""
    return " or ".join(sorted({cell.counted for cell in cells})) or "epochs"


def one_counted(cells: Iterable[CellCurves]) -> str:
    """The same in the singular: `epoch`."""
    return " or ".join(word.removesuffix("s") for word in counted_in(cells).split(" or "))
