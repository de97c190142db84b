from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import rgb_to_hsv, to_rgb
from PIL import Image
from synthetic_cells import curves, imported, stored

from genconv.curves import CellCurves
from genconv.errors import WorkError
from genconv.measure import ELBO, EXACT, LOSS, Measure
from genconv.report.curve_geometry import median_place
from genconv.report.figures.catalogue import figures_of
from genconv.report.figures.colours import PALETTE, looks
from genconv.report.figures.curves import curves_figure
from genconv.report.figures.density_panels import smoothed
from genconv.report.figures.metrics import metrics_figure
from genconv.report.figures.saving import save_figures
from genconv.report.figures.style import Size, drawn_for
from genconv.report.page.embed import inline_svg
from genconv.store.results import Results

ODD = "<script>$x^</script> & a name that goes on and on (training.learning_rate=0.001)"

CELLS = {
    "plain": [curves(), curves("vae")],
    "diverged": [curves(died={1: 5})],
    "never finite": [curves(died={1: 0}), curves("vae")],
    "all diverged": [curves(died=dict.fromkeys(range(4), 3)), curves("vae")],
    "nothing but diverged": [curves(died=dict.fromkeys(range(4), 0))],
    "one seed": [curves(seeds=1)],
    "one epoch": [curves(epochs=1)],
    "no reference": [curves(dataset="mnist", protocol="imported", reference=None)],
    "huge": [
        replace(curves(), validation=np.where(np.arange(12) == 3, 1e18, curves().validation)),
        curves("vae"),
    ],
    "negative": [replace(curves(reference=None), validation=-curves().validation)],
    "two protocols": [curves(), curves(protocol="published"), curves("vae")],
    "odd names": [
        curves(ODD, dataset="../a b/é"),
        curves("_hidden", dataset="../a b/é"),
        curves("%d{x}", dataset="../a b/é"),
    ],
    "many": [curves(f"model{i}", seeds=2) for i in range(9)],
}


def _texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS)
def test_every_collection_is_drawn_without_a_warning(cells: list[CellCurves]):
    figures = figures_of(imported(*cells))
    assert {"curves", "metrics"} <= {name.split("-")[0] for name in figures}
    for name, figure in figures.items():
        assert figure.caption
        assert figure.alt
        assert inline_svg(figure, "x").startswith("<svg "), name


def test_figures_are_saved_in_three_formats(tmp_path: Path):
    figures = figures_of(imported(*CELLS["odd names"]), kinds=["curves", "gap"])
    paths = save_figures(figures, tmp_path)
    assert len(paths) == 3 * len(figures) == 6
    for path in paths:
        assert path.parent == tmp_path
        start = path.read_bytes()[:200]
        assert start.startswith({".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<?xml"}[path.suffix])


def test_files_are_the_same_on_a_second_call(tmp_path: Path):
    cell = stored(tmp_path / "runs", curves(seeds=2), density=True)
    kinds = ["curves", "gap", "samples"]
    first, second = (save_figures(figures_of(Results((cell,)), kinds=kinds), tmp_path / name) for name in "ab")
    assert len(first) == 3 * len({path.stem for path in first}) == 9
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_names_are_safe_and_distinct():
    collection = imported(
        *(curves(dataset=name) for name in ("a/b", "a b", "A_b", "../..", "blobs.npy", "mine.py:Mixture"))
    )
    names = figures_of(collection, kinds=["metrics", "curves"])
    assert len(names) == 12
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABM_-0123456789") for name in names)


def test_an_unwritable_folder_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkError, match="figures cannot be written") as error:
        save_figures(figures_of(imported(curves())), tmp_path / "file")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (EXACT, "Losses are NLL, nats."),
        (LOSS, "The losses say nothing of the likelihood."),
        (Measure(name="fm loss"), "The losses (fm loss) say nothing of the likelihood."),
    ],
)
def test_metrics_say_what_the_losses_are(measure: Measure, words: str):
    (found,) = (f for name, f in figures_of(imported(curves(measure=measure))).items() if name.startswith("metrics"))
    assert words in found.caption


