"""What sets cells apart, in words."""

import pytest

from genconv.store.grouping import full_key, short_key, telling_settings

KEYS = {"training.epochs", "training.learning_rate", "model.encoder.width", "model.decoder.width", "seed"}


@pytest.mark.parametrize(
    ("key", "short"),
    [
        ("training.epochs", "epochs"),
        ("model.encoder.width", "encoder.width"),
        ("model.decoder.width", "decoder.width"),
        ("seed", "seed"),
    ],
)
def test_a_setting_is_called_by_the_end_of_its_name_that_no_other_has(key: str, short: str) -> None:
    assert short_key(key, KEYS) == short
    assert full_key(short, KEYS) == key


def test_an_end_that_several_have_is_no_name() -> None:
    assert full_key("width", KEYS) == "width"
    assert full_key("rate", KEYS) == "rate"
    assert short_key("a.rate", ["a.rate", "rate"]) == "a.rate"


def test_cells_are_called_by_short_names_unless_these_are_those_of_others() -> None:
    names = [("rings", "vae", "corrected")] * 2
    apart = [{"training": {"rate": rate}, "model": {"width": 3}} for rate in (1, 2)]
    assert telling_settings(names, apart) == ["rate=1", "rate=2"]
    alike = [{"training": {"rate": rate}, "model": {"rate": 3}} for rate in (1, 2)]
    assert telling_settings(names, alike) == ["training.rate=1", "training.rate=2"]
