"""Downloads: several mirrors tried in turn, carried on where they broke off, verified, and put in place at once."""

import contextlib
import hashlib
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from genconv.data.images.sources import Source, located, where_to_put
from genconv.errors import InputError, WorkError


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


_ATTEMPTS = 4
"""On one mirror, while each brings the download further."""
_CHUNK = 2**14
TIMEOUT = (6.0, 20.0)
"""Seconds without a connection, and without an answer, after which a mirror is given up."""


def fetch(source: Source, folder: Path, progress: DownloadBar | None = None) -> Path:
    """The file of `source` below `folder`, downloaded if it is missing; `WorkError` telling where to put it by hand.

    Two processes may do this at once: the second waits for the first. A file appears complete and verified, or not.
    """
    if (found := located(source, folder)) is not None:
        return found
    target = folder / source.path
    if source.by_hand:
        raise WorkError(f"{target} is missing: {source.by_hand}")
    if source.archive is not None:
        fetch(source.archive, folder, progress)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target):
            if (found := located(source, folder)) is not None:
                return found
            return (
                _from_mirrors(source, target, progress) if source.archive is None else _unpacked(source, target, folder)
            )
    except OSError as error:
        reason = error.strerror or str(error)
        raise WorkError(f"{target} is missing and cannot be written ({reason}): {where_to_put(source)}") from None


def _unpacked(source: Source, target: Path, folder: Path) -> Path:
    """The file of `source` out of its archive, which is there."""
    archive = located(source.archive, folder) if source.archive else None
    part = target.with_name(f".{target.name}.part")
    try:
        with tarfile.open(str(archive)) as opened, part.open("wb") as file:
            member = opened.getmember(source.member)
            content = opened.extractfile(member) if member.size <= source.largest else None
            if content is None:
                raise WorkError(f"{archive}: its member {source.member} is no file of at most {source.largest:,} bytes")
            shutil.copyfileobj(content, file)
        part.replace(target)
    except (KeyError, tarfile.TarError, EOFError, zlib.error) as error:
        raise WorkError(f"{archive}: {source.member} cannot be taken out of it ({error})") from None
    finally:
        part.unlink(missing_ok=True)
    return target


def _from_mirrors(source: Source, target: Path, progress: DownloadBar | None) -> Path:
    reasons = []
    for url in source.urls:
        part = target.with_name(f".{target.name}.{hashlib.sha256(url.encode()).hexdigest()[:12]}.part")
        reason = _transfer(url, part, source.largest, progress)
        if reason is None:
            try:
                source.check(part)
            except InputError as error:
                part.unlink()
                reason = str(error).removeprefix(f"{part}: ").removesuffix(": remove it and fetch it again")
            else:
                part.replace(target)
                _remove_parts(target)
                return target
        reasons.append(f"{url}: {reason}")
    told = "; ".join(reasons) or "no mirror is known"
    raise WorkError(f"{target} is missing and could not be downloaded: {where_to_put(source)} ({told})")


def _transfer(url: str, part: Path, largest: int, progress: DownloadBar | None) -> str | None:
    """Download to `part`, carrying on where it ends; None when it is complete, otherwise the reason why not."""
    import pooch  # noqa: PLC0415  slow to import, and seldom needed
    from requests import RequestException  # noqa: PLC0415

    reason = ""
    for _ in range(_ATTEMPTS):
        part.touch()
        with part.open("r+b") as file:
            before = file.seek(0, os.SEEK_END)
            growing = _Growing(file, largest)
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={before}-"} if before else {})
            download: Any = pooch.HTTPDownloader(
                progressbar=progress or False,
                chunk_size=_CHUNK,
                timeout=TIMEOUT,
                headers=headers,
                hooks={"response": growing.begin},
            )
            try:
                download(url, growing, None)
            except _TooLargeError:
                reason = f"holds more than {largest:,} bytes"
            except RequestException as error:
                reason = _in_words(error)
            else:
                file.flush()
                os.fsync(file.fileno())
                return None
            after = file.tell()
        if growing.useless:
            part.unlink()
        if growing.endless or (after <= before and not growing.useless):
            break
    if part.exists() and part.stat().st_size == 0:
        part.unlink()
    return reason


class _TooLargeError(Exception):
    """A mirror sends more than the file can hold."""


class _Growing:
    """The file that a download is appended to; emptied first if the server sends it from its beginning."""

    def __init__(self, file: IO[bytes], largest: int) -> None:
        self._file, self._largest = file, largest
        self.useless = False
        """Whether what is there cannot be carried on."""
        self.endless = False
        """Whether the mirror sends more than the file can hold."""

    def begin(self, response: Any, **_: Any) -> None:
        """Look at an answer before its content is read."""
        asked = self._file.tell()
        if response.status_code == 206:
            self.useless = not response.headers.get("Content-Range", "").startswith(f"bytes {asked}-")
            if self.useless:
                raise _bad_range()
        elif response.status_code == 416:
            self.useless = True
        elif response.ok and not response.is_redirect:
            self._file.seek(0)
            self._file.truncate()

    def write(self, content: bytes) -> None:
        """Append."""
        if self._file.tell() + len(content) > self._largest:
            self.useless = self.endless = True
            raise _TooLargeError
        self._file.write(content)

    def flush(self) -> None:
        """Pass it on."""
        self._file.flush()


def _bad_range() -> Exception:
    from requests import RequestException  # noqa: PLC0415

    return RequestException("answers with another range than it was asked for")


def _in_words(error: Exception) -> str:
    """A short reason: the status, or what the innermost exception says."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"HTTP {response.status_code} {response.reason}".strip()
    text = " ".join(str(error).split())
    if "IncompleteRead" in text:
        return "the transfer breaks off"
    for known in (
        "Name or service not known",
        "Temporary failure in name resolution",
        "Connection refused",
        "timed out",
    ):
        if known in text:
            return known
    return text[:120]


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Hold other processes off the same file; the system lets go when this one ends, however it does."""
    lock = target.with_name(f".{target.name}.lock")
    with lock.open("a") as file:
        try:
            import fcntl  # noqa: PLC0415
        except ImportError:  # pragma: no cover  Windows: the last one to finish wins
            yield
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _remove_parts(target: Path) -> None:
    """What other mirrors left half-way."""
    for part in target.parent.glob(f".{target.name}.*.part"):
        part.unlink(missing_ok=True)
