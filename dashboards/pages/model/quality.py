"""Quality: are the rows themselves whole?"""

from __future__ import annotations

from dashboards import colours
from dashboards.kinds import lines
from dashboards.page import Row
from dashboards.query import Query, coloured
from dashboards.sdk import models, units
from dashboards.where import Where
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    violations = f"sum by (feature, reason) ({where.rate(names.SCHEMA_VIOLATIONS)})"
    late = f"sum by (reason) ({where.rate(names.LATE_OBSERVATIONS)})"
    return Row(
        "Are the rows whole? Data quality",
        (
            _share(
                where,
                "Missing values",
                names.FEATURE_MISSING_RATIO,
                "Share of missing values over a day, the ten worst columns. A step from 0 is a field that a sender no longer "
                "fills.",
            ),
            _share(
                where,
                "New categories",
                names.FEATURE_UNSEEN_RATIO,
                "Share of the values whose category the reference did not have, over a day: a new product, a renamed code.",
            ),
            _share(
                where,
                "Out of range",
                names.FEATURE_OUT_OF_RANGE_RATIO,
                "Share of the values below the least or above the greatest of the reference, over a day: another unit, a "
                "sentinel such as -999.",
            ),
            lines(
                "Schema violations",
                "Values per second that broke the schema (column missing, wrong type), the ten worst; such a value counts as "
                "missing.",
                units.CountsPerSecond,
                [
                    Query(f"sum({violations})", "all", coloured(colours.MUTED, fillOpacity=20)),
                    Query(f"topk(10, {violations} > 0)", "{{feature}} {{reason}}"),
                ],
                width=12,
            ),
            lines(
                "Late rows",
                "Rows per second left out because of their event time: too old, or ahead of the clock.",
                units.RowsPerSecond,
                [Query(late, "{{reason}}")],
                width=12,
            ),
        ),
    )


def _share(where: Where, title: str, metric: Metric, about: str) -> models.Panel:
    # The rows of each pod weigh its share, so that an idle pod does not count as much as a busy one.
    rows, shares = where.metric(names.DRIFT_SAMPLES, window="24h"), where.metric(metric, window="24h")
    expr = f"sum by (feature) ({shares} * {rows}) / (sum by (feature) ({rows} and {shares}) > 0)"
    return lines(title, about, units.PercentUnit, [Query(f"topk(10, {expr})", "{{feature}}")], width=8)
