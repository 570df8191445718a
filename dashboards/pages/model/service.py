"""Service: rate, errors, duration."""

from __future__ import annotations

from dashboards import colours, traffic
from dashboards.kinds import latency, lines
from dashboards.page import Row
from dashboards.query import Query, coloured, limits
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    thresholds = (
        f"max({where.metric(names.LATENCY_THRESHOLD, severity=severity)})" for severity in ("warning", "critical")
    )
    quantiles = ((0.5, "p50", "#9ECAE1"), (0.95, "p95", "#3182BD"), (0.99, "p99", "#08306B"))
    buckets = f"sum by (le) (increase({where.metric(names.REQUEST_DURATION)}[$__rate_interval]))"
    reasons = f"sum by (reason) ({where.rate(names.REQUEST_FAILURES)}) > 0"
    return Row(
        "Does it serve? Rate, errors, duration",
        (
            lines(
                "Requests and predicted rows",
                "Requests per second, and rows per second: one request may carry many rows.",
                "cps",
                [
                    Query(f"sum({where.rate(names.REQUESTS)})", "requests", coloured(colours.CURRENT)),
                    Query(f"sum({where.rate(names.PREDICTIONS)})", "rows", coloured(colours.MUTED)),
                ],
                width=6,
            ),
            lines(
                "Errors",
                "Failed share of the requests, and failures per second by reason. A model that answers nonsense does not fail: "
                "for that look at drift and predictions.",
                units.PercentUnit,
                [
                    Query(traffic.error_ratio(where, "model"), "failed share", coloured(colours.CRITICAL)),
                    Query(f"({reasons}) / on () group_left () sum({where.rate(names.REQUESTS)})", "{{reason}}"),
                ],
                width=6,
            ),
            lines(
                "Latency quantiles",
                "Half, 95 % and 99 % of the requests took at most this long; dashed: the thresholds of the 95th percentile, "
                "where the model's settings have some.",
                units.Seconds,
                [
                    *(
                        Query(traffic.quantile(where, level), name, coloured(colour))
                        for level, name, colour in quantiles
                    ),
                    *limits(*thresholds),
                ],
                width=6,
            ),
            latency(
                "Latency heatmap",
                "How many requests took how long; darker is more. Two dark bands are two kinds of requests; a band that climbs "
                "is a model that slows down.",
                Query(buckets, "{{le}}", form="heatmap"),
                width=6,
            ),
        ),
    )