def test_a_caption_says_what_lies_above_the_panel():
    cell = curves(epochs=200)
    assert f"(up to {cell.validation.max():.2f}) are not shown." in curves_figure([cell]).caption
    assert "not shown" not in curves_figure([curves(epochs=5)]).caption


def test_curves_show_reference_lines_median_and_death():
    figure = curves_figure([curves(died={1: 5}), curves("vae")])
    axes = figure.axes[0]
    assert {"entropy 2.832", "Gaussian 4.255"} <= set(_texts(axes))
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [tuple(line.get_xdata()) for line in crosses] == [(4,)]
    assert "median and quartiles over the runs" in figure.caption
    assert "flow 1 of 4 diverged" in figure.caption
    names, key = ([text.get_text() for text in legend.get_texts()] for legend in figure.legends)
    assert names == ["vae", "flow (1 of 4 diverged)"]
    assert key == ["one run", "median", "quartiles", "diverged"]


@pytest.mark.parametrize(
    ("width", "inches", "where"),
    [(None, 3.25, "below"), (60, 60 / 25.4, "below"), (83, 83 / 25.4, "below"), (139.7, 5.5, "at the right")],
)
def test_models_that_coincide_are_enlarged_where_the_width_has_room(width: float | None, inches: float, where: str):
    """No text of the figure is cut or lies on another."""
    bound = replace(curves("vae", measure=ELBO), validation=curves().validation + 0.001)
    far = replace(curves("a_model_of_a_longer_name"), validation=curves().validation + 3)
    cells = imported(curves(died={1: 5}), bound, far)
    (figure,) = figures_of(cells, kinds=["curves"], size=Size(width=width)).values()
    whole, part = figure.axes
    assert part.get_title(loc="left").replace("\n", " ") == "enlarged: vae and flow"
    assert part.get_ylim()[1] - part.get_ylim()[0] < 0.5 * (whole.get_ylim()[1] - whole.get_ylim()[0])
    assert len(whole.patches) == 1
    assert f"enlarged {where}; a frame shows which part" in figure.caption
    assert figure.get_size_inches()[0] == pytest.approx(inches)
    drawing = FigureCanvasAgg(figure).get_renderer()
    figure.draw(drawing)
    titles = [text for axes in figure.axes for text in (axes.title, axes._left_title)]
    texts = [text for legend in figure.legends for text in legend.get_texts()] + titles
    boxes = [text.get_window_extent(drawing) for text in texts if text.get_text()]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in boxes)


def test_models_that_end_apart_are_not_enlarged_and_a_tall_figure_takes_both_columns():
    far = replace(curves("x"), validation=curves().validation + 3)
    assert len(curves_figure([curves(), far]).axes) == 1
    figure = curves_figure([curves(protocol=f"p{number}") for number in range(4)])
    assert figure.get_size_inches()[0] == pytest.approx(6.75)


def test_a_logarithmic_axis_shows_what_is_above_the_entropy():
    with drawn_for(Size(log_x=True, log_y=True)):
        (axes,) = curves_figure([curves()]).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_ylabel() == "validation NLL − entropy, nats"
    assert min(float(line.get_xdata()[0]) for line in axes.lines if len(line.get_xdata()) > 2) == 1


@pytest.mark.parametrize("values", [(0.5, 2.0), (1e-5, 10.0), (1.0, 1e8), (0.7, 1.1)])
def test_ticks_of_logarithmic_axes_are_numbers(values: tuple[float, float]):
    cell = curves()
    entropy = cell.reference.entropy
    losses = np.broadcast_to(entropy + np.geomspace(*values, cell.validation.shape[1]), cell.validation.shape)
    with drawn_for(Size(log_y=True)):
        figure = curves_figure([replace(cell, validation=losses)])
    FigureCanvasAgg(figure).draw()
    texts = [tick.get_text() for axes in figure.axes for tick in axes.yaxis.get_ticklabels(which="both")]
    told = [text for text in texts if text]
    assert told
    assert all(float(text) > 0 for text in told)


