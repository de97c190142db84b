"""What is changed in a file changes the answer, or is named: a NaN moved, a row lost, a column renamed, a run cut."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.readers.imports import HEADER, NAMED, fall, read

from genconv.errors import InputError

Draw = st.DataObject
Files = dict[str, str]

EPOCHS = 6


def _long() -> Files:
    rows = [f"{seed},{n},{x:.4f},{x + 0.1:.4f}" for seed in range(3) for n, x in enumerate(fall(EPOCHS, seed / 10))]
    return {"all.csv": "\n".join(["seed,epoch,loss,val_loss", *rows])}


def _keras() -> Files:
    return {
        f"vae_seed{seed}.csv": "\n".join(
            [HEADER, *(f"{n},{x:.4f},{x + 0.1:.4f}" for n, x in enumerate(fall(EPOCHS, seed / 10)))]
        )
        for seed in range(2)
    }


def _wide() -> Files:
    rows = [",".join([str(n), *(f"{fall(EPOCHS, seed / 10)[n]:.4f}" for seed in range(3))]) for n in range(EPOCHS)]
    return {"wide.csv": "\n".join(["epoch,seed_0,seed_1,seed_2", *rows])}


def _lines() -> Files:
    rows = [
        json.dumps({"seed": seed, "epoch": n, "loss": x, "val_loss": round(x + 0.1, 4)})
        for seed in range(2)
        for n, x in enumerate(fall(EPOCHS, seed / 10).tolist())
    ]
    return {"log.jsonl": "\n".join(rows)}


def _split() -> Files:
    return {
        f"{split}/loss.tsv": "\n".join(["step\tloss", *(f"{n}\t{x:.4f}" for n, x in enumerate(fall(EPOCHS, offset)))])
        for split, offset in (("train", 0.0), ("val", 0.5))
    }


def _mlflow() -> Files:
    found: Files = {}
    for run in range(2):
        folder = f"mlruns/0/{run:032x}"
        found[f"{folder}/meta.yaml"] = "lifecycle_stage: active\n"
        found[f"{folder}/params/seed"] = str(run)
        for metric in ("loss", "val_loss"):
            found[f"{folder}/metrics/{metric}"] = "\n".join(
                f"170000000{n} {x:.4f} {n}" for n, x in enumerate(fall(EPOCHS, run / 10))
            )
    return found


INPUTS: dict[str, Callable[[], Files]] = {
    "long": _long,
    "keras": _keras,
    "wide": _wide,
    "lines": _lines,
    "split": _split,
    "mlflow": _mlflow,
}


def _curve_files(files: Files) -> list[str]:
    return [name for name in files if "params" not in name and "meta" not in name]


def _first_row(name: str) -> int:
    return 0 if name.endswith("jsonl") or "mlruns" in name else 1


def with_nan(files: Files, draw: Draw) -> Files:
    """One loss becomes NaN."""
    name, lines, place = _row(files, draw)
    separator = next((mark for mark in ",\t " if mark in lines[place]), ",")
    if name.endswith("jsonl"):
        row = json.loads(lines[place])
        row[draw.draw(st.sampled_from(["loss", "val_loss"]))] = np.nan
        lines[place] = json.dumps(row)
    else:
        fields = lines[place].split(separator)
        column = {"all.csv": (2, 3), "wide.csv": (1, 2, 3)}.get(name, (1,))
        fields[draw.draw(st.sampled_from(column))] = "nan"
        lines[place] = separator.join(fields)
    return {**files, name: "\n".join(lines)}


def without_row(files: Files, draw: Draw) -> Files:
    """One row is lost."""
    name, lines, place = _row(files, draw)
    return {**files, name: "\n".join(lines[:place] + lines[place + 1 :])}


def cut_short(files: Files, draw: Draw) -> Files:
    """The last rows of a file are lost."""
    name, lines, _ = _row(files, draw)
    kept = draw.draw(st.integers(_first_row(name) + 1, len(lines) - 1))
    return {**files, name: "\n".join(lines[:kept])}


def renamed(files: Files, draw: Draw) -> Files:
    """One column is called otherwise."""
    name = draw.draw(st.sampled_from(_curve_files(files)))
    if "mlruns" in name:
        return {other + "x" if other == name else other: text for other, text in files.items()}
    if name.endswith("jsonl"):
        word = draw.draw(st.sampled_from(["seed", "epoch", "loss", "val_loss"]))
        return {**files, name: files[name].replace(f'"{word}"', f'"{word}x"')}
    head, _, rest = files[name].partition("\n")
    mark = "\t" if "\t" in head else ","
    words = head.split(mark)
    column = draw.draw(st.integers(0, len(words) - 1))
    new = mark.join(f"{word}x" if place == column else word for place, word in enumerate(words))
    return {**files, name: f"{new}\n{rest}"}


def _row(files: Files, draw: Draw) -> tuple[str, list[str], int]:
    name = draw.draw(st.sampled_from(_curve_files(files)))
    lines = files[name].splitlines()
    return name, lines, draw.draw(st.integers(_first_row(name), len(lines) - 1))


def answer(files: Files) -> tuple[object, ...]:
    """What a user is told, and the cells; or the line of the error."""
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, "in", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        try:
            cells, lines = read(Path(folder, "in"), **NAMED)
        except InputError as error:
            return ("refused", str(error).replace(folder, ""))
        told = [note for found in cells for note in found.notes]
        shown = [(found.cell.identity, found.cell.provenance["labels"]) for found in cells]
        return (shown, [*lines, *told])


@pytest.mark.parametrize("mutation", [with_nan, without_row, cut_short, renamed], ids=lambda one: one.__name__)
@pytest.mark.parametrize("kind", INPUTS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_every_mutation_changes_the_answer_or_is_named(
    kind: str, mutation: Callable[[Files, Draw], Files], data: Draw
) -> None:
    files = INPUTS[kind]()
    assert answer(files)[0] != "refused"
    assert answer(mutation(files, data)) != answer(files)


@pytest.mark.parametrize("kind", INPUTS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_lost_loss_never_raises_the_number_of_runs_that_are_well(kind: str, data: Draw) -> None:
    def well(files: Files) -> int | None:
        with TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, "in", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            try:
                cells, _ = read(Path(folder, "in"), **NAMED)
            except InputError:
                return None
            return sum(int((~found.cell.curves().diverged).sum()) for found in cells)

    before, after = well(INPUTS[kind]()), well(with_nan(INPUTS[kind](), data))
    assert before is not None
    assert after is None or after <= before
