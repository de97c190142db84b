"""Shares of the variance: against an analysis of variance by hand, statsmodels, and truths that are put in."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.stats
from tests.cli.commands import genconv as command

import genconv
from genconv.errors import InputError
from genconv.statistics.variance import components


def latin(k, twins=1):
    rows, columns = np.divmod(np.arange(k * k), k)
    square = {"init": rows, "order": columns, "noise": (rows + columns) % k}
    return {name: np.repeat(values, twins) for name, values in square.items()}


def factorial(k, twins=1):
    grid = np.indices((k, k, k)).reshape(3, -1)
    return {name: np.repeat(values, twins) for name, values in zip(("init", "order", "noise"), grid, strict=True)}


def drawn(streams, variances, chaos, seed, interaction=0.0):
    random = np.random.default_rng(seed)
    values = random.standard_normal(len(streams["init"])) * chaos**0.5
    for name, variance in variances.items():
        values += variance**0.5 * random.standard_normal(streams[name].max() + 1)[streams[name]]
    pairs = (("init", "order"), ("init", "noise"), ("order", "noise"))
    for a, b in pairs if interaction else ():
        size = streams[a].max() + 1
        values += (interaction / 3) ** 0.5 * random.standard_normal(size * size)[streams[a] * size + streams[b]]
    return values


def by_name(found):
    return {share.stream: share for share in found.shares}


def test_a_latin_square_is_its_analysis_of_variance_by_hand():
    k, streams = 5, latin(5)
    values = drawn(streams, {"init": 0.3, "order": 0.2, "noise": 0.1}, 0.4, seed=3)
    table = pd.DataFrame({**streams, "y": values})
    squares = {name: k * np.square(table.groupby(name)["y"].mean() - values.mean()).sum() for name in streams}
    rest = (np.square(values - values.mean()).sum() - sum(squares.values())) / ((k - 1) * (k - 2))
    by_hand = {name: max(0.0, (square / (k - 1) - rest) / k) for name, square in squares.items()}
    total = sum(by_hand.values()) + rest
    found = components(values, streams)
    assert found is not None
    shares = by_name(found)
    for name, variance in by_hand.items():
        assert shares[name].share == pytest.approx(variance / total)
        assert shares[name].total == pytest.approx((variance + rest) / total)
    assert shares["interaction+chaos"].share == pytest.approx(rest / total)
    assert found.variance == pytest.approx(total)
    assert found.totals_are_bounds


def test_seeds_and_twins_agree_with_the_mixed_model_of_statsmodels():
    mixed = pytest.importorskip("statsmodels.formula.api")
    seeds = np.repeat(np.arange(12), 3)
    random = np.random.default_rng(0)
    values = random.standard_normal(12)[seeds] + 0.5 * random.standard_normal(36)
    fit = mixed.mixedlm("y ~ 1", pd.DataFrame({"y": values, "seed": seeds}), groups="seed").fit()
    between, within = float(fit.cov_re.iloc[0, 0]), float(fit.scale)
    found = components(values, dict.fromkeys(("init", "order", "noise"), seeds))
    assert found is not None
    shares = by_name(found)
    assert list(shares) == ["init+order+noise", "chaos"]
    assert shares["chaos"].share == pytest.approx(within / (between + within), rel=1e-3)
    assert found.variance == pytest.approx(between + within, rel=1e-3)


@pytest.mark.parametrize(
    ("streams", "names"),
    [
        (latin(6), ["init", "order", "noise", "interaction+chaos"]),
        (latin(6, twins=2), ["init", "order", "noise", "interaction", "chaos"]),
        (factorial(4), ["init", "order", "noise", "interaction", "higher interaction+chaos"]),
        (factorial(4, twins=2), ["init", "order", "noise", "interaction", "chaos"]),
        ({**latin(6), "noise": np.arange(36)}, ["init", "order", "noise+interaction+chaos"]),
        ({**latin(6), "noise": latin(6)["init"]}, ["init+noise", "order", "interaction+chaos"]),
        ({**latin(6), "data": latin(6)["init"] // 2}, ["init+data", "order", "noise", "interaction+chaos"]),
        ({**latin(6), "noise": np.zeros(36, int)}, ["init", "order", "interaction+chaos"]),
    ],
)
def test_what_a_design_cannot_separate_is_one_row(streams, names):
    found = components(drawn(streams, {"init": 0.3}, 0.5, seed=1), streams)
    assert found is not None
    assert sorted(by_name(found)) == sorted(names)
    assert sum(share.share for share in found.shares) == pytest.approx(1)
    for share in found.shares:
        assert 0 <= share.low <= share.share <= share.high <= 1


def test_the_interval_of_a_stream_that_draws_nothing_holds_zero():
    streams = factorial(4)
    for seed in range(30):
        random = np.random.default_rng(seed)
        values = 3 + random.standard_normal((4, 4))[streams["init"], streams["order"]]
        found = components(values, streams, draws=500)
        assert found is not None
        assert by_name(found)["noise"].low == 0


def test_seeds_alone_tell_nothing():
    assert components(np.arange(10.0), dict.fromkeys(("init", "order"), np.arange(10))) is None


@pytest.mark.parametrize("lost", [0.0, 0.2])
@pytest.mark.parametrize(("design", "twins", "interaction"), [(latin, 1, 0.0), (factorial, 1, 0.2), (latin, 2, 0.2)])
def test_intervals_hold_the_truth(design, twins, interaction, lost):
    streams = design(6 if design is latin else 4, twins)
    variances, chaos = {"init": 0.3, "order": 0.1, "noise": 0.0}, 0.4
    total = 0.8 + interaction
    hits = {name: [] for name in variances}
    for seed in range(100):
        kept = np.random.default_rng(1000 + seed).random(len(streams["init"])) >= lost
        values = drawn(streams, variances, chaos, seed, interaction)
        found = components(values[kept], {name: integers[kept] for name, integers in streams.items()}, draws=1000)
        assert found is not None
        for name, share in by_name(found).items():
            if name in hits:
                hits[name].append(
                    share.low <= variances[name] / total + 1e-12 and variances[name] / total <= share.high
                )
    for name, inside in hits.items():
        assert np.mean(inside) >= 0.88, (name, np.mean(inside))


def table(folder, streams, values, lost=()):
    rows = [
        {**{name: int(integers[run]) for name, integers in streams.items()}, "epoch": epoch, "validation": loss}
        for run, value in enumerate(values)
        for epoch, loss in enumerate((9.0, float("nan") if run in lost else value))
    ]
    path = folder / "runs.csv"
    pl.DataFrame(rows).write_csv(path)
    return path


def imported(tmp_path, streams, values, lost=()):
    path = table(tmp_path, streams, values, lost)
    options = ["--model", "mine", "--dataset", "photos", "--nan", "diverged"]
    assert command("import", path, "-o", tmp_path / "runs", *options).code == 0
    return tmp_path / "runs"


def test_an_imported_table_has_streams(tmp_path):
    streams = {**latin(5), "data": np.zeros(25, int)}
    values = 5 + drawn(streams, {"init": 0.5}, 0.1, seed=0)
    (cell,) = genconv.variance(genconv.load(imported(tmp_path, streams, values)))
    direct = components(values, streams)
    assert cell.components is not None
    assert direct is not None
    assert [s.share for s in cell.components.shares] == pytest.approx([s.share for s in direct.shares])


def test_runs_that_diverged_are_left_out_and_have_shares_of_their_own(tmp_path):
    streams = latin(5)
    values = 5 + drawn(streams, {"init": 0.5}, 0.1, seed=0)
    lost = {run for run in range(25) if streams["init"][run] == 2}
    alive, chance = genconv.variance(genconv.load(imported(tmp_path, streams, values, lost)))
    assert (alive.metric, alive.missing, chance.metric, chance.missing) == ("last", 5, "diverged", 5)
    assert chance.components is not None
    assert by_name(chance.components)["init"].share > 0.9, "whether a run diverges is decided by init"


def test_skewed_numbers_are_told(tmp_path):
    streams = latin(5)
    values = 5 + np.exp(2 * drawn(streams, {"init": 0.5}, 0.5, seed=0))
    folder = imported(tmp_path, streams, values)
    assert "numbers are skewed (skewness" in " ".join(command("variance", folder).out.split())
    (cell,) = genconv.variance(genconv.load(folder))
    assert cell.components.skewness == pytest.approx(scipy.stats.skew(values))
    assert "for normal effects" in cell.components.method


def test_recorded_streams_and_the_command(tmp_path):
    streams = latin(4)
    values = drawn(streams, {"order": 0.5}, 0.1, seed=0)
    for run, value in enumerate(values):
        own = {name: int(integers[run]) for name, integers in streams.items()}
        with genconv.record(tmp_path, model="mine", dataset="photos", streams=own) as recorder:
            recorder.log(epoch=0, validation=float(value))
    done = command("variance", tmp_path, "--format", "csv")
    assert done.code == 0
    assert done.out.startswith("dataset,model,metric,stream,share,low,high,method")
    found = pl.read_csv(done.out.encode())
    assert found["stream"].to_list() == ["init", "order", "noise", "interaction+chaos"]
    assert "interaction+chaos" in command("variance", tmp_path).out


def test_runs_without_streams_are_refused(tmp_path):
    for seed in range(3):
        with genconv.record(tmp_path, model="mine", dataset="photos", seed=seed) as run:
            run.log(epoch=0, validation=1.0 + seed)
    with pytest.raises(InputError, match="no runs whose streams are on record"):
        genconv.variance(genconv.load(tmp_path))
