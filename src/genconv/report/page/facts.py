"""What the page tells of how the numbers came about: diverged runs, configuration, environment, the data's entropy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genconv.curves import CellCurves
from genconv.errors import InputError
from genconv.report.format import NO_NUMBER, listed, number
from genconv.report.labels import run_name
from genconv.report.page.table import PageTable
from genconv.store.certificates import certificate_of
from genconv.store.imported import ImportedCell
from genconv.store.results import StoredCell
from genconv.store.runs import EPOCH_SECONDS, StoredRun
from genconv.store.uncounted import UncountedRun


@dataclass(frozen=True)
class Titled:
    """Key and value pairs of one cell."""

    title: str
    pairs: tuple[tuple[str, str], ...]


def diverged_table(cells: Sequence[CellCurves]) -> PageTable | None:
    """Cell, cause, run, epoch and step of every divergence; None without any."""
    rows = [
        (
            cell.label,
            divergence.cause,
            run_name(label),
            str(divergence.epoch),
            NO_NUMBER if divergence.step is None else str(divergence.step),
        )
        for cell in cells
        for label, divergence in zip(cell.seeds, cell.divergences, strict=True)
        if divergence is not None
    ]
    caption = "Epochs and optimizer steps count from 0; a dash where the step is not on record."
    return PageTable("diverged-runs", caption, ("cell", "cause", "run", "epoch", "step"), 3, rows) if rows else None


def uncounted_table(runs: Sequence[UncountedRun]) -> PageTable | None:
    """Recorded runs that are in no number, and why; None without any."""
    rows = [(run.cell, run_name(run.run), run.state, run.reason or NO_NUMBER) for run in runs]
    caption = "Of a failed run the reason is its exit code or signal with its last line, or that it left no losses."
    return PageTable("uncounted-runs", caption, ("cell", "run", "state", "why"), 4, rows) if rows else None


def configurations(cells: Iterable[StoredCell]) -> list[Titled]:
    """Every value of each cell's configuration, by dotted key."""
    return [
        Titled(
            cell.curves.label,
            tuple((key, _text(value)) for key, value in _flat(cell.config.model_dump(mode="json"))),
        )
        for cell in cells
        if cell.config is not None
    ]


def imports(cells: Iterable[StoredCell]) -> list[Titled]:
    """What is on record of each imported cell: sources, what was decided, in what its runs differ, what is left out."""
    return [Titled(cell.curves.label, tuple(_of_import(cell.imported))) for cell in cells if cell.imported is not None]


def _of_import(cell: ImportedCell) -> Iterator[tuple[str, str]]:
    record = cell.provenance
    names = [str(source["name"]) for source in record.get("sources", ())]
    yield "sources", listed(names, 4) if names else "none"
    for role, name in record.get("columns", {}).items():
        yield role, str(name)
    if common := ", ".join(f"{name} = {value}" for name, value in cell.common_settings.items()):
        yield "settings of every run", common
    for name, values in record.get("differing", {}).items():
        yield f"the runs differ in {name}", ", ".join(map(str, values))
    for run in record.get("left_out", ()):
        yield f"left out: {run['label']}", str(run["reason"])
    for note in record.get("notes", ()):
        yield "note", str(note)


def environments(cells: Iterable[StoredCell]) -> list[Titled]:
    """List what each cell's runs were made with; a range or a list where they differ."""
    return [
        Titled(cell.curves.label, (*_certificate(cell), *_over_runs([_environment(run) for run in cell.runs])))
        for cell in cells
        if cell.runs
    ]


def _environment(run: StoredRun) -> dict[str, Any]:
    """Without the time of each epoch, which is an axis of the charts."""
    return {key: value for key, value in _flat(run.environment) if key != EPOCH_SECONDS}


def reference_text(cells: Sequence[CellCurves]) -> str:
    """State the known numbers of a dataset; empty if there are none, or no loss says anything of them."""
    reference = next((cell.reference for cell in cells if cell.reference is not None and cell.measure.says_nll), None)
    if reference is None:
        return ""
    entropy, gaussian = number(reference.entropy, 4), number(reference.gaussian, 4)
    return f"Entropy of the data: {entropy} nats, the floor of every NLL. Gaussian with its moments: {gaussian} nats."


def _certificate(cell: StoredCell) -> Iterator[tuple[str, str]]:
    """What `genconv certify` found of it, if it did."""
    assert cell.config is not None  # noqa: S101  a cell with runs has one
    try:
        found = certificate_of(cell.runs[0].path.parent, cell.config.identity)
    except InputError as error:
        yield "same in any company", str(error)
        return
    if found is not None:
        mean = "; mean: of the last validation loss; sd: standard deviations over seeds" * ("mean " in found.sentence)
        yield "same in any company", f"{found.sentence} ({found.seeds} seeds, {found.epochs} epochs{mean})"


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Nested mappings as dotted keys, in their order."""
    pairs: list[tuple[str, Any]] = []
    for key, item in value.items():
        pairs += _flat(item, f"{prefix}{key}.") if isinstance(item, Mapping) else [(f"{prefix}{key}", item)]
    return pairs


def _over_runs(runs: Sequence[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for key in dict.fromkeys(key for run in runs for key in run):
        values = [run[key] for run in runs if key in run]
        texts = list(dict.fromkeys(map(_text, values)))
        if len(texts) > 1 and all(isinstance(value, (int, float)) for value in values):
            texts = [f"{_text(min(values))} to {_text(max(values))}"]
        yield key, ", ".join(texts)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return str(value)
