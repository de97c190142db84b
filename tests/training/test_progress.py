"""A cell that is put away as arrays and taken up again ends with the same bits."""

from typing import Any

import pytest

from genconv.errors import InputError
from genconv.training.cell import train_cell
from genconv.training.progress import CellProgress, from_arrays, to_arrays
from tests.training.cells import fingerprint, same_bits, small_cell, trainer_of

TRAININGS = {
    "average": {"ema_decay": 0.9, "accumulate_steps": 2, "optimizer": "sgd", "optimizer_arguments": {"momentum": 0.9}},
    "lion": {"optimizer": "lion", "weight_decay": 0.1, "gradient_clip": None, "warmup_steps": 3},
}


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_goes_on_to_the_same_bits(name: str) -> None:
    one, seen = small_cell("lvae", training=TRAININGS[name]), dict[int, Any]()
    trainer = trainer_of(one, [3, 4])

    def keep(progress: CellProgress, diverged: object) -> None:
        seen[progress.done] = to_arrays(progress, trainer.count)

    whole = train_cell(trainer, one.cell, keep)
    again = trainer_of(one, [3, 4])
    resumed = train_cell(again, one.cell, lambda *_: None, from_arrays(seen[1], again.shapes()))
    for seed in (3, 4):
        assert same_bits(fingerprint(whole, seed), fingerprint(resumed, seed))
    assert any(name.startswith("states.average") for name in seen[1]) == ("ema_decay" in TRAININGS[name])


def test_states_of_another_optimizer_are_told() -> None:
    one, seen = small_cell("lvae", training=TRAININGS["lion"]), list[Any]()
    trainer = trainer_of(one, [3, 4])
    states, record = trainer.epoch(trainer.start(), 0)
    seen.append(to_arrays(CellProgress(states, [record]), 2))
    other = trainer_of(small_cell("lvae"), [3, 4])
    with pytest.raises(InputError, match="its states do not fit this model"):
        from_arrays(seen[0], other.shapes())
