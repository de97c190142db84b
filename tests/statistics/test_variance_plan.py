"""Plans of designs: against intervals of simulated studies, which are computed from the runs."""

import numpy as np
import polars as pl
import pytest
from tests.cli.commands import genconv as command
from tests.statistics.test_variance import drawn, factorial, latin

import genconv
from genconv.config.design import DesignConfig
from genconv.errors import InputError
from genconv.statistics.variance import components
from genconv.statistics.variance_plan import expected_widths

TRUE = {"init": 0.2, "order": 0.1, "noise": 0.1}


@pytest.mark.parametrize(("layout", "levels", "twins"), [("latin", 8, 1), ("latin", 6, 2), ("factorial", 4, 1)])
def test_widths_are_those_of_simulated_studies(layout, levels, twins):
    streams = latin(levels, twins) if layout == "latin" else factorial(levels, twins)
    found = []
    for seed in range(80):
        shares = components(drawn(streams, TRUE, 0.6, seed), streams, draws=4000, seed=seed)
        assert shares is not None
        found.append([share.high - share.low for share in shares.shares])
    design = DesignConfig(layout=layout, levels=levels, twins=twins)
    widths = expected_widths(design, TRUE, studies=1000)
    assert widths.runs == len(streams["init"])
    assert list(widths.by_stream.values()) == pytest.approx(np.mean(found, axis=0), rel=0.08, abs=0.06)


def test_a_plan_has_the_fewest_levels_that_are_enough():
    (plan,) = genconv.plan_variance(0.4, share=0.2)
    assert plan.enough is not None
    assert plan.enough.widest <= 0.4
    smaller = expected_widths(DesignConfig(levels=plan.enough.levels - 1), dict.fromkeys(TRUE, 0.2))
    assert smaller.widest > 0.4
    (none,) = genconv.plan_variance(0.01, layout="factorial", streams=["init", "order"])
    assert none.enough is None


def test_a_pilot_gives_the_shares_that_are_assumed(tmp_path):
    streams = latin(5)
    values = 5 + drawn(streams, {"init": 0.5, "order": 0.2}, 0.3, seed=1)
    for run, value in enumerate(values):
        own = {name: int(integers[run]) for name, integers in streams.items()}
        with genconv.record(tmp_path, model="mine", dataset="photos", streams=own) as recorder:
            recorder.log(epoch=0, validation=float(value))
    results = genconv.load(tmp_path)
    (shares,) = genconv.variance(results)
    (plan,) = genconv.plan_variance(0.5, pilot=results)
    assert shares.components is not None
    assert plan.shares == {one.stream: one.share for one in shares.components.shares if one.stream in streams}
    figures = genconv.plot(results, kinds=["variance", "twins"])
    assert list(figures) == ["variance-photos"]
    assert "total effect (at most that)" in figures["variance-photos"].caption
    assert figures.silent == ("twins: no cell has runs that differ in one bit alone",)
    page = genconv.write_report(results, tmp_path / "page.html").read_text()
    assert "Where the spread comes from" in page
    assert "One flipped bit" not in page
    assert shares.components.totals_are_bounds
    for one in shares.components.shares:
        assert one.total is None or f"≤ {one.total:.2f}</td>" in page.replace("\N{NO-BREAK SPACE}", " ")
    with pytest.raises(InputError, match="pilot: no cell tells the shares of init, data apart"):
        genconv.plan_variance(0.5, pilot=results, streams=["init", "data"])


def test_the_command(tmp_path):
    done = command("plan", "--variance", "--width", ".6", "--format", "csv")
    table = pl.read_csv(done.out.encode())
    assert table["enough"].sum() == 4
    assert table.filter("enough")["runs"].unique().to_list() == [int(table.filter("enough")["levels"][0]) ** 2]
    assert "asked for: 0.6" in command("plan", "--variance", "--width", ".6").out
    assert command("plan", "--variance", "--width", "2").error == "width = 2: must be above 0 and below 1"
    assert "design.layout = 'greek'" in command("plan", "--variance", "--layout", "greek").error
    assert command("plan").error == "Missing argument 'PATH…'."
    assert command("plan", tmp_path).error.startswith("Missing option '--metric': last is most often planned for")
