"""Segments: which part of the traffic has changed, while the whole may look well."""

from __future__ import annotations

from dashboards import colours
from dashboards.kinds import lines
from dashboards.page import Row
from dashboards.query import Query, coloured
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    distance, by = where.metric(names.SEGMENT_DEBIASED, window="24h"), "segment, feature, against"
    return Row(
        "Which part of the traffic? Segments",
        (
            lines(
                "Drift by segment",
                "Distance of a segment's column from the reference's same segment, or from its own past, without the share of the noise, "
                "over a day; the ten largest. One line far above the others is one tenant or country.",
                units.PercentUnit,
                [Query(f"topk(10, max by ({by}) ({distance}))", "{{segment}} {{feature}} (from {{against}})")],
                width=12,
            ),
            lines(
                "Segments that warn or alert",
                "Columns of segments that warn or alert; the legend of the panel beside says which.",
                units.Short,
                [
                    Query(
                        f"sum(max by ({by}) ({where.metric(names.SEGMENT_STATUS)}) >= bool 1)",
                        "drifted",
                        coloured(colours.WARNING),
                    )
                ],
                width=6,
            ),
            lines(
                "Rows by segment",
                "Rows of a segment in the last day, the ten largest, and rows per second of values that are not told apart.",
                units.Short,
                [
                    Query(
                        f"topk(10, sum by (segment) (max by (segment, {where.pod}) ({where.metric(names.SEGMENT_SAMPLES, window='24h')})))",
                        "{{segment}}",
                    ),
                    Query(
                        f"sum by (field) ({where.rate(names.SEGMENT_SUPPRESSED_ROWS)})",
                        "{{field}}: not told apart, per second",
                        coloured(colours.MUTED),
                    ),
                ],
                width=6,
            ),
        ),
        collapsed=False,
    )
