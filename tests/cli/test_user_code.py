"""Models and datasets in a file of the user's: loaded only when asked for by name, its errors told by its own line."""

from pathlib import Path

import pytest

from tests.cli.commands import Done, genconv
from tests.experiment.compiling import TINY, TINY_VAE, quick_compilation

MODEL = """\
from genconv.models.vae import VAE

class Mine(VAE):
    name = "mine"
"""
DATASET = """\
import jax.random as jr
from genconv.config.base import Config
from genconv.data.base import DataSpec, Dataset, Splits

class Sizes(Config):
    training_size: int = 512
    validation_size: int = 128
    test_size: int = 128

class Points(Dataset):
    config_type = Sizes
    spec = DataSpec("points", (2,), "continuous")

    def __init__(self, config):
        super().__init__(config)
        self.sizes = (config.training_size, config.validation_size, config.test_size)
        self.training_size = config.training_size

    def draw(self, key, loaded):
        return Splits(*(jr.normal(k, (n, 2)) for k, n in zip(jr.split(key, 3), self.sizes)))
"""


def train(folder: Path, model: str, dataset: str, *more: str) -> Done:
    words = TINY_VAE if "Mine" in model else TINY
    with quick_compilation():
        return genconv("train", "-m", model, "-d", dataset, "-e", "1", "-o", folder / "runs", *words, *more)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("user-code")
    (folder / "mine.py").write_text(MODEL)
    (folder / "data.py").write_text(DATASET)
    assert train(folder, f"{folder}/mine.py:Mine", f"{folder}/data.py:Points").code == 0
    return folder


def test_a_run_is_made_of_it_and_nothing_else_is_written(trained: Path) -> None:
    assert sorted(path.name for path in trained.iterdir()) == ["data.py", "mine.py", "runs"]
    assert len(list((trained / "runs").iterdir())) == 1
    table = genconv("metrics", trained / "runs", "--format", "csv")
    assert f"{trained}/data.py:Points,{trained}/mine.py:Mine,corrected,1,0" in table.out


def test_a_stored_run_executes_nothing_that_was_not_allowed(trained: Path, tmp_path: Path) -> None:
    refused = genconv("sample", trained / "runs", "-o", tmp_path / "samples")
    files = f"--code {trained}/mine.py --code {trained}/data.py"
    assert refused.code == 2
    assert refused.error == f"the runs name code that would be executed: allow it with {files}"
    half = genconv("sample", trained / "runs", "-o", tmp_path / "samples", "--code", trained / "mine.py")
    assert half.error.endswith(f"allow it with --code {trained}/data.py")
    assert not (tmp_path / "samples").exists()
    with quick_compilation():
        both = ("--code", trained / "mine.py", "--code", trained / "data.py")
        assert genconv("sample", trained / "runs", "-n", "5", "-o", tmp_path, *both).code == 0
        verified = genconv("verify", trained / "runs", "--retrain", "1", *both)
    assert (verified.code, verified.out.count("the same bits")) == (0, 2)
    moved = [tmp_path / name for name in ("mine.py", "data.py")]
    for path in moved:
        path.write_bytes((trained / path.name).read_bytes())
    elsewhere = ("--code", moved[0], "--code", moved[1])
    assert genconv("sample", trained / "runs", "-n", "5", "-o", tmp_path / "elsewhere", *elsewhere).code == 0


def test_a_changed_file_is_another_run_and_no_stand_in(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MODEL)
    assert train(tmp_path, f"{tmp_path}/mine.py:Mine", "rings").code == 0
    (tmp_path / "mine.py").write_text(MODEL + "\n# changed\n")
    refused = genconv("sample", tmp_path / "runs", "-o", tmp_path, "--code", tmp_path / "mine.py")
    assert (refused.code, "is not the file that the run was made with" in refused.error) == (2, True)
    assert train(tmp_path, f"{tmp_path}/mine.py:Mine", "rings").code == 0
    assert len(list((tmp_path / "runs").iterdir())) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import math\nx = (", "mine.py, line 2: x = ( → SyntaxError: '(' was never closed"),
        ("x = 1\ny = x / 0\n", "mine.py, line 2, in <module>: y = x / 0 → ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit('no')\n", "mine.py, line 2, in <module>: sys.exit('no') → SystemExit: no"),
        ("import no_such_module\n", "line 1, in <module>: import no_such_module → ModuleNotFoundError"),
        ("class Yours: pass\n", "has no 'Mine', but Yours"),
        ("", "mine.py' is empty"),
        ("Mine = 3", "is 3: must be a subclass of genconv.Model"),
        (
            "from genconv.models.base import Model\nclass Mine(Model): name = 'm'\n",
            "lacks build, loss, sample, config_type, summary",
        ),
        (b"x = '\xff'", "mine.py: SyntaxError: invalid or missing encoding declaration"),
        (b"x = '\0'", "SyntaxError: source code string cannot contain null bytes"),
        (
            MODEL + "    def loss(self, x, key, time):\n        return 1 + 'a'\n",
            "line 6, in loss: return 1 + 'a' → TypeError: unsupported operand type(s)",
        ),
        (
            MODEL + "    @classmethod\n    def defaults(cls, data):\n        return nothing\n",
            "line 7, in defaults: return nothing → NameError: name 'nothing' is not defined",
        ),
    ],
)
def test_what_is_wrong_with_it_is_told_by_its_own_line(text: str | bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = train(tmp_path, f"{tmp_path}/mine.py:Mine", "rings")
    assert done.code == 2
    assert told in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


def test_a_file_that_is_not_there_and_a_thing_that_is_no_dataset(trained: Path, tmp_path: Path) -> None:
    missing = train(tmp_path, f"{tmp_path}/none.py:Mine", "rings")
    assert (missing.code, missing.error) == (2, f"'{tmp_path}/none.py' does not exist")
    wrong = train(tmp_path, "vae", f"{trained}/data.py:Sizes")
    assert wrong.code == 2
    assert "must be a subclass of genconv.Dataset" in wrong.error


def test_a_model_that_asks_to_exit_is_an_error_with_its_line(tmp_path: Path) -> None:
    leaves = "    @classmethod\n    def build(cls, config, data, key):\n        import sys\n        sys.exit(0)\n"
    (tmp_path / "leaves.py").write_text(MODEL + leaves)
    done = train(tmp_path, f"{tmp_path}/leaves.py:Mine", "rings")
    assert done.code == 2
    assert "line 8, in build: sys.exit(0) → SystemExit: 0" in done.err


@pytest.mark.parametrize("command", [("sample",), ("verify", "--retrain", "1")])
def test_code_among_the_runs_and_code_that_is_not_there(trained: Path, command: tuple[str, ...]) -> None:
    one, other = trained / "mine.py", trained / "data.py"
    among = genconv(*command, trained / "runs", "--code", one, other)
    words = f"'{other}' is no run but code: repeat --code for each file (--code {one} --code {other})"
    assert (among.code, among.error) == (2, words)
    lost = genconv(*command, trained / "runs", "--code", "a.py", "--code", "b.py")
    assert (lost.code, lost.error) == (2, "--code: 'a.py', 'b.py' do not exist")
