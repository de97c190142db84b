"""Parquet files, whoever wrote them: what one would unpack to is known from its footer before it is read."""

from pathlib import Path

import polars as pl

from genconv.errors import InputError
from genconv.file_limits import checked_file, unpacks
from genconv.store.files import one_line

_NUMBER = 8
"""Bytes."""


def read_parquet(path: Path) -> pl.DataFrame:
    """The table in a file; `InputError` if it is damaged, or would unpack to more than its size warrants."""
    checked_file(path)
    try:
        table = pl.scan_parquet(path, glob=False)
        rows, columns = int(table.select(pl.len()).collect().item()), len(table.collect_schema())
        if problem := unpacks(path.stat().st_size, rows * columns * _NUMBER):
            raise InputError(f"'{path}' {problem}")
        return table.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"'{path}' cannot be read as a table ({one_line(error)})") from None
    except pl.exceptions.PanicException as error:  # a BaseException: what Polars does on some damaged files
        raise InputError(f"'{path}' is damaged ({one_line(error)})") from None
