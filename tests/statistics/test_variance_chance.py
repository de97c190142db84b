"""Shares of the chance to diverge: the law behind them against quadrature, and truths that are put in."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from tests.statistics.test_variance import by_name, factorial, latin

from genconv.statistics.variance import components
from genconv.statistics.variance_chance import Limit, chance_components
from genconv.statistics.variance_design import plan_of


@pytest.mark.parametrize("rate", [0.05, 0.3])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_what_is_seen_of_a_share_behind_the_limit_is_an_integral(rate, share):
    plan = plan_of(latin(4))
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    chances = ndtr((np.sqrt(share) * nodes - ndtri(1 - rate)) / np.sqrt(1 - share))
    by_hand = weights @ (chances - rate) ** 2 / weights.sum() / (rate * (1 - rate))
    limit = Limit(plan, rate)
    assert float(limit.seen(np.array(share))) == pytest.approx(by_hand, abs=1e-6)
    assert float(limit.seen(np.array(1.0))) == pytest.approx(1)


def test_shares_behind_the_limit_are_found_again():
    plan = plan_of(factorial(3, twins=2))
    behind = np.zeros(len(plan.terms) + 1)
    behind[:3], behind[-1] = (0.3, 0.2, 0.1), 0.4
    limit = Limit(plan, 0.2)
    seen = limit.shares(behind)
    assert seen.sum() == pytest.approx(1)
    assert seen[3:-1].sum() > 0.05, "a limit makes interactions of streams that have none behind it"
    assert limit.estimate(seen) == pytest.approx(behind, abs=1e-3)


def test_intervals_of_the_chance_to_diverge_hold_the_truth():
    streams = latin(6)
    limit = Limit(plan_of(streams), 0.3)
    behind = {"init": 0.4, "order": 0.0, "noise": 0.2}
    held = {name: [] for name in behind}
    for seed in range(40):
        random = np.random.default_rng(seed)
        values = np.sqrt(0.4) * random.standard_normal(36)
        for name, share in behind.items():
            values += np.sqrt(share) * random.standard_normal(6)[streams[name]]
        died = (values > limit.limit).astype(float)
        if 0 < died.sum() < 36:
            found = by_name(chance_components(died, streams))
            for name, share in behind.items():
                true = float(limit.seen(np.array(share)))
                held[name].append(found[name].low <= true <= found[name].high)
    for name, inside in held.items():
        assert np.mean(inside) > 0.85, name


def test_a_stream_that_alone_decides_has_nearly_everything():
    streams = latin(6)
    found = chance_components((streams["init"] < 2).astype(float), streams)
    assert "probit" in found.method
    one = by_name(found)["init"]
    assert (one.share, one.high) == (1.0, 1.0)
    assert one.low > 0.45
    for name in ("order", "noise"):
        assert by_name(found)[name].low == 0


def test_the_interval_of_chaos_holds_it_where_streams_have_few_levels():
    streams, held = factorial(4, twins=2), []
    for seed in range(30):
        random = np.random.default_rng(seed)
        values = np.sqrt(0.6) * random.standard_normal(128)
        for name in streams:
            values += np.sqrt(0.4 / 3) * random.standard_normal(4)[streams[name]]
        chaos = by_name(components(values, streams, draws=1000))["chaos"]
        held.append(chaos.low <= 0.6 <= chaos.high)
    assert np.mean(held) > 0.85
