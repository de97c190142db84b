"""Gap to the entropy, survival, forest, lottery and early curves: what they show, and what they say of their bars."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text
from scipy import stats
from synthetic_cells import curves, imported, stored

from genconv.cli import report as results
from genconv.curves import CellCurves, Divergence
from genconv.errors import InputError
from genconv.report.choice import Choice
from genconv.report.figures.catalogue import KINDS, figures_of, silences_of
from genconv.report.figures.colours import PALETTE
from genconv.report.figures.metrics import metrics_figure
from genconv.report.figures.studied import Studied
from genconv.report.figures.style import SCALES, PaperFigure, Size, drawn_for
from genconv.statistics.stability import stability_of_winner
from genconv.statistics.thresholds import threshold
from genconv.store.results import Results, StoredCell


def _axes(name: str, *cells: CellCurves) -> Axes:
    (axes,) = figures_of(imported(*cells))[name].axes
    return axes


def _ending(model: str, *final: float) -> CellCurves:
    """Curves that fall by a nat an epoch to these final losses."""
    fall = np.arange(5.0, -1, -1)
    losses = np.array(final)[:, np.newaxis] + fall
    return replace(curves(model, seeds=len(final), epochs=6), training=losses, validation=losses)


ENDS = {"a": (3.0, 3.1, 3.2), "b": (4.0, 4.1, 4.2)}
TOYS = ("8gaussians", "checkerboard", "rings", "moons", "pinwheel", "cos")


def _ending_on(dataset: str, model: str, *final: float) -> CellCurves:
    return replace(_ending(model, *final), dataset=dataset)


def _texts(axes: Axes) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


def _gaps(root: Path, *cells: CellCurves) -> PaperFigure:
    """Of runs with 1,000 validation points: an excess of 0.1 is about what these explain."""
    return figures_of(Results(tuple(stored(root, cell) for cell in cells)))["gap-8gaussians"]


def _placed(axes: Axes, marker: str) -> list[float]:
    return sorted(float(x) for line in axes.lines if line.get_marker() == marker for x in line.get_xdata())


def test_the_ladder_places_each_seed_above_the_entropy_and_flags_what_cannot_be(tmp_path: Path):
    figure = _gaps(tmp_path, _ending("good", 2.932, 3.032), _ending("bad", 2.632, 4.832))
    (axes,) = figure.axes
    assert _placed(axes, "o") == pytest.approx([0.1, 0.2, 2.0])
    assert len(_placed(axes, "<")) == 1
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in figure.legends[0].get_texts()][2:] == [
        *("above it", "below the floor", "error of the points")
    ]
    assert "1 of 2 runs of bad are below the floor" in figure.caption
    assert "1 of 2 runs of bad are above the Gaussian" in figure.caption
    assert "geometric mean and its 95 % interval over runs (Student t of logarithms)" in figure.caption
    assert "n = 2" in figure.caption
    assert "On 1,000 validation points an excess near 0 has a standard error of 0.03" in figure.caption


def test_an_excess_of_less_than_nothing_within_the_error_is_no_error_of_the_likelihood(tmp_path: Path):
    figure = _gaps(tmp_path, _ending("good", 2.782, 2.932))
    assert len(_placed(figure.axes[0], "<")) == 1
    assert "0 or less" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert "No run is flagged." in figure.caption


def test_a_ladder_without_its_points_flags_nobody():
    figure = figures_of(imported(_ending("good", 2.932, 3.032), _ending("bad", 0.5, 4.832)))["gap-8gaussians"]
    assert "On how many points the runs of any cell were evaluated is not on record" in figure.caption
    assert "flagged" in figure.caption
    assert not {"above it", "below the floor"} & {text.get_text() for text in figure.legends[0].get_texts()}


def test_survival_counts_arrivals_and_keeps_the_dead():
    cells = [_ending("a", 3.0, 3.01, 3.02), _ending("b", 9.0, 9.0, 9.0)]
    figure = figures_of(imported(*cells))["survival-8gaussians"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["a: 3 of 3 reached it", "b: 0 of 3 reached it"]
    assert "Kaplan–Meier" in figure.caption
    assert "95 % Greenwood" in figure.caption


def test_runs_that_reached_the_loss_and_diverged_later_are_told():
    a = curves("a", died={0: 11, 1: 11, 2: 0}, seeds=8)
    figure = figures_of(imported(a, curves("b", seeds=8)))["survival-8gaussians"]
    labels = [" ".join(text.get_text().split()) for text in figure.legends[0].get_texts()]
    assert labels == ["a: 5 of 8 reached it, 2 more did and diverged", "b: 8 of 8 reached it"]
    assert "A run that diverged has not reached it, whatever it had reached before." in figure.caption
    assert "20 % of the way from the entropy to the Gaussian" in figure.caption
    assert figure.axes[0].get_ylabel() == "share of runs\nat 3.117 nats or below"


def test_the_winner_of_a_lottery_is_none_of_which_most_runs_were_lost():
    a = replace(_ending("a", *[1.0] * 4), divergences=(None, *[Divergence(2, "blow-up")] * 3))
    figure = figures_of(imported(a, _ending("b", 2.0, 2.1, 2.2, 2.3)))["stability-8gaussians"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [f"{metric}: b has the lowest mean rank of all runs" for metric in ("last", "min", "first")]
    assert "lowest mean rank of its runs among all, those without a number last" in figure.caption


def test_the_threshold_is_a_round_share_of_the_way():
    unknown = replace(_ending("a", 3.0, 3.01, 3.02), reference=None)
    aim = threshold([unknown])
    assert aim is not None
    assert (aim.above, aim.loss) == (0.2, pytest.approx(3.21))
    assert threshold([_ending("a", 3.0)], 4.5).loss == 4.5
    assert threshold([curves(died=dict.fromkeys(range(4), 2), reference=None)]) is None


def test_incidence_is_drawn_only_where_somebody_died():
    assert "divergence-8gaussians" not in figures_of(imported(curves()))
    axes = _axes("divergence-8gaussians", curves(died={0: 2, 1: 5}))
    (line,) = axes.lines
    assert list(line.get_ydata()) == [0, 0, 0, 0.25, 0.25, 0.25, *[0.5] * 7]


def test_the_forest_shows_each_difference_with_its_interval():
    collection = imported(_ending("a", 3.0, 3.1, 3.2), _ending("b", 4.0, 4.1, 4.2), _ending("c", 4.05, 4.1, 4.3))
    figure = figures_of(collection)["forest-8gaussians"]
    found = Studied(collection, Choice()).comparisons
    assert found is not None
    texts = _texts(figure.axes[0])
    for one in found.results:
        means = one.comparison.means
        assert f"{one.comparison.a.label} vs {one.comparison.b.label}" in texts  # three runs each decide nothing
        assert f"{means.difference:.2f} [" in texts
    assert "95 % Welch intervals" in figure.caption
    assert "n = 3 a cell" in figure.caption
    assert "Holm over 3 comparisons" in figure.caption
    assert [one.comparison.metric for one in found.results] == ["last"] * 3


def test_the_forest_says_which_runs_are_lost_and_which_cells_it_cannot_draw():
    lost = (None, None, *[Divergence(2, "blow-up")] * 3)
    a = replace(_ending("a", 3.0, 3.1, 3.0, 3.0, 3.0), divergences=lost)
    gone = replace(_ending("c", 2.0, 2.0, 2.0), divergences=(None, *[Divergence(2, "blow-up")] * 2))
    figure = figures_of(imported(a, _ending("b", 4.0, 4.1, 4.2), gone))["forest-8gaussians"]
    texts = _texts(figure.axes[0])
    assert "a (2 of 5)" in texts
    assert "c" not in texts.split()
    assert "Not drawn, as a mean needs two runs with a number: c (1 of 3 runs)." in figure.caption
    assert "no winner by all runs" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert "the verdict is on all runs, and not on this difference" in figure.caption


def test_the_forest_names_the_lower_cell_where_the_difference_decides():
    cells = (_ending("a", *np.linspace(3.0, 3.2, 6)), _ending("b", *np.linspace(4.0, 4.2, 6)))
    assert "a below b" in _texts(_axes("forest-8gaussians", *cells))


def test_what_all_runs_decide_is_a_full_diamond():
    lost = (*[None] * 4, *[Divergence(2, "blow-up")] * 6)
    a = replace(_ending("a", *np.linspace(3.0, 3.2, 10)))
    b = replace(_ending("b", *np.linspace(4.0, 4.2, 10)), divergences=lost)
    figure = figures_of(imported(a, b))["forest-8gaussians"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["decided by all runs"]
    (mark,) = [line for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert mark.get_markerfacecolor() == mark.get_color() == PALETTE[0]
    assert "Decided by all runs: a before b." in figure.caption


def test_a_forest_does_not_call_a_split_undecided():
    figure = figures_of(imported(_ending("a", *[1.0] * 6, *[5.0] * 4), _ending("b", *np.linspace(1.08, 1.12, 10))))[
        "forest-8gaussians"
    ]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["no winner"]
    assert "or most runs disagree" in figure.caption


def test_cells_that_tie_share_the_lowest_mean():
    cells = (_ending("a", 2.0, 2.1, 2.3, 2.4), _ending("b", 2.1, 2.2, 2.2, 2.3))
    figure = figures_of(imported(*cells))["stability-8gaussians"]
    assert "last: a and b share the lowest mean of all runs" in [t.get_text() for t in figure.legends[0].get_texts()]


def test_where_there_is_nothing_to_draw_a_line_says_why():
    results = imported(_ending("a", 3.0), _ending("b", 4.0))
    figures = figures_of(results)
    assert not any(
        name.startswith(("forest", "improvement", "early", "stability", "profile", "ranks")) for name in figures
    )
    kinds = ["curves", "stability", "early", "samples", "profile", "ranks"]
    stability, early, samples, profile, ranks = silences_of(results, kinds, figures)
    assert samples == "samples: nothing to show: the runs keep no samples, as recorded and imported ones"
    assert stability.startswith("stability: 8gaussians: 1 run of a cell cannot tell")
    assert early.startswith("early: 8gaussians: No cell has more than 1 run left")
    assert profile.startswith("profile: a performance profile needs two models that were run on the same two")
    assert ranks == "ranks: a critical difference needs 6 datasets as independent blocks: here are 1"


def test_the_stability_of_the_winner_is_that_of_hand_counting():
    cells = [StoredCell(_ending("a", 1.0, 3.0)), StoredCell(_ending("b", 2.0, 4.0))]
    found = stability_of_winner(cells, ["a", "b"], ["last"])["last"]
    assert [(one.k, one.winner, one.other_winner) for one in found] == [(1, "a", 0.25), (2, "a", 0.0)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_gives_only_its_own_figures(kind: str):
    cells = [curves(name, dataset=dataset, seeds=7, died={0: 3}) for dataset in TOYS for name in ("flow", "vae", "x")]
    names = {name.split("-")[0] for name in figures_of(imported(*cells), kinds=[kind])}
    also = {"survival": {"divergence"}, "samples": {"densities", "learning", "drawing"}}.get(kind, set())
    assert names <= {kind} | also
    assert names or kind in ("samples", "variance", "twins", "warning")


def test_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match="unknown kind 'pie'"):
        figures_of(imported(curves()), kinds=["pie"])


def test_sizes_are_millimetres():
    figure = figures_of(imported(curves()), kinds=["curves"], size=Size("paper", 89, 60))["curves-8gaussians"]
    assert figure.get_size_inches() * 25.4 == pytest.approx([89, 60])
    with pytest.raises(InputError, match="width = 3 mm"):
        Size("paper", 3)


def test_slides_have_larger_type_thicker_lines_and_dark_text():
    paper, slides = (
        figures_of(imported(curves()), kinds=["survival"], size=Size(style))["survival-8gaussians"]
        for style in ("paper", "slides")
    )
    assert slides.get_figwidth() == pytest.approx(8)
    assert slides.axes[0].xaxis.label.get_size() == pytest.approx(16)
    assert slides.axes[0].lines[0].get_linewidth() > 2.5 * paper.axes[0].lines[0].get_linewidth()
    assert slides.axes[0].xaxis.label.get_color() == "#000000"


def test_a_slide_has_fewer_panels():
    with drawn_for(Size("slides")):
        assert len(metrics_figure([curves(), curves("vae")]).axes) == 2
    assert len(metrics_figure([curves(), curves("vae")]).axes) == 5


def test_metrics_of_a_column_stand_below_each_other_and_no_text_is_cut():
    with drawn_for(Size(width=82.5)):
        figure = metrics_figure([curves("a model of a long name (learning_rate=0.3)"), curves("vae")])
        assert figure.get_figwidth() == 3.25
    figure.canvas.draw()
    drawn = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title(loc="left") for axes in drawn] == ["min", "max", "last", "first", "exceeds"]
    assert len({round(axes.get_position().x0, 2) for axes in drawn}) == 2
    texts = [text for axes in drawn for text in (*axes.texts, axes.title)]
    ends = [text.get_window_extent().x1 for text in texts if text.get_text()]
    assert max(ends) <= figure.bbox.x1 + 1


def test_both_of_two_models_that_lie_far_apart_are_within_the_axes():
    far = replace(curves("vae"), validation=curves("vae").validation + 500)
    low, high = metrics_figure([curves(), far]).axes[2].get_xlim()
    assert low < curves().validation[:, -1].min() < far.validation[:, -1].max() < high


def test_intervals_of_few_runs_lie_within_the_axes_of_the_metrics():
    """Of five runs they reach beyond all dots; they were cut off at the axis without a word."""
    losses = np.array([1.1, 1.12, 1.13, 1.15, 1.1])[:, None] + np.zeros(12)
    figure = metrics_figure([replace(curves(seeds=5), validation=losses)])
    axes = figure.axes[2]
    low, high = axes.get_xlim()
    expected = stats.t.interval(0.95, 4, losses[:, 0].mean(), stats.sem(losses[:, 0]))
    drawn = [line.get_xdata() for line in axes.get_lines() if len(line.get_xdata()) == 2]
    assert any(np.allclose(ends, expected) for ends in drawn)
    assert low < expected[0] < expected[1] < high


@pytest.mark.parametrize(("kind", "width"), [("gap", 3.25), ("metrics", 6.75)])
def test_a_pdf_has_a_papers_width_and_embeds_its_type(tmp_path: Path, kind: str, width: float):
    (figure,) = figures_of(imported(curves(), curves("vae")), kinds=[kind]).values()
    figure.savefig(tmp_path / "x.pdf")
    content = (tmp_path / "x.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ", content)
    assert box is not None
    assert float(box[1]) == 72 * width
    assert b"/Type3" not in content
    sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text()}
    assert min(sizes) >= 7
    assert max(sizes) <= 9


def test_the_forest_is_sorted_and_its_zero_line_leaves_the_names_free():
    cells = (_ending("a", 3.0, 3.1, 3.2), _ending("b", 4.0, 4.1, 4.2), _ending("c", 4.05, 4.1, 4.3))
    axes = _axes("forest-8gaussians", *cells)
    names = [text.get_text() for text in axes.texts if " vs " in text.get_text()]
    assert names == ["a vs c", "a vs b", "b vs c"]
    (zero,) = axes.collections
    assert [round(float(one[0, 1] % 1), 2) for one in zero.get_segments()] == [0.86] * 3


def test_improvement_shows_the_chance_of_every_pair_with_its_interval():
    results = imported(_ending("a", 3.0, 3.1, 3.2, 4.05), _ending("b", 4.0, 4.1, 4.2, 4.3))
    figure = figures_of(results, kinds=["improvement"])["improvement-8gaussians"]
    found = Studied(results, Choice()).comparisons
    assert found is not None
    better = found.results[0].comparison.better_of_all
    assert better is not None
    assert better.probability == 15 / 16
    texts = _texts(figure.axes[0])
    assert "P(a < b)" in texts
    assert "0.94 [" in texts
    assert "Brunner–Munzel" in figure.caption


def test_a_profile_is_the_share_of_runs_that_end_so_near_the_best():
    cells = [_ending_on(data, name, *ends) for data in ("8gaussians", "rings") for name, ends in ENDS.items()]
    figure = figures_of(imported(*cells), kinds=["profile"])["profile"]
    (axes,) = figure.axes
    shares = {line.get_color(): float(line.get_ydata()[-1]) for line in axes.lines}
    assert set(shares.values()) == {1.0}
    assert len(axes.collections) == 2
    assert "stratified bootstrap" in figure.caption


def test_colours_are_told_apart_by_everybody():
    figure = figures_of(imported(*(curves(f"m{i}") for i in range(6))), kinds=["survival"])["survival-8gaussians"]
    assert {line.get_color() for line in figure.axes[0].lines} <= set(PALETTE)


def test_the_command_offers_every_kind_and_style():
    assert [kind.value for kind in results.Kind] == list(KINDS)
    assert [style.value for style in results.Style] == list(SCALES)
