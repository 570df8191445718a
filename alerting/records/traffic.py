"""Traffic of a model: rates, error ratios, latency quantiles; of all pods, per version.

Ratios and quantiles are of the summed counts, never averages of the pods' own. The latency objective is about a quantile
against a threshold series, so its burn rate is one too: with a budget of 5 % of the requests slower than the threshold,
burning it 6 times too fast is 30 % slower, and that is the 70th percentile above the threshold.
"""

from __future__ import annotations

from alerting.records import series
from alerting.records.series import at, windowed
from alerting.rule import Group, Record
from alerting.scope import MODEL, Scope, expression
from driftgauge import names

__all__ = ["BUDGET", "BURNS", "groups"]

#: share of the requests that may be slower than `driftgauge_latency_threshold_seconds`, which is a 95th percentile
BUDGET = 0.05

#: (burn rate, long window, short window), the usual four: 2 % of a month's budget in an hour, 5 % in six hours, and so on
BURNS = ((14.4, "1h", "5m"), (6.0, "6h", "30m"), (3.0, "24h", "2h"), (1.0, "3d", "6h"))

#: burn rates that page; the others make a ticket
PAGING = BURNS[:2]


def level(burn: float) -> str:
    """Return the quantile that is above the threshold when the budget burns so fast.

    >>> level(6.0)
    '0.7'
    """
    return f"{1 - burn * BUDGET:g}"


def groups(scope: Scope) -> tuple[Group, ...]:
    """Return the groups of the traffic."""
    intervals = scope.settings.intervals
    return (
        Group(
            "driftgauge-traffic",
            intervals.fast,
            (*_rates(scope), *_counts(scope, "1h"), *_display(scope), *_burn(scope, PAGING)),
        ),
        Group(
            "driftgauge-traffic-slow", intervals.status, (*_counts(scope, "6h", "24h", "3d"), *_burn(scope, BURNS[2:]))
        ),
    )


def _rates(scope: Scope) -> tuple[Record, ...]:
    total = f"sum {scope.by(*MODEL)}"
    return (
        windowed(series.REQUESTS, "5m", f"{total} ({scope.rate(names.REQUESTS)})", "requests per second"),
        windowed(series.PREDICTIONS, "5m", f"{total} ({scope.rate(names.PREDICTIONS)})", "predicted rows per second"),
        windowed(
            series.FAILURES, "5m", f"{total} ({scope.rate(names.REQUEST_FAILURES)})", "failed requests per second"
        ),
        windowed(
            series.BUCKETS,
            "5m",
            f"sum {scope.by(*MODEL, 'le')} ({scope.rate(names.REQUEST_DURATION, '_bucket')})",
            "requests per second in the buckets of the latency histogram",
        ),
        windowed(
            series.ERROR_RATIO, "5m", f"{series.FAILURES} / ({series.REQUESTS} > 0)", "failed share of the requests"
        ),
        windowed(
            series.ERROR_RATIO,
            "1h",
            f"sum_over_time({series.FAILURES}[{scope.settings.window('1h')}])"
            f" / (sum_over_time({series.REQUESTS}[{scope.settings.window('1h')}]) > 0)",
            "failed share of the requests",
        ),
    )


def _counts(scope: Scope, *windows: str) -> tuple[Record, ...]:
    fast = scope.settings.intervals.fast
    step = scope.settings.seconds(fast)
    return tuple(
        windowed(
            series.REQUEST_COUNT,
            window,
            f"sum_over_time({series.REQUESTS}[{scope.settings.span(window, fast)}]) * {step:g}",
            "requests",
        )
        for window in windows
    )


def _display(scope: Scope) -> tuple[Record, ...]:
    return tuple(_quantile(scope, "5m", quantile) for quantile in ("0.5", "0.95", "0.99"))


def _burn(scope: Scope, burns: tuple[tuple[float, str, str], ...]) -> tuple[Record, ...]:
    return tuple(_quantile(scope, window, level(burn)) for burn, *windows in burns for window in windows)


def _quantile(scope: Scope, window: str, quantile: str) -> Record:
    rates = series.BUCKETS if window == "5m" else f"sum_over_time({series.BUCKETS}[{scope.settings.window(window)}])"
    expr = f"histogram_quantile({quantile}, sum {scope.by(*MODEL, 'le')} ({rates})) > 0"
    return windowed(
        series.LATENCY, window, expression(expr), "quantile q of the request duration in seconds", q=quantile
    )


def slow(window: str, burn: float) -> str:
    """Return the selector of the quantile that tells of a burn rate."""
    return at(series.LATENCY, window, f'q="{level(burn)}"')
