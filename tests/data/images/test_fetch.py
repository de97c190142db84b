"""Downloads against a local server: cut off and carried on, wrong bytes refused, dead mirrors passed over."""

import gzip
import hashlib
import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from genconv.data.images.download import DownloadBar, fetch
from genconv.data.images.mnist import decoded
from genconv.data.images.sources import Source
from genconv.errors import WorkError
from tests.data.images.server import Mirrors, mirrors

CONTENT = b"\0\0\x08\x01\0\3\0\0" + np.random.default_rng(0).bytes(3 * 65_536)
PACKED = gzip.compress(CONTENT, mtime=0)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def digest(path: Path) -> str:
    return hashlib.sha256(decoded(path)).hexdigest()


def source(*urls: str, largest: int = 2**20) -> Source:
    return Source("set/file.gz", ("set/file",), urls, digest, SHA256, largest)


def dead_url() -> str:
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/file.gz"


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirrors]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with mirrors() as running:
        yield running


def files(folder: Path) -> list[str]:
    """What lies beside the target, apart from the lock."""
    return sorted(path.name for path in (folder / "set").iterdir() if not path.name.endswith(".lock"))


def test_a_good_mirror(server: Mirrors, tmp_path: Path) -> None:
    path = fetch(source(server.serves("good", PACKED)), tmp_path)
    assert path == tmp_path / "set" / "file.gz"
    assert path.read_bytes() == PACKED
    assert files(tmp_path) == ["file.gz"]


def test_what_is_there_is_not_downloaded(server: Mirrors, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file").write_bytes(CONTENT)
    assert fetch(source(server.serves("good", PACKED)), tmp_path) == tmp_path / "set" / "file"
    assert server.requests == []


def test_dead_and_wrong_mirrors_then_a_good_one(server: Mirrors, tmp_path: Path) -> None:
    wrong = server.serves("wrong", gzip.compress(CONTENT[:-1] + b"?"))
    page = server.serves("page", b"<html>not found</html>")
    path = fetch(source(dead_url(), f"{server.url}/nothing", wrong, page, server.serves("good", PACKED)), tmp_path)
    assert path.read_bytes() == PACKED
    assert [name for name, _ in server.requests] == ["nothing", "wrong", "page", "good"]
    assert files(tmp_path) == ["file.gz"]


def test_a_transfer_that_breaks_off_is_carried_on(server: Mirrors, tmp_path: Path) -> None:
    url = server.serves("cut", PACKED, cut=True)
    with pytest.raises(WorkError, match=r"put it there, or set GENCONV_DATA .* the transfer breaks off\)"):
        fetch(source(url), tmp_path)
    starts = [int(wanted.removeprefix("bytes=").removesuffix("-")) for _, wanted in server.requests[1:] if wanted]
    assert len(starts) == 3
    assert starts == sorted(set(starts))
    assert len(PACKED) // 3 < starts[0] <= len(PACKED) // 2
    (part,) = files(tmp_path)
    kept = (tmp_path / "set" / part).stat().st_size
    assert starts[-1] <= kept < len(PACKED)
    server.cut.clear()
    server.requests.clear()
    assert fetch(source(url), tmp_path).read_bytes() == PACKED
    assert server.requests == [("cut", f"bytes={kept}-")]
    assert files(tmp_path) == ["file.gz"]


def test_a_server_that_cannot_go_on_starts_again(server: Mirrors, tmp_path: Path) -> None:
    url = server.serves("cut", PACKED, cut=True)
    server.ranges = False
    with pytest.raises(WorkError):
        fetch(source(url), tmp_path)
    server.cut.clear()
    assert fetch(source(url), tmp_path).read_bytes() == PACKED


def test_a_part_longer_than_the_file_is_thrown_away(server: Mirrors, tmp_path: Path) -> None:
    url = server.serves("good", PACKED)
    (tmp_path / "set").mkdir()
    name = f".file.gz.{hashlib.sha256(url.encode()).hexdigest()[:12]}.part"
    (tmp_path / "set" / name).write_bytes(PACKED + b"more")
    assert fetch(source(url), tmp_path).read_bytes() == PACKED


def test_an_endless_mirror_is_given_up(server: Mirrors, tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="holds more than 1,000 bytes"):
        fetch(source(server.serves("good", PACKED), largest=1000), tmp_path)
    assert files(tmp_path) == []
    assert len(server.requests) == 1


def test_every_reason_is_told_in_one_line(server: Mirrors, tmp_path: Path) -> None:
    wrong = server.serves("wrong", gzip.compress(b"other"))
    with pytest.raises(WorkError) as caught:
        fetch(source(dead_url(), f"{server.url}/nothing", wrong), tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'set' / 'file.gz'} is missing and could not be downloaded: put it there")
    assert "Connection refused" in message
    assert "nothing: HTTP 404" in message
    assert "has another content than expected" in message
    assert "\n" not in message
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "set").touch()
    with pytest.raises(WorkError, match="cannot be written"):
        fetch(source(), tmp_path)


def test_a_bar_shows_how_far_it_is(server: Mirrors, tmp_path: Path) -> None:
    with Progress(console=Console(file=io.StringIO(), force_terminal=True)) as progress:
        fetch(source(server.serves("good", PACKED)), tmp_path, DownloadBar(progress, "file"))
        (task,) = progress.tasks
        assert (task.completed, task.total) == (len(PACKED), len(PACKED))


PROCESS = """
import sys
from pathlib import Path
from tests.data.images.test_fetch import source
from genconv.data.images.download import fetch
print(fetch(source(sys.argv[1]), Path(sys.argv[2])))
"""


def test_two_processes_at_once_download_once(server: Mirrors, tmp_path: Path) -> None:
    url = server.serves("good", PACKED)
    server.hold.clear()
    words = [sys.executable, "-c", PROCESS, url, str(tmp_path)]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]  # noqa: S603
    deadline = time.monotonic() + 30
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.02)
    threading.Timer(0.5, server.hold.set).start()
    told = [process.communicate(timeout=60)[0].strip() for process in both]
    assert told == [str(tmp_path / "set" / "file.gz")] * 2
    assert [process.returncode for process in both] == [0, 0]
    assert server.requests == [("good", None)]
    assert (tmp_path / "set" / "file.gz").read_bytes() == PACKED
