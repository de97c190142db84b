"""A divergence as one small file that repeats on another machine: the run shortly before it, and its batches.

A zip file with JSON, arrays (safetensors) and the user's code as text; nothing of it is executed or unpickled.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from genconv.config.execution import ExecutionConfig
from genconv.config.run import FORMAT, Cell
from genconv.config.user_code import file_of, is_user_code, read_source
from genconv.curves import Divergence
from genconv.data.base import Splits, Standardization
from genconv.errors import InputError, WorkError
from genconv.experiment.environment import bits_depend_on
from genconv.experiment.replay.again import same_divergence
from genconv.experiment.replay.subject import Subject, divergence_of, first_of
from genconv.experiment.resolve import allowed_file, rebuild
from genconv.randomness import streams_of
from genconv.store.files import one_line
from genconv.store.outcome import divergence_from_json
from genconv.store.runs import run_of
from genconv.store.writing import write_file
from genconv.training.epoch import start
from genconv.training.objective import Setup
from genconv.training.seeds import SeedMapping
from genconv.training.step import RunState

LARGEST = 10_000_000
"""Bytes of a bundle."""
_UNPACKED = 400_000_000
"""Bytes that a bundle may unpack to."""
_ABOUT, _STATE, _ROWS = "bundle.json", "state.safetensors", "rows.safetensors"


def is_bundle(path: Path) -> bool:
    """Whether a path is a bundle, by its first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def write_bundle(path: Path, subject: Subject, stored: Divergence, after: int, code: Collection[Path] = ()) -> int:
    """Write what the run needs from the subject on until `after` steps behind its divergence; returns the last step.

    The user's code is taken from `code` where the run's file is not in its place. Fewer steps behind the divergence are
    kept where they would not fit. `WorkError` if the run itself does not fit.
    """
    death = subject.death.step or 0
    if stored_in_validation(subject):
        raise InputError("the run diverged in its validation pass: a bundle holds training batches only")
    last = min(subject.last, death + 1 + after)
    flip = subject.run.coordinates.flip_at * subject.stepper().steps
    if subject.run.coordinates.perturbation and subject.first <= flip < last:
        raise InputError("a bit of the run is flipped in its last steps: a bundle cannot repeat that")
    while True:
        content = _packed(subject, stored, last, code)
        if len(content) <= LARGEST:
            break
        if last == death + 1:
            raise WorkError(
                f"the run shortly before its divergence takes {len(content) / 1e6:.1f} MB, more than the "
                f"{LARGEST / 1e6:.0f} MB of a bundle: replay the run folder itself, which is enough to repeat it"
            )
        last = death + 1 + (last - death - 1) // 2
    write_file(path, lambda file: file.write_bytes(content))
    return last


def stored_in_validation(subject: Subject) -> bool:
    """Whether the step of the divergence is one that trains well: then the validation pass behind it did not."""
    stepper = subject.stepper()
    states, _ = stepper.advanced(subject.states, subject.first, (subject.death.step or 0) + 1)
    return divergence_of(states.health, stepper.steps) is None


