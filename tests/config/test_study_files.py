"""Study files: what TOML may say, and one line for whatever it may not."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genconv.config.study import Study, load_study
from genconv.errors import InputError

GOOD = """
name = "small"
seeds = "0,2..3"
[[cells]]
models = ["vae", "flow"]
datasets = "rings"
[cells.training]
epochs = 3
[training]
"""
GOOD_BUT_TRAINING = GOOD.replace("[training]\n", "")
SECTIONS = ("model", "data", "training", "evaluation", "streams")


def write(folder: Path, content: str | bytes) -> str:
    path = folder / "study.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_a_good_file(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, GOOD))
    assert study.seeds == (0, 2, 3)
    (grid,) = study.cells
    assert (grid.models, grid.datasets, grid.protocols) == (("vae", "flow"), ("rings",), ("corrected",))
    assert grid.training == {"epochs": 3}


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    assert load_study(write(tmp_path, GOOD.encode("utf-8-sig"))).name == "small"


@pytest.mark.parametrize(
    ("seeds", "expected"), [("3", (0, 1, 2)), ('"7"', (7,)), ("[5, 1]", (5, 1)), ('"1..2,9"', (1, 2, 9))]
)
def test_seeds_as_number_text_or_list(seeds: str, expected: tuple[int, ...]) -> None:
    assert Study.from_toml(GOOD.replace('"0,2..3"', seeds), "here").seeds == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "name is missing"),
        (GOOD[:-5], "is not valid TOML"),
        (GOOD + 'model = "', "is not valid TOML"),
        (b"\0\0\0", "is not valid TOML"),
        ("x = " + "[" * 100_000, "is not valid TOML"),
        (GOOD.encode("utf-16"), "it is not UTF-8 text"),
        (GOOD.encode() + b'[data]\nx = "\xff"', "it is not UTF-8 text"),
        (GOOD.replace('name = "small"', 'name = "a"\nname = "b"'), "is not valid TOML"),
        (GOOD + "[training]\n", "is not valid TOML"),
        ("nmae = 'x'\n" + GOOD, "unknown key 'nmae': did you mean 'name'? allowed are cells, data"),
        (GOOD.replace("models", "modles"), "unknown key 'cells.0.modles': did you mean 'models'?"),
        (GOOD.replace("models", "modles"), "(also wrong or missing: cells.0.models)"),
        (GOOD.replace('models = ["vae", "flow"]', 'model = "vae"'), "cells.0.models is missing: did you mean it by 'm"),
        (GOOD.replace("datasets", "modles = 3\ndatasets"), "unknown key 'cells.0.modles': did you mean 'models'?"),
        (GOOD.replace('"small"', '"a/b"'), "name = 'a/b': must match pattern"),
        (GOOD.replace('"small"', "3"), "name = 3: must be a valid string"),
        (GOOD.replace('"0,2..3"', "-2"), "seeds = -2: must be from 1 to 100000"),
        (GOOD.replace('"0,2..3"', "1.5"), "seeds = 1.5: must be a number of seeds"),
        (GOOD.replace('"0,2..3"', "true"), "seeds = True: must be a number of seeds"),
        (GOOD.replace('"0,2..3"', "[1, 1]"), "seeds = [1, 1]: 1 is named twice"),
        (GOOD.replace('"0,2..3"', '[1, "2"]'), "seeds = [1, '2']: must be a number of seeds"),
        (GOOD.replace('"0,2..3"', '"x"'), "seeds = 'x': 'x' is neither a seed"),
        ("seed = -1\n" + GOOD, "seed = -1: must be greater than or equal to 0"),
        ("seed = 4294967296\n" + GOOD, "seed = 4294967296: must be less than 4294967296"),
        ("streams = 3\n" + GOOD, "streams = 3: must be a table"),
        ("execution = 3\n" + GOOD, "execution = 3: must be a table"),
        (GOOD + "[execution]\nmapping = 'fast'\n", "execution.mapping = 'fast': must be 'auto', 'map' or 'vmap'"),
        (GOOD + "[execution]\nmaping = 'map'\n", "unknown key 'execution.maping': did you mean 'mapping'?"),
        (GOOD.replace("[[cells]]", "[cells]"), "cells = "),
        ("name = 'a'\nseeds = 1\ncells = []", "cells = []: must have at least 1 item"),
        (GOOD.replace('["vae", "flow"]', "[]"), "cells.0.models = []: must have at least 1 item"),
        (GOOD.replace('["vae", "flow"]', "[3]"), "cells.0.models.0 = 3: must be a valid string"),
    ],
)  # fmt: skip
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        load_study(path)
    assert path in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("quickstrat", "unknown study 'quickstrat': did you mean 'quickstart'? known are corrected"),
        ("nowhere.tml", "study file 'nowhere.tml' does not exist"),
        ("nowhere.toml", "study file 'nowhere.toml' does not exist"),
        ("a/b", "study file 'a/b' does not exist"),
        ("x" * 300, "cannot be read: File name too long"),
        ("/", "study file '/' cannot be read: Is a directory"),
        ("/dev/null/x", "cannot be read: Not a directory"),
    ],
)
def test_a_study_that_is_not_there(name: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_study(name)
    assert message in str(caught.value)


@given(st.text(alphabet=st.sampled_from("[]{}=\"'.,\n\t #abcelsmnd013-:T\\é\0"), max_size=60))
def test_no_text_does_more_harm_than_bad_input(text: str) -> None:
    with pytest.raises(InputError, match="here"):
        Study.from_toml(text, "here")


@pytest.mark.parametrize(
    ("setting", "section", "expected"),
    [
        ("training.batch_size=512", "training", {"epochs": 3, "batch_size": 512}),
        ("training.epochs=9", "training", {"epochs": 9}),
        ("model.hidden=[8, 8]", "model", {"hidden": [8, 8]}),
        (" training.optimizer = adamax ", "training", {"epochs": 3, "optimizer": "adamax"}),
        ('training.optimizer="adamax"', "training", {"epochs": 3, "optimizer": "adamax"}),
        ("streams.init=3", "streams", {"init": 3}),
        ("training.gradient_clip=none", "training", {"epochs": 3, "gradient_clip": "none"}),
    ],
)
def test_a_setting_reaches_every_grid(setting: str, section: str, expected: dict[str, Any]) -> None:
    study = Study.from_toml(GOOD, "here").with_overrides([setting])
    assert getattr(study.cells[0], section) == expected


def test_settings_of_the_study_itself() -> None:
    study = Study.from_toml(GOOD, "here").with_overrides(["seed=5", "seeds=4..5", "execution.mapping=vmap"])
    assert (study.seed, study.seeds, study.execution.mapping) == (5, (4, 5), "vmap")
    assert study.with_overrides(["seeds=2"]).seeds == (0, 1)


def test_the_last_setting_counts() -> None:
    study = Study.from_toml(GOOD, "here").with_overrides(["training.epochs=7", "training.epochs=8"])
    assert study.cells[0].training == {"epochs": 8}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epochs", "'training.epochs': settings are written as key=value"),
        ("trainig.epochs=1", "did you mean 'training.epochs'? it must be seed, seeds, design or one of model."),
        ("=1", "setting '': it must be"),
        ("training=1", "setting 'training': it must be"),
        ("training.=1", "setting 'training.': it must be"),
        ("name=x", "setting 'name': "),
        ("seed=-1", "seed = -1: must be greater than or equal to 0"),
        ("seed=x", "seed = 'x': must be a valid integer"),
        ("seeds=[]", "seeds = []: at least one is needed"),
        ("seeds=0", "seeds = 0: must be from 1 to 100000"),
        ("execution.devices=0", "execution.devices = 0: must be greater than or equal to 1"),
        ("execution.mapping=fast", "execution.mapping = 'fast': must be 'auto', 'map' or 'vmap'"),
        ("execution.speed=1", "unknown key 'execution.speed': allowed are block, checkpoint_epochs,"),
    ],
)
def test_a_wrong_setting(setting: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Study.from_toml(GOOD, "here").with_overrides([setting])
    assert message in str(caught.value)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_setting_breaks_anything(key: str, value: str) -> None:
    for setting in (f"{key}={value}", f"training.{key}={value}", f"seed={value}"):
        try:
            Study.from_toml(GOOD, "here").with_overrides([setting])
        except InputError:
            continue


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_open_at_both_levels(section: str) -> None:
    text = GOOD_BUT_TRAINING.replace("[cells.training]\nepochs = 3\n", "")
    study = Study.from_toml(f"{text}\n[cells.{section}]\na = 1\n[{section}]\nb = 2\n", "here")
    assert getattr(study.cells[0], section) == {"a": 1}
    assert getattr(study, section) == {"b": 2}
