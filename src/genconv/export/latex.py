r"""Tables for a paper: LaTeX with `booktabs`, one a dataset, numbers with as many digits as their spread allows."""

import math
from collections.abc import Sequence
from pathlib import Path

from genconv.export.files import write_text
from genconv.export.runs import model_names
from genconv.measure import LOSS
from genconv.metrics.likelihood import BEST_ESTIMATE
from genconv.metrics.registry import metric_named
from genconv.metrics.spec import Metric
from genconv.metrics.summary import ABSENT
from genconv.report.tables.metrics import measures_text, shown_metrics
from genconv.statistics.summary import CellEstimate, estimate
from genconv.store.results import Results

NAME = "tables.tex"
DEFAULT = ("test_nll", "last", "min")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "×": r"$\times$",
    "−": "$-$",
    "·": r"$\cdot$",
    "₀": "$_0$",
}
_ABOVE = 1e5
"""Size from which a number is written with a power of ten."""


def write_latex(results: Results, folder: Path, metrics: Sequence[str] = (), level: float = 0.95) -> list[Path]:
    r"""`tables.tex`, to be read in by `\input`; `metrics` are those of `genconv metrics`, by default a few."""
    names = model_names(results.cells)
    cells = [estimate(curves, "corrected", level=level) for curves in results.curves]
    wanted = [metric_named(name) for name in metrics] or _default(cells)
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    tables = []
    for dataset in datasets:
        rows = [(name, cell) for name, cell in zip(names, cells, strict=True) if cell.dataset == dataset]
        tables.append(table(dataset, rows, wanted, level))
    text = "% made by genconv export; needs \\usepackage{booktabs}\n\n" + "\n".join(tables)
    return [write_text(folder / NAME, text)]


def _default(cells: Sequence[CellEstimate]) -> list[Metric]:
    return [metric for metric in shown_metrics(cells) if metric.name in DEFAULT]


def table(dataset: str, rows: Sequence[tuple[str, CellEstimate]], metrics: Sequence[Metric], level: float) -> str:
    """A `table` environment: model, runs, diverged, and the mean of each metric with the half-width of its interval."""
    metrics = [metric for metric in metrics if any(cell.metrics.get(metric.name, ABSENT).n for _, cell in rows)]
    header = ["Model", "Runs", "Diverged", *(escaped(metric.title) for metric in metrics)]
    lines = [
        [escaped(name), str(cell.seeds), str(cell.diverged), *(_cell(cell, metric) for metric in metrics)]
        for name, cell in rows
    ]
    body = "\n".join(f"    {' & '.join(line)} \\\\" for line in lines)
    return (
        "\\begin{table}\n  \\centering\n"
        f"  \\caption{{{_caption(dataset, [cell for _, cell in rows], level)}}}\n"
        f"  \\label{{tab:{_label(dataset)}}}\n"
        f"  \\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}\n    \\toprule\n"
        f"    {' & '.join(header)} \\\\\n    \\midrule\n{body}\n    \\bottomrule\n"
        "  \\end{tabular}\n\\end{table}\n"
    )


def _caption(dataset: str, cells: Sequence[CellEstimate], level: float) -> str:
    losses = measures_text(cells, lambda cell: cell.measure)
    says = "" if losses == LOSS.label else f"Losses: {losses}. "
    if final := measures_text(cells, lambda cell: cell.measures.get(BEST_ESTIMATE)):
        says += f"{metric_named(BEST_ESTIMATE).title}: {final}. "
    text = (
        f"{dataset}: mean over independent runs ± half-width of its {100 * level:g} % confidence interval (Student t). "
        f"{says}Diverged runs are counted and left out of the means"
    )
    left_out = any(0 < cell.metrics[name].n < cell.seeds for cell in cells for name in cell.metrics)
    return escaped(f"{text}; where some are, the number of runs stands in brackets." if left_out else f"{text}.")


def _cell(cell: CellEstimate, metric: Metric) -> str:
    summary = cell.metrics.get(metric.name, ABSENT)
    if summary.n == 0:
        return "--"
    found = cell.estimates[metric.name].mean_interval
    half = math.nan if found is None else (found.high - found.low) / 2
    text = with_spread(summary.mean, half, metric.digits)
    return text if summary.n == cell.seeds else f"{text} ({summary.n})"


def with_spread(mean: float, half: float, digits: int = 2) -> str:
    r"""`$2.913 \pm 0.023$`: two digits of the half-width decide how many the mean has; without one, `digits` decimals.

    Numbers from 10⁵ share a power of ten: `$(4.61 \pm 0.12) \times 10^{5}$`.
    """
    if not math.isfinite(mean):
        return "--" if math.isnan(mean) else r"$\infty$" if mean > 0 else r"$-\infty$"
    if abs(mean) >= _ABOVE:
        power = math.floor(math.log10(abs(mean)))
        scaled = with_spread(mean / 10**power, half / 10**power, digits).strip("$")
        return rf"$({scaled}) \times 10^{{{power}}}$" if r"\pm" in scaled else rf"${scaled} \times 10^{{{power}}}$"
    if not math.isfinite(half):
        return f"${mean:z.{digits}f}$"
    if half == 0:
        return rf"${mean:z.{digits}f} \pm 0$"
    decimals = max(0, 1 - math.floor(math.log10(half)))
    if decimals > 12:
        return rf"${mean:.12g} \pm {half:.1e}$"
    return rf"${mean:z.{decimals}f} \pm {half:.{decimals}f}$"


def escaped(text: str) -> str:
    """Text that LaTeX prints as it is."""
    return "".join(_SPECIAL.get(character, character) for character in text).replace("±", r"$\pm$")


def _label(dataset: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in dataset)
