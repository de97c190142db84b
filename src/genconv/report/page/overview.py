"""The page's first table, and the table of all metrics."""

from collections.abc import Sequence

from genconv.curves import CellCurves
from genconv.report.format import NO_NUMBER, number, with_brackets
from genconv.report.page import rows as page_rows
from genconv.report.page.rows import PageTable, table_csv
from genconv.report.sentences import score_words
from genconv.report.tables.metrics import DECIMALS
from genconv.statistics.aggregate import Aggregates
from genconv.statistics.intervals import Interval
from genconv.statistics.summary import CellEstimate
from genconv.store.study_json import PROTOCOL as IMPORTED

_SHOWN = ("last", "min")


def overview(estimates: Sequence[CellEstimate], ids: Sequence[str]) -> PageTable:
    """A row a cell: seeds, the rate of divergence, the final and the lowest loss, each with its interval."""
    excess = any("excess" in one.estimates for one in estimates)
    shown = (*_SHOWN, "excess") if excess else _SHOWN
    identity = _identity(estimates)
    header = (
        *identity,
        "diverged [95\N{NO-BREAK SPACE}%]",
        "last: mean [95\N{NO-BREAK SPACE}%]",
        "sd",
        "last: median [95\N{NO-BREAK SPACE}%]",
    )
    header += tuple(f"{name}: mean [95\N{NO-BREAK SPACE}%]" for name in shown[1:])
    rows = [(*_names(one, identity), *_numbers(one, shown)) for one in estimates]
    caption = (
        "Over the seeds that did not diverge, in nats. In brackets 95 % intervals: of rates exact (Clopper–Pearson), "
        "of means Student t, of medians order statistics (from six seeds)."
    )
    return PageTable("overview", caption, header, len(identity), rows, _csv(estimates), tuple(ids))


def metrics_table(cells: Sequence[CellCurves], estimates: Sequence[CellEstimate]) -> PageTable:
    """Mean and sample standard deviation of every metric."""
    names = page_rows.metric_names(estimates)
    identity = _identity(estimates)
    header = (*identity, "seeds", "diverged", *(name.replace("_", " ") for name in names))
    rows = [
        (*_names(one, identity), str(one.seeds), str(one.diverged), *page_rows.metric_row(one, names))
        for one in estimates
    ]
    caption = "Mean ± sample standard deviation over the seeds that did not diverge; exceeds counts epochs, else nats."
    return PageTable("metrics-table", caption, header, len(identity), rows, _csv(estimates))


def cell_table(one: CellEstimate, name: str) -> PageTable:
    """Every metric of one cell with its intervals."""
    rows = [
        (
            metric.replace("_", " "),
            f"{one.metrics[metric].n} of {one.seeds}",
            with_brackets(one.metrics[metric].mean, estimate.mean_interval, _decimals(metric)),
            number(one.metrics[metric].sd, 3),
            with_brackets(estimate.median, estimate.median_interval, _decimals(metric)),
        )
        for metric, estimate in one.estimates.items()
    ]
    header = ("metric", "seeds", "mean [95 % Student t]", "sd", "median [95 % order statistics]")
    return PageTable(name, "Over the seeds that have a number.", header, 1, rows, _csv([one]))


def _identity(estimates: Sequence[CellEstimate]) -> tuple[str, ...]:
    """Columns that tell cells apart; a protocol or a variant only where it says something."""
    names = ["model", "dataset"]
    if any(one.protocol != IMPORTED for one in estimates):
        names.append("protocol")
    if any(one.variant for one in estimates):
        names.append("variant")
    return tuple(names)


def _names(one: CellEstimate, identity: Sequence[str]) -> tuple[str, ...]:
    return tuple(getattr(one, name) for name in identity)


def _numbers(one: CellEstimate, shown: Sequence[str]) -> tuple[str, ...]:
    rate = f" [{100 * one.rate.low:.0f}, {100 * one.rate.high:.0f}] %" if one.rate and one.seeds > 1 else ""
    last, spread = one.estimates["last"], one.metrics["last"].sd
    return (
        f"{one.diverged} of {one.seeds}{rate}",
        _mean(one, "last"),
        number(spread, 2 if spread >= 0.1 else 4),
        with_brackets(last.median, last.median_interval, 2),
        *(_mean(one, name) for name in shown[1:]),
    )


def _mean(one: CellEstimate, metric: str) -> str:
    if metric not in one.estimates:
        return NO_NUMBER
    return with_brackets(one.metrics[metric].mean, one.estimates[metric].mean_interval, 2)


def _decimals(metric: str) -> int:
    return min(DECIMALS.get(metric, 3), 3)


def _csv(estimates: Sequence[CellEstimate]) -> str:
    header = [
        "dataset", "model", "protocol", "variant", "seeds", "diverged", "rate_low", "rate_high", "metric", "n", "mean",
        "sd", "mean_low", "mean_high", "mean_method", "median", "median_low", "median_high", "level",
    ]  # fmt: skip
    rows = [
        (one.dataset, one.model, one.protocol, one.variant, one.seeds, one.diverged, *_ends(one.rate), metric,
         one.metrics[metric].n, one.metrics[metric].mean, one.metrics[metric].sd, *_ends(estimate.mean_interval),
         None if estimate.mean_interval is None else estimate.mean_interval.method, estimate.median,
         *_ends(estimate.median_interval), one.level)
        for one in estimates
        for metric, estimate in one.estimates.items()
    ]  # fmt: skip
    return table_csv(header, rows)


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (None, None) if interval is None else (interval.low, interval.high)


def aggregate_table(found: Aggregates) -> PageTable:
    """The cells that were run on every dataset, on one scale."""
    score = score_words(found)
    rows = [
        (one.label, f"{one.missing} of {one.seeds}", with_brackets(one.interquartile_mean, one.interval, 2))
        for one in found.cells
    ]
    data = [
        (found.metric, score, one.label, one.seeds, one.missing, one.interquartile_mean, *_ends(one.interval))
        for one in found.cells
    ]
    header = ("model", "without a number", "interquartile mean [95\N{NO-BREAK SPACE}%]")
    names = ["metric", "score", "model", "runs", "without_number", "interquartile_mean", "low", "high"]
    caption = (
        f"Score: {score}, over {', '.join(found.datasets)}. Interquartile mean of all runs, those without a number "
        "infinite; percentile interval of a stratified bootstrap (arXiv 2108.13264)."
    )
    return PageTable("over-datasets", caption, header, 1, rows, table_csv(names, data))
