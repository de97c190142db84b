"""Which jobs of a cluster work on a study: a small file beside its plan, for whoever asks for them or cancels them."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genconv.errors import InputError
from genconv.store.files import read_json, unwritten
from genconv.store.writing import write_file

FOLDER, _SUFFIX = ".studies", ".jobs"
LOGS = "logs"
"""The folder of a store where the cluster writes what the workers say."""


@dataclass(frozen=True)
class Submission:
    """A job array of workers."""

    job: str
    """The cluster's number of it."""
    workers: int
    when: str
    """ISO 8601."""


def submissions(root: Path, study: str) -> list[Submission]:
    """What was submitted for a study and has not been seen to end; the oldest first."""
    path = _file(root, study)
    if not path.exists():
        return []
    try:
        return [_submission(one) for one in read_json(path)["jobs"]]
    except (KeyError, TypeError):
        raise InputError(f"{path}: lists no jobs of a cluster") from None


def submitted_studies(root: Path) -> list[str]:
    """The studies of a store that jobs were submitted for."""
    return sorted(path.stem for path in (root / FOLDER).glob(f"*{_SUFFIX}"))


def keep_submissions(root: Path, study: str, jobs: list[Submission]) -> None:
    """Write down which jobs work on a study; none: remove the file."""
    path = _file(root, study)
    if not jobs:
        path.unlink(missing_ok=True)
        return
    text = json.dumps({"jobs": [asdict(one) for one in jobs]}, indent=2)
    try:
        write_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise unwritten(f"cannot write {path}", root, error) from None


def _submission(values: dict[str, Any]) -> Submission:
    one = Submission(str(values["job"]), int(values["workers"]), str(values["when"]))
    if not one.job.isdigit():
        raise TypeError
    return one


def _file(root: Path, study: str) -> Path:
    return root / FOLDER / f"{study}{_SUFFIX}"
