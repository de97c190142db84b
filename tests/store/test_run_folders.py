"""A run folder gives back what was written, says who it is by its content, and names what is wrong with it."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.experiment.synthetic_runs import cell, record, store

from genconv.config.run import FORMAT, Run
from genconv.coordinates import Coordinates
from genconv.curves import Divergence, Reference
from genconv.errors import InputError
from genconv.store.folders import folder_name, is_run, prepare, stored_runs
from genconv.store.runs import FILES, StoredRun, save_run


def run(seed: int, **changes: Any) -> Run:
    return Run(cell(**changes), Coordinates.of_seed(seed))


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def reversed_keys(value: object) -> object:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return value


def rewrite_config(folder: Path, change: Callable[[dict], object]) -> None:
    """Change `config.json` and keep the manifest true to it."""
    path, manifest = folder / "config.json", folder / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    files = json.loads(manifest.read_text())
    files["files"]["config.json"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(files))


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    written = record(5, divergence=Divergence(3, "blow-up", 17), reference=Reference(1.5, 0.5, 2.5))
    run = StoredRun.open(save_run(tmp_path, written))
    assert run.run == written.run
    assert run.recorded.keys() == written.curves.keys()
    for name, values in written.curves.items():
        np.testing.assert_array_equal(run.recorded[name], values)
    assert run.environment == written.environment
    assert run.outcome.divergence == written.outcome.divergence
    assert run.outcome.reference == written.outcome.reference
    assert run.outcome.evaluation["loss"] == 4.25
    assert np.isnan(run.outcome.evaluation["importance_weighted"])
    np.testing.assert_array_equal(run.weights["layer.weight"], written.weights["layer.weight"])
    np.testing.assert_array_equal(run.samples["samples"], written.samples["samples"])


def test_every_json_file_is_strict(tmp_path: Path) -> None:
    def no_constant(name: str) -> None:
        raise AssertionError(name)

    folder = save_run(tmp_path, record())
    for path in folder.glob("*.json"):
        json.loads(path.read_text(), parse_constant=no_constant)


def test_the_identity_is_the_hash_of_the_canonical_configuration(tmp_path: Path) -> None:
    (folder,) = store(tmp_path, 1)
    config = json.loads((folder / "config.json").read_text())
    whole = {"format": config["format"], "cell": config["cell"], "coordinates": config["coordinates"]}
    assert config["identity"] == hashlib.sha256(canonical(whole)).hexdigest()
    of_cell = {"format": config["format"], "cell": config["cell"]}
    assert config["cell_identity"] == hashlib.sha256(canonical(of_cell)).hexdigest()
    assert config["format"] == FORMAT


def test_the_order_of_keys_does_not_matter_to_the_identity(tmp_path: Path) -> None:
    (folder,) = store(tmp_path, 1)
    before = StoredRun.open(folder).identity
    rewrite_config(folder, reversed_keys)
    assert next(iter(json.loads((folder / "config.json").read_text()))) == "identity"
    assert StoredRun.open(folder).identity == before


def test_whole_numbers_hash_alike_as_integers_and_as_floats() -> None:
    training = cell().training
    whole, point = training.updated({"learning_rate": 1}), training.updated({"learning_rate": 1.0})
    assert run(0, training=whole).identity == run(0, training=point).identity


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "moons"},
        {"model": "lvae"},
        {"protocol": "published"},
        {"study_seed": 1},
        {"architecture": {"hidden": [8], "latent": 2}},
    ],
)
def test_any_change_of_the_cell_is_another_run(change: dict[str, object]) -> None:
    assert run(0).identity != run(0, **change).identity


def test_the_folder_is_named_after_the_run_and_safe_whatever_it_is_called() -> None:
    name = folder_name(run(7, dataset="../../etc/p w d", model="größe"))
    assert re.fullmatch(r"[A-Za-z0-9_.-]+-s7-[0-9a-f]{16}", name)
    assert not name.startswith(".")


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("harm", ["deleted", "truncated", "flipped", "emptied", "a folder"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, name: str, harm: str) -> None:
    (folder,) = store(tmp_path, 1)
    path = folder / name
    content = bytearray(path.read_bytes())
    path.unlink()
    middle = len(content) // 2
    content[middle] ^= 1
    if harm == "a folder":
        path.mkdir()
    elif harm != "deleted":
        path.write_bytes(content if harm == "flipped" else content[: middle if harm == "truncated" else 0])
    assert is_run(folder)
    with pytest.raises(InputError) as caught:
        StoredRun.open(folder)
    named = folder if (name, harm) == ("manifest.json", "flipped") else path
    assert str(named) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_manifest_must_list_every_file(tmp_path: Path) -> None:
    (folder,) = store(tmp_path, 1)
    manifest = folder / "manifest.json"
    files = json.loads(manifest.read_text())
    del files["files"]["curves.safetensors"]
    manifest.write_text(json.dumps(files))
    with pytest.raises(InputError, match=r"manifest\.json: does not list curves\.safetensors"):
        StoredRun.open(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda config: {**config, "format": 99}, "format = 99 is newer than this version"),
        (
            lambda config: {**config, "coordinates": {**config["coordinates"], "init": 8}},
            "does not hash to its identity",
        ),
        (lambda config: {**config, "coordinates": {**config["coordinates"], "init": -1}}, "not a run of format 2"),
        (lambda config: {**config, "cell": {}}, "not a run of format 2"),
        (lambda config: {**config, "cell": 3}, "not a run of format 2"),
        (lambda config: {key: value for key, value in config.items() if key != "cell"}, "not a run of format 2"),
        (lambda config: [config], "is JSON but not an object"),
    ],
)
def test_a_configuration_that_is_not_the_run_s_own_is_refused(
    tmp_path: Path, change: Callable[[dict], object], message: str
) -> None:
    (folder,) = store(tmp_path, 1)
    rewrite_config(folder, change)
    with pytest.raises(InputError, match=message):
        StoredRun.open(folder)


def test_stored_runs_are_sorted_and_hidden_folders_are_not_among_them(tmp_path: Path) -> None:
    folders = store(tmp_path, 3)
    (tmp_path / ".writing-x").mkdir()
    (tmp_path / ".writing-x" / "config.json").touch()
    (tmp_path / "notes").mkdir()
    assert stored_runs(tmp_path) == sorted(folders)


def test_writing_a_run_again_replaces_it(tmp_path: Path) -> None:
    (folder,) = store(tmp_path, 1)
    (folder / "weights.safetensors").write_bytes(b"")
    assert save_run(tmp_path, record()) == folder
    assert StoredRun.open(folder).run.label == 0
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("below", ["a file", "proc"])
def test_a_folder_that_cannot_be_made_is_bad_input(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    root = tmp_path / "file" / "runs" if below == "a file" else Path("/proc/genconv")
    with pytest.raises(InputError, match=f"output folder '{root}' cannot be written"):
        prepare(root)


def test_preparing_a_folder_leaves_no_trace(tmp_path: Path) -> None:
    assert list(prepare(tmp_path / "a" / "b").iterdir()) == []
