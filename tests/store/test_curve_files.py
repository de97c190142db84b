"""Loss-curve files: what they mean, and one clear line for each way in which they can be broken."""

import json
from pathlib import Path

import numpy as np
import pytest

from genconv.curves import Divergence, Reference
from genconv.errors import InputError
from genconv.store.study_json import open_curve_file, read_curve_file

NAN = np.nan
GOOD = '{"train": [[3, 2], [4, 3]], "val": [[3.5, 2.5], [4.5, 3.5]]}'


def write(folder: Path, text: str | bytes, name: str = "vae_rings_2.json") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def both(curves: str) -> str:
    return f'{{"train": {curves}, "val": {curves}}}'


def test_what_a_file_says(tmp_path: Path) -> None:
    cell = read_curve_file(write(tmp_path, GOOD))
    assert (cell.model, cell.dataset, cell.protocol, cell.variant) == ("vae", "rings", "imported", "")
    assert cell.seeds == (0, 1)
    np.testing.assert_array_equal(cell.training, [[3, 2], [4, 3]])
    np.testing.assert_array_equal(cell.validation, [[3.5, 2.5], [4.5, 3.5]])
    assert cell.divergences == (None, None)
    assert cell.reference is None
    assert cell.evaluation == {}


def test_the_reference_is_looked_up_by_dataset(tmp_path: Path) -> None:
    reference = Reference(1.0, 1.0, 2.0)
    path = write(tmp_path, GOOD)
    assert read_curve_file(path, {"rings": reference, "moons": None}).reference is reference
    assert read_curve_file(path, {"rings": None}).reference is None


@pytest.mark.parametrize(
    ("name", "model", "dataset"),
    [
        ("vae_my_own_set_2.json", "vae", "my_own_set"),
        ("my-model_2spirals_02.json", "my-model", "2spirals"),
        ("größe_2_2.json", "größe", "2"),
        ("[red]_a|b_2.json", "[red]", "a|b"),
    ],
)
def test_any_model_and_dataset(tmp_path: Path, name: str, model: str, dataset: str) -> None:
    cell = read_curve_file(write(tmp_path, GOOD, name))
    assert (cell.model, cell.dataset) == (model, dataset)


@pytest.mark.parametrize(("starts", "sign"), [([-3, -4, -5], -1), ([3, 4, 5], 1), ([-3, -4, NAN], -1)])
def test_stored_elbos_become_losses_and_it_is_said(tmp_path: Path, starts: list[float], sign: int) -> None:
    curves = [[start, sign * 2.0] for start in starts]
    path = write(tmp_path, json.dumps({"train": curves, "val": curves}), "vae_rings_3.json")
    found = open_curve_file(path)
    np.testing.assert_array_equal(found.curves.validation, sign * np.array(curves))
    np.testing.assert_array_equal(found.curves.training, sign * np.array(curves))
    assert found.negated == (sign < 0)
    assert any("--no-negate" in note for note in found.notes) == (sign < 0)
    np.testing.assert_array_equal(open_curve_file(path, negate=False).curves.validation, curves)
    assert open_curve_file(path, negate=False).notes == open_curve_file(path, negate=True).notes == ()


@pytest.mark.parametrize(
    ("train", "val"),
    [
        ("[[-3, 2], [-4, -3]]", "[[-3, -2], [-4, -3]]"),
        ("[[3, 2], [4, 3]]", "[[3, -2], [4, 3]]"),
        ("[[3, 2], [4, 3]]", "[[-3, -2], [-4, -3]]"),
    ],
)
def test_curves_that_cross_zero_are_refused(tmp_path: Path, train: str, val: str) -> None:
    path = write(tmp_path, f'{{"train": {train}, "val": {val}}}')
    refused(path, "numbers below zero and above: losses or ELBOs? genconv import --no-negate")
    assert open_curve_file(path, negate=False).curves.epochs == 2


def test_the_sign_comes_from_all_finite_values(tmp_path: Path) -> None:
    cell = read_curve_file(write(tmp_path, both("[[NaN, Infinity, -4, -1], [null, -3, -1, 0]]")))
    np.testing.assert_array_equal(cell.validation, [[NAN, -np.inf, 4, 1], [NAN, 3, 1, 0]])


def test_a_blow_up_that_decides_is_said(tmp_path: Path) -> None:
    (note,) = open_curve_file(write(tmp_path, both("[[3, 1e7], [3, 2]]"))).notes
    assert note.startswith("1 diverged by a validation loss above 1e+06")


@pytest.mark.parametrize("sign", ["", "-"])
def test_divergence_in_either_curve(tmp_path: Path, sign: str) -> None:
    train = "[[+3, +1e7, +3], [+3, +3, +3], [+3, +3, NaN], [+3, +3, +3]]"
    val = "[[+3, +3, +3], [+3, null, +3], [+3, +3, +3], [+3, +1e7, +3]]"
    text = f'{{"train": {train}, "val": {val}}}'.replace("+", sign)
    assert read_curve_file(write(tmp_path, text, "flow_rings_4.json")).divergences == (
        None,
        Divergence(1, "non-finite loss"),
        Divergence(2, "non-finite loss"),
        Divergence(1, "blow-up"),
    )