def test_two_protocols_get_two_panels_on_one_scale():
    figure = curves_figure([curves(), curves(protocol="published")])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["8gaussians · corrected", "8gaussians · published"]
    assert len({axes.get_ylim() for axes in figure.axes}) == 1


def test_metrics_show_every_run_and_carry_their_numbers():
    figure = metrics_figure([curves(died={1: 5}), curves("vae")])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["min", "max", "last", "first", "exceeds"]
    assert all(_dots(axes) == 7 for axes in figure.axes)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "vae\n4 seeds",
        "flow\n1 of 4 diverged",
    ]
    assert "±" in _texts(figure.axes[0])[0]
    assert "±" not in _texts(figure.axes[4])[0]
    assert "95 % interval (Student t)" in figure.caption


def test_metrics_begin_with_the_held_out_loss_and_say_how_it_was_computed():
    """The answer of a page rests on it; a row names the bound of the curves alone."""
    weighted = {"importance_weighted": Measure("bound", "nats", "IWAE, k = 64")}
    held_out = {"importance_weighted": np.array([3.1, 3.2, 3.3, 3.4])}
    vae = replace(curves("vae"), measure=Measure("bound", "nats", "ELBO"), evaluation=held_out, measures=weighted)
    exact = {"loss": Measure("exact", "nats")}
    flow = replace(curves(), evaluation={"loss": np.array([3.0, 3.1, 3.2, 3.3])}, measures=exact)
    figure = metrics_figure([vae, flow])
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["test NLL", "min", "max", "last", "first", "exceeds"]
    assert _texts(figure.axes[0]) == ["3.250 ± 0.129 (IWAE, k = 64)", "3.150 ± 0.129"]
    assert "Test NLL: vae: NLL bound (IWAE, k = 64), nats; flow: NLL, nats." in figure.caption
    assert "test NLL" not in [axes.get_title(loc="left") for axes in metrics_figure([vae, curves()]).axes]


def test_metrics_do_not_begin_at_zero_but_counts_do():
    cells = [replace(curves(name), validation=curves().validation + 80) for name in ("a", "b")]
    figure = metrics_figure([replace(cell, reference=None) for cell in cells])
    assert all(axes.get_xlim()[0] > 80 for axes in figure.axes[:4])
    assert -0.5 < figure.axes[4].get_xlim()[0] <= 0


def _dots(axes: Axes) -> int:
    return sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() in ("o", "<", ">"))


def test_metrics_too_large_to_print_are_left_out_and_the_figure_says_so():
    figure = metrics_figure(CELLS["huge"])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["min", "last", "exceeds"]
    (legend,) = figure.legends
    said = legend.get_texts()[-1].get_text()
    assert said.startswith("left out, with means above 1.0 × 10⁵: max (flow: 1.0 × 10¹⁸ nats) and first")


def test_exact_ties_and_counts_are_not_cut_off():
    figure = metrics_figure([curves(), curves("vae"), replace(curves("x"), validation=np.arange(48.0).reshape(4, 12))])
    counts = figure.axes[-1]
    assert counts.get_xlim()[1] > 7


def test_the_median_seed_is_a_survivor():
    losses = np.array([[5.0], [1.0], [2.0], [3.0]])
    cell = replace(curves(seeds=4, epochs=1, died={0: 0}), validation=losses)
    assert median_place(cell) == 2
    assert median_place(curves(seeds=1, died={0: 2})) is None


def test_densities_name_the_seed_and_say_what_lies_outside(tmp_path: Path):
    cell = stored(tmp_path, curves(seeds=3, died={0: 4}), density=True)
    vae = stored(tmp_path, curves("vae", seeds=1, died={0: 4}))
    figure = figures_of(Results((cell, vae)))["densities-8gaussians"]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles[0] == "truth\ndensity"
    assert titles[1].startswith("flow, density\nseed ")
    assert titles[1].endswith("median of 2")
    assert titles[2] == "vae\nno run left"


