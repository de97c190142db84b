"""`genconv train`: what is there is kept, what is missing is trained, and a seed is the same run in any company."""

import json
from pathlib import Path

import pytest

from tests.cli.commands import genconv
from tests.cli.conftest import VAE, Grown, files_of
from tests.experiment.compiling import TINY_VAE


def run_of(folder: Path, seed: int) -> Path:
    (found,) = folder.glob(f"*-s{seed}-*")
    return found


def assert_same_run(one: Path, other: Path) -> None:
    assert one.name == other.name
    for name in ("config.json", "curves.safetensors", "weights.safetensors", "samples.safetensors", "outcome.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_the_first_seeds_are_trained(grown: Grown) -> None:
    assert grown.first.code == 0
    assert "3 runs in 1 cell to train" in grown.first.err
    assert "epoch 2/2" in grown.first.err
    assert "0 of 3" in grown.first.out
    assert grown.first.out.endswith(f"next: genconv metrics {grown.folder}, genconv report {grown.folder}\n")


def test_more_seeds_train_what_is_missing(grown: Grown) -> None:
    assert grown.second.code == 0
    assert "3 finished already, 7 to train" in grown.second.err
    assert len(list(grown.folder.iterdir())) == 10
    assert "0 of 10" in grown.second.out


def test_finished_runs_are_not_touched(grown: Grown) -> None:
    after = files_of(grown.folder)
    assert len(grown.files) == 3 * 8
    assert {name: after[name] for name in grown.files} == grown.files


def test_the_same_command_again_trains_nothing(grown: Grown) -> None:
    before = files_of(grown.folder)
    again = genconv(*VAE, "-n", "10", "-o", grown.folder)
    assert again.code == 0
    assert "10 runs in 1 cell: all finished already, nothing to train" in again.err
    assert "epoch" not in again.err
    assert files_of(grown.folder) == before
    assert again.out == grown.second.out


def test_a_seed_alone_is_the_same_run(grown: Grown, tmp_path: Path) -> None:
    assert genconv(*VAE, "--seeds", "7", "-o", tmp_path).code == 0
    assert_same_run(run_of(tmp_path, 7), run_of(grown.folder, 7))


def test_the_order_of_the_seeds_does_not_matter(grown: Grown, tmp_path: Path) -> None:
    assert genconv(*VAE, "--seeds", "9,2,5", "-o", tmp_path, "--quiet").code == 0
    for seed in (2, 5, 9):
        assert_same_run(run_of(tmp_path, seed), run_of(grown.folder, seed))


def test_a_damaged_run_is_named_and_trained_again(grown: Grown, copied: list[Path], tmp_path: Path) -> None:
    for seed in (0, 1, 2):
        (run_of(copied[0].parent, seed) / "weights.safetensors").write_bytes(b"")
    done = genconv(*VAE, "-n", "10", "-o", copied[0].parent)
    assert done.code == 0
    assert done.err.count("weights.safetensors: was changed after it was written") == 3
    assert "the run is trained again" in done.err
    assert "7 finished already, 3 to train" in done.err
    for seed in (0, 1, 2):
        assert_same_run(run_of(copied[0].parent, seed), run_of(grown.folder, seed))


def test_settings_stand_anywhere(grown: Grown) -> None:
    first, *others = TINY_VAE
    words = ["train", first, "-m", "vae", "-d", "rings", "-e", "2", "-n", "10", "-o", str(grown.folder), *others]
    assert "nothing to train" in genconv(*words).err


def test_a_setting_outranks_an_option(grown: Grown) -> None:
    words = [*VAE, "-e", "99", "training.epochs=2", "-n", "10", "-o", str(grown.folder)]
    assert "nothing to train" in genconv(*words).err


def test_quiet_says_nothing(grown: Grown) -> None:
    done = genconv(*VAE, "-n", "10", "-o", grown.folder, "--quiet")
    assert (done.code, done.err) == (0, "")


def test_the_configuration_says_what_was_asked_for(grown: Grown) -> None:
    cell = json.loads((run_of(grown.folder, 4) / "config.json").read_text())["cell"]
    assert (cell["dataset"], cell["model"], cell["protocol"], cell["study_seed"]) == ("rings", "vae", "corrected", 0)
    assert (cell["training"]["epochs"], cell["training"]["batch_size"]) == (2, 128)
    assert cell["data"] == {"training_size": 512, "validation_size": 128, "test_size": 128}
    assert (cell["architecture"]["hidden"], cell["architecture"]["latent"]) == ([4], 1)


@pytest.mark.parametrize("name", ["curves.safetensors", "manifest.json"])
def test_every_run_is_complete(grown: Grown, name: str) -> None:
    assert all((folder / name).is_file() for folder in grown.folder.iterdir())
