"""Wrong architectures are told in one line, before anything is built."""

from typing import Any

import pytest

from genconv.config.base import Config
from genconv.errors import InputError
from genconv.models.flow import FlowConfig
from genconv.models.ladder_vae import LadderVAEConfig
from genconv.models.vae import VAEConfig

CONFIGS = [FlowConfig, LadderVAEConfig, VAEConfig]
WRONG_WIDTHS = [[], [0], [-3], [128, 0], [True], [2.5], ["8"], 8, "128", None]


@pytest.mark.parametrize("config", CONFIGS)
def test_an_unknown_key_is_an_error_that_names_the_nearest(config: type[Config]) -> None:
    with pytest.raises(InputError, match=r"unknown key 'model\.hiden': did you mean 'hidden'"):
        config.checked({"hiden": [8]}, "model")


@pytest.mark.parametrize("widths", WRONG_WIDTHS, ids=repr)
@pytest.mark.parametrize("config", CONFIGS)
def test_hidden_widths_are_positive_whole_numbers_and_at_least_one(config: type[Config], widths: Any) -> None:
    values = {"hidden": widths}
    if config is LadderVAEConfig and isinstance(widths, list):
        values["latent"] = [1] * len(widths)
    with pytest.raises(InputError, match="hidden"):
        config.checked(values)


@pytest.mark.parametrize("widths", WRONG_WIDTHS, ids=repr)
def test_latent_widths_of_the_ladder_are_positive_whole_numbers_and_at_least_one(widths: Any) -> None:
    hidden = [8] * len(widths) if isinstance(widths, list) else [8]
    with pytest.raises(InputError, match=r"latent|hidden = \(\)"):
        LadderVAEConfig.checked({"hidden": hidden, "latent": widths})


@pytest.mark.parametrize(
    ("config", "key"), [(FlowConfig, "couplings"), (VAEConfig, "latent")], ids=["couplings", "latent"]
)
@pytest.mark.parametrize("value", [0, -1, True, 1.5, "4", None])
def test_counts_are_positive_whole_numbers(config: type[Config], key: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"^{key} = .*: must be "):
        config.checked({key: value})


@pytest.mark.parametrize(
    "values",
    [{"head": "relu"}, {"variance": "tied"}, {"kl": "both"}, {"passes_down": "nothing"}],
    ids=lambda values: next(iter(values)),
)
def test_a_choice_that_does_not_exist_is_an_error(values: dict[str, str]) -> None:
    ((key, value),) = values.items()
    with pytest.raises(InputError, match=f"^{key} = '{value}': must be '"):
        LadderVAEConfig.checked(values)


def test_a_ladder_needs_as_many_latents_as_steps() -> None:
    with pytest.raises(InputError, match="hidden and latent must have the same length, not 2 and 3"):
        LadderVAEConfig.checked({"hidden": [8, 8]})


@pytest.mark.parametrize("config", CONFIGS)
def test_lists_become_tuples(config: type[Config]) -> None:
    checked = config.checked({"hidden": [7, 6, 5]})
    assert checked.hidden == (7, 6, 5)  # type: ignore[attr-defined]
