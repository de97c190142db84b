"""From a study to cells with every number filled in: precedence, identity, and what cannot be."""

from pathlib import Path

import pytest

from genconv.config.run import Run
from genconv.config.study import Study
from genconv.config.training import TrainingConfig
from genconv.coordinates import Coordinates
from genconv.errors import InputError
from genconv.experiment.resolve import rebuild, resolve
from genconv.protocols import recipe

GRID = '[[cells]]\nmodels = ["vae", "flow"]\ndatasets = ["rings", "moons"]\n'


def study(body: str = GRID, settings: tuple[str, ...] = ()) -> Study:
    return Study.from_toml(f'name = "a"\nseeds = 2\n{body}', "here").with_overrides(settings)


def test_a_grid_is_every_combination_in_order() -> None:
    cells = [one.cell for one in resolve(study(GRID + 'protocols = ["published", "corrected"]'))]
    assert [(cell.protocol, cell.dataset, cell.model) for cell in cells] == [
        (protocol, dataset, model)
        for protocol in ("published", "corrected")
        for dataset in ("rings", "moons")
        for model in ("vae", "flow")
    ]


def test_a_cell_named_twice_is_one() -> None:
    assert len(resolve(study(GRID + GRID))) == 4


def test_precedence_is_recipe_then_study_then_cell_then_setting() -> None:
    body = (
        "[training]\nepochs = 11\nbatch_size = 64\nwarmup_steps = 7\n"
        + GRID
        + "[cells.training]\nepochs = 12\nbatch_size = 65\n"
    )
    training = resolve(study(body, ("training.epochs=13",)))[0].cell.training
    assert (training.epochs, training.batch_size, training.warmup_steps) == (13, 65, 7)
    corrected = TrainingConfig.checked(recipe("corrected", "vae", "points").training)
    assert training.learning_rate == corrected.learning_rate
    assert resolve(study())[0].cell.training == corrected


def test_each_grid_has_its_own_overrides() -> None:
    other = GRID.replace("rings", "cos").replace("moons", "line")
    cells = [one.cell for one in resolve(study(GRID + "[cells.data]\ntest_size = 5\n" + other))]
    assert [cell.data["test_size"] for cell in cells] == [5] * 4 + [20_000] * 4


def test_streams_are_pinned_by_override() -> None:
    pinned = resolve(study(settings=("seeds=[7]", "streams.init=3", "streams.data=seed")))[0]
    assert pinned.runs == (Coordinates(7, 3, 7, 7),)
    plain = resolve(study(settings=("seeds=[7]",)))[0]
    assert plain.runs == (Coordinates.of_seed(7),)
    assert plain.cell == pinned.cell


def test_a_stored_cell_is_rebuilt_as_it_was() -> None:
    one = resolve(study(settings=("data.training_size=600",)))[0]
    again = rebuild(one.cell)
    assert (again.cell, again.model, again.dataset.training_size) == (one.cell, one.model, 600)


def test_how_work_is_laid_out_is_no_part_of_the_identity() -> None:
    plain, mapped = (resolve(study(settings=settings))[0].cell for settings in ((), ("execution.mapping=vmap",)))
    assert plain.identity == mapped.identity
    assert Run(plain, Coordinates.of_seed(0)).identity == Run(mapped, Coordinates.of_seed(0)).identity


@pytest.mark.parametrize(
    "setting",
    ["seed=1", "training.epochs=3", "data.test_size=9", "evaluation.points=9", "model.hidden=[9]"],
)
def test_every_number_is_part_of_the_identity(setting: str) -> None:
    assert resolve(study())[0].cell.identity != resolve(study(settings=(setting,)))[0].cell.identity


def test_writing_a_default_out_changes_nothing() -> None:
    epochs = recipe("corrected", "flow", "points").training["epochs"]
    settings = (f"training.epochs={epochs}", "streams.init=seed", "model.hidden=[200, 100]")
    body = GRID.replace('"vae", ', "")
    plain, written = (resolve(study(body, given)) for given in ((), settings))
    assert [one.cell.identity for one in plain] == [one.cell.identity for one in written]


@pytest.mark.parametrize(
    ("body", "settings", "message"),
    [
        (GRID.replace("flow", "flwo"), (), "unknown model 'flwo': did you mean 'flow'? known are conv-vae,"),
        (GRID.replace("rings", "rigns"), (), "unknown dataset 'rigns': did you mean 'rings'? known are 2spirals"),
        (GRID + 'protocols = "publishd"', (), "unknown protocol 'publishd': did you mean 'published'?"),
        (GRID + "[cells.training]\nepohcs = 3", (), "unknown key 'training.epohcs': did you mean 'epochs'?"),
        (GRID, ("model.hiden=[3]",), "unknown key 'model (vae).hiden': did you mean 'hidden'? allowed are"),
        (GRID, ("model.latent=2",), "unknown key 'model (flow).latent': allowed are"),
        (GRID, ("data.training_sise=3",), "unknown key 'data.training_sise': did you mean 'training_size'?"),
        (GRID, ("evaluation.pionts=3",), "unknown key 'evaluation.pionts': did you mean 'points'?"),
        (GRID, ("streams.inti=3",), "unknown key 'streams.inti': did you mean 'init'? allowed are data, init"),
        (GRID, ("streams.init=-1",), "init = -1: must be \"seed\", an integer from 0 to 4294967295, or a list"),
        (GRID, ("streams.init=x",), "streams.init = 'x': must be a valid integer or must be 'seed' or must be a list"),
        (GRID, ("model.hidden=[]",), "model (vae).hidden = (): must have at least 1 item"),
        (GRID, ("model.hidden=[0]",), "model (vae).hidden.0 = 0: must be greater than or equal to 1"),
        (GRID, ("training.epochs=0",), "training.epochs = 0: must be greater than or equal to 1"),
        (GRID, ("training.learning_rate=x",), "training.learning_rate = 'x': must be a valid number"),
        (GRID, ("training.learning_rate=nan",), "training.learning_rate = nan: must be a finite number"),
        (GRID, ("data.training_size=0",), "data.training_size = 0: must be greater than or equal to 1"),
        (
            GRID,
            ("data.training_size=600", "training.batch_size=601"),
            "training.batch_size = 601: must be at most 600, the training examples of rings (data.training_size)",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_before_any_work(body: str, settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(study(body, settings))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", ["data.training_size", "data.test_size", "model.latent", "model.couplings"])
def test_a_number_that_no_device_holds_is_told(setting: str) -> None:
    model = "flow" if setting == "model.couplings" else "vae"
    body = GRID.replace('"vae", "flow"', f'"{model}"')
    with pytest.raises(InputError) as caught:
        resolve(study(body, (f"{setting}={10**30}",)))
    assert str(10**30) in str(caught.value)
    assert setting.partition(".")[2] in str(caught.value)


def test_a_model_on_data_that_it_does_not_take() -> None:
    with pytest.raises(InputError, match="takes binary images of one channel, not continuous points in 2 dimensions"):
        resolve(study(GRID.replace('"vae", "flow"', '"draw"')))


def test_the_published_protocol_is_for_the_models_of_the_study(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from genconv.models.vae import VAE\n\nclass Mine(VAE): pass\n")
    grid = GRID.replace('"vae", "flow"', f"'{tmp_path}/mine.py:Mine'") + 'protocols = ["published"]\n'
    with pytest.raises(InputError, match="has no published protocol on points: use the protocol 'corrected'"):
        resolve(study(grid))
