"""The losses so far of a run whose command is still running, from the file that the command writes."""

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from genconv.errors import InputError
from genconv.readers.launched import losses_of
from genconv.readers.options import ImportOptions
from genconv.store.files import read_json, write_json
from genconv.store.recorded import RecordedRun
from genconv.store.writing import write_file

READING = "reading.json"
_OPTIONS = ("columns", "format", "blank", "nan", "blow_up", "negate")
_SHARE = 50.0
"""A file is read again after so many times the time that it took."""
_PAUSE = 0.8


def tell_reading(folder: Path, path: Path, options: ImportOptions, begin: float) -> None:
    """Say in the folder of a run where its command, started at `begin`, leaves its losses, and how they are read."""
    about = {"path": str(path.absolute()), "begin": begin, **{name: getattr(options, name) for name in _OPTIONS}}
    about["columns"] = dict(options.columns)
    with suppress(OSError):  # it serves who watches alone
        write_file(folder / READING, lambda file: write_json(file, about), durable=False)


def forget_reading(folder: Path) -> None:
    """The command is over, and what it left is in the log."""
    with suppress(OSError):
        (folder / READING).unlink(missing_ok=True)


class ReadNow:
    """Reads such files again and again, none more often than it is cheap."""

    def __init__(self) -> None:
        self._kept: dict[Path, tuple[float, RecordedRun]] = {}

    def __call__(self, run: RecordedRun) -> RecordedRun:
        """The run with the losses so far; as it is if it has some, or nothing can be read."""
        if run.places or run.state != "running":
            self._kept.pop(run.path, None)
            return run
        due, kept = self._kept.get(run.path, (0.0, run))
        began = time.monotonic()
        if began < due:
            return kept
        with suppress(InputError, KeyError, TypeError, ValueError):
            kept = _with_losses(run)
        now = time.monotonic()
        self._kept[run.path] = (now + max(_PAUSE, _SHARE * (now - began)), kept)
        return kept


def _with_losses(run: RecordedRun) -> RecordedRun:
    about = read_json(run.path / READING)
    options = ImportOptions(**{name: about[name] for name in _OPTIONS})
    found = losses_of(Path(about["path"]), options, run.run.coordinates.init, float(about["begin"]))
    values: dict[str, dict[float, float]] = {}
    for place, losses in found.values.items():
        for name, loss in losses.items():
            values.setdefault(name, {})[place] = loss
    return replace(run, counted=found.counted, places=tuple(found.values), values=values)
