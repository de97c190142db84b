"""A progress bar for a download, on a terminal only."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn


class DownloadBar:
    """What pooch tells about a download, passed on to Rich."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None)
        self.total = 0

    def update(self, count: int) -> None:
        """`count` more bytes have come."""
        self._progress.update(self._task, total=self.total or None, advance=count)

    def reset(self) -> None:
        """Count from zero again."""
        self._progress.reset(self._task)

    def close(self) -> None:
        """The transfer is done."""
        self._progress.stop_task(self._task)


@contextmanager
def download_bar(title: str) -> Iterator[DownloadBar | None]:
    """A bar on standard error while the block runs; None where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        yield DownloadBar(progress, title)
