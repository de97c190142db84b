"""A wrong value is told in one line: its key, itself, and what is allowed."""

import re
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from genconv.config.base import Config, OrNone, Widths, canonical_json
from genconv.config.evaluation import EvaluationConfig
from genconv.config.execution import ExecutionConfig
from genconv.config.streams import StreamsConfig
from genconv.config.training import TrainingConfig
from genconv.errors import InputError

MINIMAL = {"epochs": 2, "batch_size": 8}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["none", "seed", "linear"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)


class Inner(Config):
    depth: int = Field(default=1, ge=1)


class Outer(Config):
    widths: Widths = Field(default=(3,), min_length=1)
    limit: OrNone[float] = Field(default=None, gt=0)
    floor: int = 0
    stride: Literal["one", "two"] = "one"
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, "training.epochs = 0: must be greater than or equal to 1"),
        ({"epochs": 1.0}, "training.epochs = 1.0: must be a valid integer"),
        ({"epochs": True}, "training.epochs = True: must be a valid integer"),
        ({"epochs": "2"}, "training.epochs = '2': must be a valid integer"),
        ({"epochs": 10**30}, "training.epochs = 1" + "0" * 30 + ": must be less than or equal to 2147483647"),
        ({"learning_rate": "x"}, "training.learning_rate = 'x': must be a valid number"),
        ({"learning_rate": 0}, "training.learning_rate = 0: must be greater than 0"),
        ({"learning_rate": float("nan")}, "training.learning_rate = nan: must be a finite number"),
        ({"learning_rate": float("inf")}, "training.learning_rate = inf: must be a finite number"),
        ({"ema_decay": 1.0}, "training.ema_decay = 1.0: must be less than 1"),
        (
            {"optimizer_arguments": {"b1": [[1]]}},
            "training.optimizer_arguments = {'b1': [[1]]}: b1 = [[1]]: must be a finite number, a text, true, false, "
            "or several",
        ),
        ({"schedule_arguments": {"a": 1}}, "training: schedule_arguments: must be empty for the schedule 'constant'"),
        ({"gradient_clip": -1.0}, "training.gradient_clip = -1.0: must be greater than 0"),
        ({"validation_batch_size": 0}, "training.validation_batch_size = 0: must be greater than or equal to 1"),
        (
            {"schedule": "linear", "decay_start": 40.0},
            "training: decay_start = 40.0: must be below the end of the decay, epoch 2",
        ),
    ],
)
def test_a_wrong_training_value(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        TrainingConfig.checked({**MINIMAL, **values}, "training")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"widths": []}, "widths = (): must have at least 1 item, not 0"),
        ({"widths": [0]}, "widths.0 = 0: must be greater than or equal to 1"),
        ({"widths": [3, -2]}, "widths.1 = -2: must be greater than or equal to 1"),
        ({"widths": [10**30]}, f"widths.0 = {10**30}: must be less than or equal to 65536"),
        ({"widths": 3}, "widths = 3: must be a list"),
        ({"widths": [1.5]}, "widths.0 = 1.5: must be a valid integer"),
        ({"floor": "x"}, "floor = 'x': must be a valid integer"),
        ({"stride": "x"}, "stride = 'x': must be 'one' or 'two'"),
        ({"inner": 3}, "inner = 3: must be a table"),
        ({"inner": {"depth": 0}}, "inner.depth = 0: must be greater than or equal to 1"),
        ({"inner": {"dpeth": 1}}, "unknown key 'inner.dpeth': did you mean 'depth'? allowed are depth"),
        ({"many": ({"depth": 1}, {"dpeth": 1})}, "unknown key 'many.1.dpeth': did you mean 'depth'? allowed are depth"),
        (
            {"zzz": 1},
            "unknown key 'zzz': allowed are floor, inner, limit, many, stride, widths",
        ),
    ],
)
def test_a_wrong_value_anywhere(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Outer.checked(values)
    assert str(caught.value) == message


def test_a_missing_value_is_named() -> None:
    with pytest.raises(InputError, match=r"^training\.batch_size is missing$"):
        TrainingConfig.checked({"epochs": 1}, "training")


@pytest.mark.parametrize(("word", "value"), [("none", None), (None, None), (2.5, 2.5)])
def test_the_word_none_stands_for_none(word: object, value: object) -> None:
    assert Outer.checked({"limit": word}).limit == value


@pytest.mark.parametrize("stream", ["data", "init", "order", "noise"])
@pytest.mark.parametrize("value", [-1, 2**32, "x", 1.5, True, None])
def test_a_stream_is_a_seed_or_an_integer(stream: str, value: object) -> None:
    with pytest.raises(InputError, match=rf"streams[.:] ?{stream} = .*seed"):
        StreamsConfig.checked({stream: value}, "streams")


def test_an_update_is_validated_as_a_whole() -> None:
    config = TrainingConfig.checked({**MINIMAL, "schedule": "linear", "decay_start": 1.0})
    assert config.updated({"epochs": 3}).epochs == 3
    with pytest.raises(InputError, match="decay_start"):
        config.updated({"epochs": 1})


@pytest.mark.parametrize("config", [TrainingConfig, EvaluationConfig, StreamsConfig, ExecutionConfig, Outer])
@given(data=st.data())
def test_whatever_is_given_it_is_accepted_or_told_in_one_line(config: type[Config], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(config.model_fields)) | st.text(min_size=1))
    value = data.draw(VALUES)
    try:
        accepted = config.checked({**(MINIMAL if config is TrainingConfig else {}), key: value}, "here")
    except InputError as error:
        message = str(error)
    else:
        assert config.model_validate_json(accepted.canonical(), strict=False) == accepted
        return
    assert "here" in message
    assert key in message
    assert "Input should" not in message
    assert len(message.splitlines()) == 1 or not key.isprintable()


def test_every_field_explains_itself() -> None:
    for config in (TrainingConfig, EvaluationConfig, StreamsConfig, ExecutionConfig):
        for name, field in config.model_fields.items():
            assert re.search(r"\w{3}", field.description or ""), name


def test_canonical_text_depends_on_values_alone() -> None:
    assert canonical_json({"b": 1.0, "a": [1, None]}) == canonical_json({"a": [1, None], "b": 1.0})
    assert canonical_json({"b": "é"}) == '{"b":"\\u00e9"}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))