def _packed(subject: Subject, stored: Divergence, last: int, code: Collection[Path]) -> bytes:
    stepper = subject.stepper()
    rows = np.unique(np.concatenate([stepper.indices(step) for step in range(subject.first, last)]))
    arrays = {"rows": rows.astype(np.int64), "training": np.asarray(subject.splits.training)[rows]}
    if (undone := subject.splits.standardization) is not None:
        arrays |= {f"standardization.{name}": np.asarray(value) for name, value in undone._asdict().items()}
    one = first_of(subject.states)
    state = {_name(path): np.asarray(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(one)}
    ended, _ = stepper.advanced(subject.states, subject.first, subject.death.step or 0)
    about = {
        "format": FORMAT,
        "at_default": [],
        "cell": subject.run.cell.model_dump(mode="json"),
        "coordinates": subject.run.coordinates.as_json(),
        "copies": int(jax.tree.leaves(subject.states)[0].shape[0]),
        "mapping": [subject.mapping.each, int(subject.mapping.mesh.size)],
        "examples": int(stepper.examples),
        "first": subject.first,
        "last": last,
        "divergence": {"epoch": stored.epoch, "cause": stored.cause, "step": subject.death.step},
        "weights": _digest(ended),
        "made_with": bits_depend_on(),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in {
            _ABOUT: json.dumps(about, indent=2).encode(),
            _STATE: save(state),
            _ROWS: save(arrays),
            **_sources(subject.run.cell, code),
        }.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _sources(cell: Cell, code: Collection[Path]) -> dict[str, bytes]:
    """The files that were executed when the run was built: `rebuild` has compared their SHA-256."""
    names = {key: name for key, name in (("model", cell.model), ("dataset", cell.dataset)) if is_user_code(name)}
    files = {key: allowed_file(name, code) or file_of(name) for key, name in names.items()}
    return {f"code/{key}/{file.name}": read_source(file) for key, file in files.items()}


def _digest(states: RunState) -> str:
    """SHA-256 of a run's weights just before the divergence."""
    leaves = jax.tree.leaves(first_of(states.model))
    return hashlib.sha256(b"".join(np.asarray(leaf).tobytes() for leaf in leaves)).hexdigest()


def read_bundle(path: Path, code: Collection[Path] = ()) -> tuple[Subject, Divergence, bool, str, str]:
    """The subject of a bundle, its divergence as stored, and whether it comes again to the same bits, with what was
    compared and what is other than where the bundle was made.

    Code of the user's is executed only if `code` names its file, which may lie in another place by now.
    """
    about, state, rows = _read(path)
    try:
        return _restored(path, about, state, rows, code)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: is no bundle ({one_line(error)})") from None


def _restored(
    path: Path, about: Mapping[str, Any], state: Mapping[str, Any], rows: Mapping[str, Any], code: Collection[Path]
) -> tuple[Subject, Divergence, bool, str, str]:
    run = run_of({**about, "cell": _moved(path, dict(about["cell"]), code)})
    resolved = rebuild(run.cell, code)
    each, size = about["mapping"]
    execution = ExecutionConfig.checked({"mapping": each, "devices": size}, "execution")
    copies = int(about["copies"])
    mapping = SeedMapping.chosen(execution, copies)
    streams = streams_of(run.cell.study_seed, [run.coordinates] * copies)
    splits, numbers = _splits(rows, resolved.dataset.spec.shape)
    setup = Setup.of(run.cell, resolved.model, resolved.dataset)
    config = resolved.model.config_type.checked(run.cell.architecture, "model")

    def initial() -> RunState:
        one = first_of(streams)
        return start(resolved.model.build(config, resolved.dataset.spec, one.init), setup, one, splits)

    states = _states(state, jax.eval_shape(initial), copies)
    stored = divergence_from_json(about["divergence"])
    first, last = int(about["first"]), int(about["last"])
    subject = Subject(run, resolved, mapping, streams, splits, states, first, stored, last, {}, rows=numbers)
    orders = _orders(subject, int(about["examples"]))
    subject = Subject(**{**vars(subject), "orders": orders})
    stepper = subject.stepper()
    before, _ = stepper.advanced(states, first, stored.step or 0)
    after, _ = stepper.advanced(before, stored.step or 0, (stored.step or 0) + 1)
    again = divergence_of(after.health, stepper.steps)
    bits = _digest(before) == about["weights"]
    same = again is not None and same_divergence(again, stored) and bits
    how = f"{'the same bits' if bits else 'other bits'} in all weights before it"
    return subject, stored, same, how, _differs(about["made_with"])


def _moved(path: Path, cell: dict[str, Any], code: Collection[Path]) -> dict[str, Any]:
    """The cell with names of the user's files as they lie here; `rebuild` checks that they are the same files."""
    for key in ("model", "dataset"):
        if is_user_code(str(cell[key])):
            file, _, name = str(cell[key]).rpartition(":")
            here = [one for one in code if one.name == Path(file).name]
            if not here:
                raise InputError(
                    f"{path}: the {key} is '{cell[key]}', code that would be executed: read it "
                    f"(unzip -p {path} code/{key}/{Path(file).name}), save it, and allow it with --code FILE.py"
                )
            cell[key] = f"{here[0]}:{name}"
    return cell


def _splits(rows: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[Splits, Any]:
    training, numbers = jnp.asarray(rows["training"]), rows["rows"]
    if training.shape[1:] != shape or numbers.shape != training.shape[:1]:
        raise ValueError("its rows are not those of the dataset")
    undone = None
    if "standardization.mean" in rows:
        undone = Standardization(*(jnp.asarray(rows[f"standardization.{name}"]) for name in Standardization._fields))
    return Splits(training, training[:0], training[:0], undone), numbers


def _orders(subject: Subject, examples: int) -> dict[int, Any]:
    """The order of each epoch as rows of the bundle; what the bundle does not hold is its first row."""
    if examples != subject.resolved.dataset.training_size:
        raise ValueError("the dataset has another number of examples")
    place = np.zeros(examples, np.int32)
    assert subject.rows is not None  # noqa: S101  a bundle has them
    place[subject.rows] = np.arange(len(subject.rows), dtype=np.int32)
    stepper = subject.stepper()
    epochs = range(subject.first // stepper.steps, (subject.last - 1) // stepper.steps + 1)
    return {epoch: jnp.asarray(place[np.asarray(stepper.drawn_order(epoch))]) for epoch in epochs}


def _states(arrays: Mapping[str, Any], shapes: RunState, copies: int) -> RunState:
    def restore(path: tuple[Any, ...], leaf: Any) -> Any:
        found = arrays[_name(path)]
        if found.shape != leaf.shape or found.dtype != leaf.dtype:
            raise ValueError(f"its state does not fit this model ({_name(path)})")
        return jnp.stack([jnp.asarray(found)] * copies)

    states: RunState = jax.tree_util.tree_map_with_path(restore, shapes)
    return states


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > _UNPACKED:
                raise InputError(f"{path}: unpacks to more than {_UNPACKED / 1e6:.0f} MB")
            about = json.loads(archive.read(_ABOUT))
            if about["format"] != FORMAT:
                raise InputError(f"{path}: is of format {about['format']}, and this genconv writes {FORMAT}")
            return about, load(archive.read(_STATE)), load(archive.read(_ROWS))
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise InputError(f"{path}: is no bundle ({one_line(error)})") from None


def _differs(made_with: Mapping[str, Any]) -> str:
    now = bits_depend_on()
    found = next((name for name in now if now[name] != made_with.get(name)), None)
    return "" if found is None else f"{found} was {made_with.get(found)}, and is {now[found]}"


def _name(path: tuple[Any, ...]) -> str:
    return str(jax.tree_util.keystr(path, simple=True, separator="."))
