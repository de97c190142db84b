"""SQLite files of strangers: opened read-only, and nothing but tables is read."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from genconv.errors import InputError
from genconv.file_limits import checked_file
from genconv.store.files import one_line

SUFFIXES = (".db", ".sqlite", ".sqlite3")


@contextmanager
def opened(path: Path, what: str) -> Iterator[sqlite3.Connection]:
    """A database, read-only; whatever SQLite finds wrong is an `InputError` that says it cannot be read as `what`."""
    checked_file(path)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            yield database
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise InputError(f"'{path}' cannot be read as {what} ({one_line(error)})") from None


def tables(database: sqlite3.Connection) -> dict[str, tuple[str, ...]]:
    """Table → names of its columns. No views: what a view computes is not what was recorded, and may never end."""
    names = [str(name) for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: database.execute("SELECT name FROM pragma_table_info(?)", (name,)) for name in names}
    return {name: tuple(str(column) for (column,) in columns) for name, columns in rows.items()}
