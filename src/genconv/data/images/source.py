"""A file of a dataset: where it may lie, where it can be downloaded, and what it must contain."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from genconv.errors import InputError


@dataclass(frozen=True)
class Source:
    """One file of a dataset."""

    path: str
    """Where a download is put, below the data folder."""
    others: tuple[str, ...]
    """Other places below the data folder where a person may have put it: unpacked, say."""
    urls: tuple[str, ...]
    """Public mirrors, tried in turn."""
    digest: Callable[[Path], str]
    """SHA-256 of the decoded content of a file; `InputError` if it cannot be decoded."""
    sha256: str
    """What `digest` must give: the decoded content counts, since mirrors pack it differently."""
    largest: int
    """Bytes after which a download is given up."""

    def check(self, path: Path) -> None:
        """`InputError` unless the file at `path` decodes to the known content."""
        if (found := self.digest(path)) != self.sha256:
            raise self.mismatch(path, found)

    def mismatch(self, path: Path, found: str) -> InputError:
        """An error for a file with another content."""
        return InputError(
            f"{path}: has another content than expected (SHA-256 of the decoded content {found[:16]}…, not "
            f"{self.sha256[:16]}…): remove it and fetch it again"
        )