def test_a_model_without_a_density_is_its_samples_smoothed_on_the_scale_of_the_truth(tmp_path: Path):
    figure = figures_of(Results((stored(tmp_path, curves("vae", seeds=1)),)))["densities-8gaussians"]
    assert figure.axes[1].get_title(loc="left").startswith("vae, samples smoothed\nseed 0")
    truth, model = (axes.images[0] for axes in figure.axes[:2])
    assert truth.get_clim() == model.get_clim()
    assert "Samples are smoothed" in figure.caption


def test_a_long_name_leaves_room_for_the_panel_beside_it(tmp_path: Path):
    figure = figures_of(Results((stored(tmp_path, curves("flow-matching", seeds=1)),)))["densities-8gaussians"]
    assert figure.axes[1].get_title(loc="left").startswith("flow-matching,\nsamples smoothed\nseed 0")


def test_smoothing_keeps_the_mass_that_is_inside():
    points = np.random.default_rng(0).normal(size=(4000, 2)) * 0.5
    points[:100] = 9.0
    density, outside = smoothed(points, (-4, 4, -4, 4))
    assert outside == pytest.approx(0.025)
    assert density.sum() * (8 / 200) ** 2 == pytest.approx(0.975, abs=1e-3)


def test_a_curve_without_density_shows_samples_of_the_truth(tmp_path: Path):
    cell = stored(tmp_path, curves(dataset="cos", seeds=1, reference=None))
    figure = figures_of(Results((cell,)))["densities-cos"]
    assert figure.axes[0].get_title(loc="left").startswith("truth\nsamples")


def test_figures_have_the_width_of_a_column_or_a_page(tmp_path: Path):
    (path, *_) = save_figures({"x": curves_figure([curves()])}, tmp_path)
    with Image.open(path) as image:
        assert image.width == 650
    assert metrics_figure([curves()]).get_figwidth() == 6.75


VARIANTS = ("vae", "vae (latent=2)", "vae (latent=8)", "vae · published", "vae (latent=8) · published")


def test_own_models_keep_their_hues_beside_any_others() -> None:
    own = dict(zip(("flow", "lvae", "vae", "draw", "draw2", "draw3", "draw4"), PALETTE, strict=True))
    for beside in ([], ["mine"], ["a", "b", "c"]):
        found = looks([*own, *beside])
        assert {name: found[name].colour for name in own} == own


def test_two_models_of_a_user_are_not_two_blues() -> None:
    """Thin lines and dots of the two blues are hard to tell apart."""
    blues = {"#0072B2", "#56B4E9"}
    for pair in (("resnet", "mobilenet"), *((f"a{i}", f"b{j}") for i in range(12) for j in range(12))):
        assert {look.colour for look in looks(pair).values()} != blues, pair


def test_grey_as_of_legends_is_the_last_hue_of_a_users_model() -> None:
    for count in range(1, 7):
        assert PALETTE[-1] not in {look.colour for look in looks(f"mine{i}" for i in range(count)).values()}


def test_looks_do_not_repeat_soon():
    chosen = looks(f"{i:02}" for i in range(28))
    assert len({(look.colour, look.dash) for look in chosen.values()}) == 28
    assert {look.colour for look in list(chosen.values())[: len(PALETTE)]} == set(PALETTE)


def test_variants_of_a_model_share_its_hue_and_none_looks_like_another():
    hue = {name: rgb_to_hsv(to_rgb(look.colour))[0] for name, look in looks(["flow", *VARIANTS]).items()}
    assert [hue[name] for name in VARIANTS] == pytest.approx([hue["vae"]] * len(VARIANTS), abs=0.02)
    assert abs(hue["flow"] - hue["vae"]) > 0.05
    assert len(set(looks(VARIANTS).values())) == len(VARIANTS)
    assert looks(VARIANTS)["vae"] == looks(["vae"])["vae"]


def test_a_model_looks_alike_beside_any_others():
    alone, beside = looks(["vae"]), looks(["a", "b", "draw", "flow", "lvae", "vae"])
    assert alone["vae"] == beside["vae"]
