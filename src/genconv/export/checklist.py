"""Sentences for a reproducibility checklist: what each error bar is, and which factors of variability it holds.

What they answer is question 7 of the NeurIPS paper checklist: "the factors of variability that the error bars are
capturing should be clearly stated", with the method, the assumptions, and whether it is a deviation or an error.
"""

from collections.abc import Sequence
from pathlib import Path

from genconv.coordinates import Coordinates
from genconv.curves import CellCurves
from genconv.errors import printable
from genconv.export.files import write_text
from genconv.report.format import counted, listed
from genconv.store.results import Results, StoredCell

NAME = "checklist.md"
FACTORS = {
    "data": "the sample of the data",
    "init": "the initial weights",
    "order": "the order of the training examples",
    "noise": "the random numbers of latent variables, binarization and dequantization",
    "perturbation": "which bit of the weights is flipped",
    "flip_at": "when that bit is flipped",
}
"""Stream of random numbers → what it varies, in words."""


def write_checklist(results: Results, folder: Path, level: float = 0.95) -> list[Path]:
    """`checklist.md`."""
    return [write_text(folder / NAME, checklist(results, level))]


def checklist(results: Results, level: float = 0.95) -> str:
    """The sentences, one for cells whose error bars hold the same factors over as many runs."""
    groups: dict[str, list[CellCurves]] = {}
    for cell in results.cells:
        groups.setdefault(_sentences(cell), []).append(cell.curves)
    parts = [
        "# Statistical significance\n",
        f"Error bars are {100 * level:g} % confidence intervals of the mean by Student's t over independent training "
        "runs, not standard deviations or standard errors. They assume that the means of such runs are about "
        "normally distributed. The unit of analysis is a training run.\n",
    ]
    parts += [f"**{_labels(cells)}.** {sentences}{_diverged(cells)}\n" for sentences, cells in groups.items()]
    return "\n".join(parts)


def _labels(cells: Sequence[CellCurves]) -> str:
    return listed([printable(cell.label) for cell in cells])


def _sentences(cell: StoredCell) -> str:
    curves = cell.curves
    count = counted(len(curves.seeds), "run")
    if len(curves.seeds) < 2:
        return f"There is {count}, and no error bar."
    if curves.coordinates is None:
        return f"Over {count} that were trained elsewhere. {_elsewhere(cell)}"
    varying, fixed = factors(curves.coordinates)
    if not varying:
        return f"Over {count}, which differ in nothing that is on record."
    held = f" The same for all runs: {listed([FACTORS[name] for name in fixed])}." if fixed else ""
    together = _together(curves.coordinates, varying)
    return f"Over {count}, which differ in {listed([FACTORS[name] for name in varying])}.{together}{held}"


def factors(runs: Sequence[Coordinates]) -> tuple[list[str], list[str]]:
    """The streams that vary between runs, and those that do not; a stream that is not used is neither."""
    varying = [name for name in Coordinates._fields if len({getattr(run, name) for run in runs}) > 1]
    used = [name for name in Coordinates._fields if any(_is_used(name, getattr(run, name)) for run in runs)]
    return varying, [name for name in used if name not in varying]


def _is_used(name: str, value: int | None) -> bool:
    return value is not None and not (name == "flip_at" and value == 0)


def _together(runs: Sequence[Coordinates], varying: Sequence[str]) -> str:
    """Whether the bars can tell the factors apart."""
    if len(varying) < 2:
        return ""
    values = {tuple(getattr(run, name) for name in varying) for run in runs}
    each = [len({getattr(run, name) for run in runs}) for name in varying]
    alike = all(count == len(values) for count in each)
    if alike:
        return " They vary together, so their shares are not told apart."
    return (
        " They are crossed: runs that share one of them are not independent, which the interval does not account for."
    )


def _elsewhere(cell: StoredCell) -> str:
    differing = {} if cell.imported is None else cell.imported.differing_settings
    names = [f"{name} ({', '.join(list(dict.fromkeys(values))[:3])})" for name, values in differing.items()]
    more = f" Besides, they differ in {listed([printable(name) for name in names], 6)}." if names else ""
    return f"Their seeds are those of the source; what a seed varied there is not on record.{more}"


def _diverged(cells: Sequence[CellCurves]) -> str:
    """How many runs the error bars leave out."""
    counts = [(cell, int(cell.diverged.sum())) for cell in cells]
    lost = [f"{count} of {len(cell.seeds)} ({printable(cell.label)})" for cell, count in counts if count]
    return f" Diverged, counted and left out of means: {listed(lost, 6)}." if lost else " No run diverged."