def test_a_file_without_any_number_is_a_cell_of_diverged_seeds(tmp_path: Path) -> None:
    cell = read_curve_file(write(tmp_path, both("[[NaN], [null]]")))
    assert cell.diverged.all()


@pytest.mark.parametrize("huge", ["1e400", "1" + "0" * 400, "1" + "0" * 5000])
def test_huge_numbers_are_infinite(tmp_path: Path, huge: str) -> None:
    cell = read_curve_file(write(tmp_path, both(f"[[1, {huge}], [1, 1]]")))
    assert cell.validation[0, 1] == np.inf
    assert cell.divergences == (Divergence(1, "non-finite loss"), None)


def test_other_keys_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    text = "\ufeff" + GOOD.replace("{", '{"comment": {"by": "me"}, ', 1)
    assert read_curve_file(write(tmp_path, text)).epochs == 2


BAD: dict[str, tuple[str | bytes, str]] = {
    "cut off": (GOOD[:40], "is not valid JSON"),
    "empty": ("", "is not valid JSON"),
    "not UTF-8": (b'{"train": "\xff"}', "is not UTF-8 text"),
    "a list": ("[[1, 2], [1, 2]]", "not an object"),
    "null": ("null", "not an object"),
    "no train": ('{"val": [[1]]}', "has no key 'train'"),
    "no val": ('{"train": [[1], [2]]}', "has no key 'val'"),
    "split not a list": (both('{"0": [1]}'), "'train' is not a list"),
    "split a number": (both("3"), "'train' is not a list"),
    "seed not a list": (both("[[1], 2]"), "'train', seed 1 is not a list"),
    "no seeds": (both("[]"), "'train' has no seeds"),
    "no epochs": (both("[[], []]"), "'train', seed 0 has no epochs"),
    "string": (both('[[1, 2], [1, "2"]]'), "'train', seed 1, epoch 1: '2' is not a number"),
    "string of lines": (both(r'[[1, "a\nb"], [1, 2]]'), r"'a\nb' is not a number"),
    "long string": (both(f'[[1, "{"x" * 9999}"], [1, 2]]'), "is not a number"),
    "boolean": (both("[[1, true], [1, 2]]"), "'train', seed 0, epoch 1: True is not a number"),
    "list for a number": (both("[[1, [2]], [1, 2]]"), "[2.0] is not a number"),
    "object for a number": (both('[[1, {"a": 1}], [1, 2]]'), "is not a number"),
    "ragged": (both("[[1, 2], [1]]"), "'train', seed 1 has 1 epochs where seed 0 has 2"),
    "splits differ in epochs": (
        '{"train": [[1], [2]], "val": [[1, 2], [1, 2]]}',
        "'train' holds 2 seeds of 1 epochs, but 'val' 2 seeds of 2 epochs",
    ),
    "splits differ in seeds": ('{"train": [[1], [2]], "val": [[1]]}', "but 'val' 1 seeds of 1 epochs"),
    "seeds not as in the name": (both("[[1]]"), "the name says 2 seeds, but the file holds 1"),
    "duplicate key": (
        '{"train": [[1], [1]], "val": [[1], [1]], "val": [[2], [2]]}',
        "has the key 'val' twice",
    ),
    "duplicate key inside": ('{"train": [[1], [1]], "a": {"b": 1, "b": 2}}', "has the key 'b' twice"),
    "deep nesting": ("[" * 100_000 + "]" * 100_000, "is nested too deeply"),
    "deep nesting inside": (both("[" * 200 + "]" * 200), "'train', seed 0, epoch 0"),
    "trailing text": (GOOD + "\n}", "is not valid JSON"),
}


def refused(path: Path, problem: str) -> None:
    """One line that names file and problem, with no chain of causes behind it."""
    with pytest.raises(InputError) as caught:
        read_curve_file(path)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400
    assert repr(str(path)) in message
    assert problem in message
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("case", BAD)
def test_bad_content(tmp_path: Path, case: str) -> None:
    content, problem = BAD[case]
    refused(write(tmp_path, content), problem)


@pytest.mark.parametrize(
    "name",
    [
        *("vae.json", "vae_2.json", "vae_rings.json", "vae_rings_two.json", "vae_rings_2.txt"),
        *("_rings_2.json", "vae__2.json", "vae_rings_-2.json", "vae_rings_\N{ARABIC-INDIC DIGIT TWO}.json"),
        *("vae_rings_2.json\n", "a\x1b[31m\nb.json"),
    ],
)
def test_bad_name(tmp_path: Path, name: str) -> None:
    refused(write(tmp_path, GOOD, name), "the name is not of the form MODEL_DATASET_SEEDS.json")


def test_missing_file_and_directory(tmp_path: Path) -> None:
    refused(tmp_path / "vae_rings_2.json", "cannot be read (No such file or directory)")
    (tmp_path / "vae_moons_2.json").mkdir()
    refused(tmp_path / "vae_moons_2.json", "cannot be read (Is a directory)")
