"""Files of the user from the command line to the page: points in five dimensions, and images in colours."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from genconv import api
from tests.cli.commands import Done, genconv
from tests.experiment.compiling import quick_compilation

SMALL = (
    "training.batch_size=16",
    "training.warmup_steps=0",
    "evaluation.importance_samples=2",
    "evaluation.samples=12",
    "evaluation.points=16",
    "evaluation.snapshots=4",
)
MODELS = {
    "vae": ("model.hidden=[4]", "model.latent=1"),
    "flow points": ("model.couplings=1", "model.hidden=[4]"),
    "flow images": ("model.scales=1", "model.couplings=1", "model.hidden=4", "model.depth=1", "model.growth=2"),
}
VALUES = np.random.default_rng(0).normal((3, -20, 500, 0.001, 7), (1, 5, 100, 1e-4, 2), (120, 5))


def train(folder: Path, model: str, data: str, *more: str) -> Done:
    name = model.split(maxsplit=1)[0]
    with quick_compilation():
        words = [*SMALL, *MODELS[model], *more]
        return genconv("train", "-m", name, "-d", folder / data, "-e", "1", "-o", folder / "runs", *words)


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("points")
    pl.DataFrame(VALUES, schema=list("abcde")).write_csv(folder / "table.csv")
    for model in ("flow points", "vae"):
        done = train(folder, model, "table.csv")
        assert done.code == 0, done.err
        assert "120 points in 5 dimensions, standardized by the training points" in done.err
    return folder


def test_samples_of_standardized_points_have_the_units_of_the_file(points: Path) -> None:
    results = api.load(points / "runs")
    for cell in results.cells:
        for run in cell.runs:
            for samples in (run.samples["samples"], api.sample(run, 40)):
                assert samples.shape[1] == 5
                assert np.abs((np.median(samples, axis=0) - VALUES.mean(axis=0)) / VALUES.std(axis=0)).max() < 3


def test_likelihoods_have_the_units_of_the_file(points: Path) -> None:
    """A Gaussian of the data's own mean and deviation is near what an untrained flow says."""
    cell = next(cell for cell in api.load(points / "runs").cells if cell.curves.model == "flow")
    gaussian = 0.5 * np.sum(np.log(2 * np.pi * np.e * VALUES.var(axis=0)))
    assert abs(float(cell.curves.validation[0, -1]) - gaussian) < 3


def test_points_in_five_dimensions_have_a_page_and_figures(points: Path) -> None:
    assert genconv("report", points / "runs", "-o", points / "page.html").code == 0
    assert genconv("plot", points / "runs", "-o", points / "figures").code == 0
    assert (points / "page.html").stat().st_size > 10_000


def test_what_points_cost_is_estimated(points: Path) -> None:
    study = points / "study.toml"
    study.write_text(
        f"name = 'own'\nseeds = 1\n[model]\nhidden = [4]\nlatent = 1\n[training]\nbatch_size = 16\n"
        f"[[cells]]\nmodels = 'vae'\ndatasets = '{points}/table.csv'\n"
    )
    with quick_compilation():
        done = genconv("estimate", study)
    assert done.code == 0, done.err
    assert "corrected" in done.out


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    np.save(folder / "photos.npy", np.random.default_rng(1).integers(0, 256, (60, 6, 8, 3), dtype=np.uint8))
    for model in ("vae", "flow images"):
        done = train(folder, model, "photos.npy")
        assert done.code == 0, done.err
        assert "60 RGB images of 6×8, pixels are one of 256 levels" in done.err
    return folder


def test_losses_of_levels_are_near_those_of_random_bytes(photos: Path) -> None:
    for cell in api.load(photos / "runs").cells:
        assert 0.8 < float(cell.curves.validation[0, -1]) / (6 * 8 * 3 * np.log(256)) < 2


def test_colours_are_sampled_and_shown(photos: Path) -> None:
    for form in ("npy", "png"):
        assert genconv("sample", photos / "runs", "-n", "9", "-o", photos / "samples", "--format", form).code == 0
    arrays = [np.load(path) for path in (photos / "samples").glob("*.npy")]
    assert [array.shape for array in arrays] == [(9, 6, 8, 3)] * 2
    assert genconv("report", photos / "runs", "-o", photos / "page.html").code == 0
    assert genconv("plot", photos / "runs", "-o", photos / "figures").code == 0


def test_draw_says_what_it_takes(photos: Path) -> None:
    done = genconv("train", "-m", "draw", "-d", photos / "photos.npy", "-o", photos / "none")
    assert (done.code, done.error) == (
        2,
        "model 'draw' takes binary images of one channel, not discrete images of 6×8×3",
    )


def test_a_plane_in_an_array_is_points_and_one_channel_is_grey(tmp_path: Path) -> None:
    np.save(tmp_path / "plane.npy", VALUES[:, :2])
    np.save(tmp_path / "grey.npy", np.random.default_rng(2).random((60, 4, 4, 1)))
    plane, grey = train(tmp_path, "vae", "plane.npy"), train(tmp_path, "vae", "grey.npy")
    assert (plane.code, grey.code) == (0, 0)
    assert "120 points in 2 dimensions" in plane.err
    assert "60 grey images of 4×4, pixels are drawn as 0 or 1 from their grey values at each use" in grey.err
