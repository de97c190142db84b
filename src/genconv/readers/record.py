"""What is on record of an import: sources, roles, labels, what was decided, what was left out."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from genconv.errors import printable, quoted
from genconv.readers.options import ImportOptions
from genconv.readers.run import LeftOut, Reading
from genconv.readers.settings import Settings
from genconv.store.files import sha256


def record_of(
    readings: Sequence[Reading],
    options: ImportOptions,
    notes: Sequence[str],
    labels: Sequence[str],
    settings: Settings,
    left_out: Sequence[LeftOut],
) -> dict[str, Any]:
    """Where a cell comes from and what was decided; no part of its identity."""
    files = dict.fromkeys(file for reading in readings for file in reading.files)
    said = [*(note for reading in readings for note in reading.notes), *notes]
    lost = [*(run for reading in readings for run in reading.left_out), *left_out]
    return {
        "sources": [{"name": printable(file.name), "sha256": sha256(file)} for file in files],
        "columns": {role: column for reading in readings for role, column in reading.columns.items()},
        "labels": [printable(label) for label in labels],
        "negated": bool(options.negate) if options.negate is not None else any(one.negated for one in readings),
        "settings": settings.common,
        "differing": settings.differing,
        "by_run": settings.by_run,
        "left_out": [{"label": printable(run.label), "reason": run.reason} for run in lost],
        "notes": [printable(note) for note in dict.fromkeys(said)],
    }


def sentences(readings: Sequence[Reading]) -> list[str]:
    """Which names of the sources have which role, and what was decided while reading: one line for sources alike."""
    alike: dict[str, list[str]] = defaultdict(list)
    for reading in readings:
        roles = ", ".join(f"{role} ← '{name}'" for role, name in reading.columns.items())
        said = "; ".join(part for part in (roles, *reading.notes, *words_of(reading.left_out)) if part)
        alike[said] += [file.name for file in reading.files]
    return [f"{_files(list(dict.fromkeys(names)), len(names))}: {said}" for said, names in alike.items()]


def _files(names: Sequence[str], count: int) -> str:
    if count == 1:
        return names[0]
    return f"{count} files ({', '.join(names[:2])}{', …' if len(names) > 2 else ''})"


def words_of(left_out: Sequence[LeftOut]) -> list[str]:
    """A line for each reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for run in left_out:
        by_reason[run.reason].append(run.label)
    return [
        f"left out: {len(labels)} {'run' if len(labels) == 1 else 'runs'} {reason} ({quoted(labels, 4)})"
        for reason, labels in by_reason.items()
    ]
