"""What to do about a folder without results: runs may be in training in it, or it may hold logs of other programs."""

from contextlib import suppress
from pathlib import Path

from genconv.errors import InputError
from genconv.file_limits import files_below
from genconv.store.checkpoints import FOLDER

_LOGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".pq", ".wandb", ".db", ".sqlite")
_NAMES = ("trainer_state.json", "meta.yaml")


def nothing_in(folder: Path) -> InputError:
    """An error that says what the folder holds instead of results, and which command is for that."""
    if any(path.is_dir() for path in folder.glob(f"{FOLDER}/*/*")):
        return InputError(
            f"'{folder}' holds no finished runs, but some in training, or that were interrupted: "
            f"`genconv status {folder}` shows them, and the same `genconv run` goes on with them"
        )
    if logs := _logs(folder):
        names = ", ".join(dict.fromkeys(f"'{path.name}'" for path in logs[:2]))
        return InputError(
            f"'{folder}' holds no runs of genconv, but {len(logs)} {'file' if len(logs) == 1 else 'files'} "
            f"that may be logs ({names}{', …' if len(logs) > 2 else ''}): `genconv import {folder}` reads logs"
        )
    return InputError(f"'{folder}' holds no runs and no loss-curve files")


def _logs(folder: Path) -> list[Path]:
    """Files whose names are those of logs; empty if the folder cannot be searched."""
    with suppress(InputError):
        return files_below(folder, _is_log)
    return []


def _is_log(path: Path) -> bool:
    return path.suffix.lower() in _LOGS or path.name in _NAMES or ".tfevents." in path.name
