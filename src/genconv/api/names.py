"""The name under which a class of a model or a dataset is stored."""

import inspect
from pathlib import Path

from genconv.errors import InputError


def name_of(what: str, given: str | type) -> str:
    """A name as it is; of a class its own name, or `FILE.py:Name`, so that whoever reads the run finds it again.

    `InputError` for a class that is in no file.
    """
    if isinstance(given, str):
        return given
    if given.__module__.partition(".")[0] == "genconv":
        return str(getattr(given, "name", given.__name__))
    try:
        file = Path(inspect.getfile(given))
    except (TypeError, OSError):
        file = Path()
    if file.suffix != ".py" or not file.is_file() or f"class {given.__qualname__}" not in file.read_text("utf-8"):
        raise InputError(
            f"{what} {given.__qualname__}: is in no file; write it into one (in a notebook: %%writefile mine.py) "
            f"and give 'mine.py:{given.__name__}'"
        )
    here = Path.cwd()
    return f"{file.relative_to(here) if file.is_relative_to(here) else file}:{given.__name__}"
