"""`genconv data`: what lies where, and one line for what is missing or wrong."""

import dataclasses
import gzip
import hashlib
from pathlib import Path

import pytest

from genconv.data.images import files, mnist
from tests.cli.commands import genconv, genconv_process

CONTENT = b"\0\0\x08\1\0\0\0\2ab"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and a dataset `mnist` of one small file that no mirror has."""
    source = dataclasses.replace(mnist.TRAINING_IMAGES, urls=(), checksum=hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(files, "FILES", {"mnist": (source,)})
    monkeypatch.setenv("GENCONV_DATA", str(tmp_path))
    return tmp_path


def put(path: Path, content: bytes = CONTENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", ["", ".gz"])
def test_a_file_put_by_hand_is_found_and_verified(pack: str, folder: Path) -> None:
    path = folder / "mnist" / f"train-images-idx3-ubyte{pack}"
    put(path, gzip.compress(CONTENT, mtime=0) if pack else CONTENT)
    for words in (["path", "mnist"], ["fetch", "mnist"]):
        done = genconv("data", *words)
        assert (done.code, done.out, done.err) == (0, f"{path}\n", "")
    assert genconv("data", "list").out == f"mnist\tpresent\t{path}\n"
    assert genconv("data", "verify", "mnist").code == 0


def test_data_dir_goes_before_the_environment(folder: Path) -> None:
    other = put(folder / "other" / "mnist" / "train-images-idx3-ubyte.gz")
    assert genconv("data", "path", "mnist", "--data-dir", folder / "other").out == f"{other}\n"
    assert genconv("data", "path", "mnist").code == 1


@pytest.mark.parametrize("command", ["path", "verify", "fetch"])
def test_a_missing_file_says_where_to_put_it(command: str, folder: Path) -> None:
    done = genconv("data", command, "mnist")
    assert done.error.startswith(f"{folder / 'mnist' / 'train-images-idx3-ubyte.gz'} is missing")
    assert "put it there, or set GENCONV_DATA to the folder that holds mnist/train-images-idx3-ubyte.gz" in done.error
    assert done.code == 1
    assert genconv("data", "list").out.startswith("mnist\tmissing\t")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"other", "has another content than expected"),
        (gzip.compress(CONTENT, mtime=0)[:-4], "cannot be read, perhaps it is cut off"),
    ],
)
def test_a_wrong_file_is_named(content: bytes, message: str, folder: Path) -> None:
    path = put(folder / "mnist" / "train-images-idx3-ubyte.gz", content)
    done = genconv("data", "verify", "mnist")
    assert done.error.startswith(f"{path}: {message}")
    assert done.code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no command given: known are list, fetch, verify, path (genconv data --help)"),
        (("fecth", "mnist"), "unknown command 'fecth': did you mean 'fetch'? known are list, fetch, verify, path"),
        (("fetch",), "Missing argument 'NAME'"),
        (("fetch", "minst"), "unknown dataset of files 'minst': did you mean 'mnist'? known are "),
    ],
)
def test_wrong_words(words: tuple[str, ...], message: str) -> None:
    done = genconv("data", *words)
    assert message in done.error
    assert done.code == 2


def test_the_platform_s_cache_folder_is_the_default(tmp_path: Path) -> None:
    done = genconv_process("data", "list", GENCONV_DATA="", XDG_CACHE_HOME=str(tmp_path), HOME=str(tmp_path))
    assert done.code == 0
    assert done.out.count("\tmissing\t") == 12
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "fetch", "verify", "path"])
def test_help_names_the_folder_option(command: str) -> None:
    done = genconv("data", command, "--help")
    assert done.code == 0
    assert "--data-dir" in done.out
