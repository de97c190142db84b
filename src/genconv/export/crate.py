"""An RO-Crate: a folder with tables, sentences and citation of the results, and `ro-crate-metadata.json` about them.

It follows RO-Crate 1.1 and the profile Process Run Crate 0.5 (https://w3id.org/ro/wfrun/process/0.5): one action, by
one program, made the files.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genconv.errors import printable
from genconv.export.checklist import write_checklist
from genconv.export.citation import NAME as CITATION
from genconv.export.citation import SOFTWARE, Credits, write_citation
from genconv.export.files import write_text
from genconv.export.latex import write_latex
from genconv.export.tables import write_csv
from genconv.report.format import counted
from genconv.report.tables import metrics as metrics_table
from genconv.statistics.summary import estimate
from genconv.store.files import sha256
from genconv.store.results import Results

NAME, METRICS = "ro-crate-metadata.json", "metrics.csv"
_PROCESS = "https://w3id.org/ro/wfrun/process/0.5"
_SHA256 = "https://w3id.org/ro/terms/workflow-run#sha256"
_TYPES = {".csv": "text/csv", ".md": "text/markdown", ".tex": "application/x-tex", ".cff": "application/yaml"}
_ABOUT = {
    "curves": "Training and validation losses of every run, a row for each place; NaN from a run's divergence on.",
    "recorded": "Everything that was recorded along the trainings, in long form.",
    "runs": "One row a run: coordinates, divergence, last losses, final evaluation.",
    "metrics": "Convergence metrics of every cell with their confidence intervals.",
    "tables": "The same as LaTeX tables.",
    "checklist": "What each error bar is, and which factors of variability it holds.",
    "CITATION": "How to cite the results, with a reference to the software.",
}


def write_crate(
    results: Results, folder: Path, credit: Credits | None = None, level: float = 0.95, command: str = ""
) -> list[Path]:
    """The crate; `command` is the line that made it."""
    credit = credit or Credits()
    paths = [
        *write_csv(results, folder),
        _write_metrics(results, folder, level),
        *write_latex(results, folder, level=level),
        *write_checklist(results, folder, level),
        *write_citation(folder, credit),
    ]
    document = metadata(results, paths, credit, command, datetime.now(UTC))
    return [*paths, write_text(folder / NAME, json.dumps(document, indent=2, ensure_ascii=False) + "\n")]


def _write_metrics(results: Results, folder: Path, level: float) -> Path:
    text = metrics_table.to_csv([estimate(curves, "corrected", level=level) for curves in results.curves])
    return write_text(folder / METRICS, text)


def metadata(results: Results, paths: Sequence[Path], credit: Credits, command: str, now: datetime) -> dict[str, Any]:
    """The JSON-LD of `ro-crate-metadata.json`."""
    time = now.isoformat(timespec="seconds")
    files = [_file(path) for path in paths]
    references = [{"@id": one["@id"]} for one in files]
    graph = [
        {
            "@id": NAME,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        {**_root(results, credit, time), "hasPart": references},
        {"@id": _PROCESS, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        _license(credit),
        _author(credit),
        _software(),
        {**_action(command, time), "result": references},
        *files,
    ]
    return {"@context": ["https://w3id.org/ro/crate/1.1/context", {"sha256": _SHA256}], "@graph": graph}


def _root(results: Results, credit: Credits, time: str) -> dict[str, Any]:
    """The crate as a dataset."""
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": credit.title,
        "description": _description(results),
        "datePublished": time,
        "license": {"@id": _license(credit)["@id"]},
        "conformsTo": {"@id": _PROCESS},
        "author": {"@id": "#author"},
        "mentions": {"@id": "#export"},
        "citation": {"@id": CITATION},
    }


def _action(command: str, time: str) -> dict[str, Any]:
    """What made the files."""
    return {
        "@id": "#export",
        "@type": "CreateAction",
        "name": "Export of the results",
        "description": command or "genconv export --to crate",
        "instrument": {"@id": _software()["@id"]},
        "agent": {"@id": "#author"},
        "endTime": time,
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }


def _file(path: Path) -> dict[str, Any]:
    about = next(text for start, text in _ABOUT.items() if path.name.startswith(start))
    return {
        "@id": path.name,
        "@type": "File",
        "name": path.name,
        "description": about,
        "encodingFormat": _TYPES[path.suffix],
        "contentSize": str(path.stat().st_size),
        "sha256": sha256(path),
    }


def _software() -> dict[str, Any]:
    return {
        "@id": f"https://pypi.org/project/{SOFTWARE}/{version(SOFTWARE)}/",
        "@type": "SoftwareApplication",
        "name": SOFTWARE,
        "softwareVersion": version(SOFTWARE),
        "url": f"https://pypi.org/project/{SOFTWARE}/",
        "description": "Trains generative models under many random seeds and reports their convergence.",
    }


def _author(credit: Credits) -> dict[str, Any]:
    return {"@id": "#author", "@type": "Person", "name": credit.author or "The authors of these results"}


def _license(credit: Credits) -> dict[str, Any]:
    """The license that the user gives; that none is given is said, and none is invented."""
    if not credit.license:
        text = "No license was given: ask the authors before you use these results."
        return {"@id": "#license", "@type": "CreativeWork", "name": "No license given", "description": text}
    address = credit.license if "/" in credit.license else f"https://spdx.org/licenses/{credit.license}.html"
    return {"@id": address, "@type": "CreativeWork", "name": credit.license, "description": "License of the results."}


def _description(results: Results) -> str:
    """`Losses of 30 runs in 3 cells: rings · vae · corrected, …`."""
    runs = sum(len(curves.seeds) for curves in results.curves)
    labels = [printable(curves.label) for curves in results.curves[:20]]
    more = f" and {len(results.cells) - 20} more" if len(results.cells) > 20 else ""
    return f"Losses of {counted(runs, 'run')} in {counted(len(results.cells), 'cell')}: {', '.join(labels)}{more}."
