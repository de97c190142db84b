"""Files of datasets: where they may lie, where they can be downloaded, and what they must contain."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

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
    digest: Callable[[Path], str] | None
    """The checksum of a file; `InputError` if it cannot be decoded. None where no checksum is known."""
    checksum: str
    """What `digest` must give. Where mirrors pack a file differently, it is of the decoded content."""
    largest: int
    """Bytes after which a download is given up."""
    kind: str = "SHA-256 of the decoded content"
    """Of the checksum, for messages."""
    archive: "Source | None" = None
    """The archive that holds it, instead of mirrors."""
    member: str = ""
    """Its name there."""
    by_hand: str = ""
    """What a person has to do who needs it, where it cannot be fetched."""

    def check(self, path: Path) -> None:
        """`InputError` unless the file at `path` has the known content, as far as that is known."""
        if self.digest is not None and (found := self.digest(path)) != self.checksum:
            raise self.mismatch(path, found)

    def mismatch(self, path: Path, found: str) -> InputError:
        """An error for a file with another content."""
        return InputError(
            f"{path}: has another content than expected ({self.kind} {found[:16]}…, not {self.checksum[:16]}…): "
            "remove it and fetch it again"
        )


VARIABLE = "GENCONV_DATA"


def data_folder(given: Path | None = None) -> Path:
    """The folder that is given, that the environment names, or that the platform keeps caches in."""
    if given is not None:
        return given
    if named := os.environ.get(VARIABLE):
        return Path(named)
    return platformdirs.user_cache_path("genconv", appauthor=False)


def located(source: Source, folder: Path) -> Path | None:
    """The file in `folder`, wherever it may lie there; None if it is missing."""
    places = (folder / place for place in (source.path, *source.others))
    return next((place for place in places if place.exists()), None)


def where_to_put(source: Source) -> str:
    """In words, for a person who has the file, after its place was named."""
    return f"put it there, or set {VARIABLE} to the folder that holds {source.path}"
