"""Clients: the processes that serve the model and tell of it. Is all that they did seen?"""

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
    processes = where.metric(names.CLIENT_PROCESSES)
    return Row(
        "Do the clients tell everything?",
        (
            lines(
                "Requests in flight",
                "Requests that the client processes work on, and those processes. Many requests for each process are a queue.",
                units.Short,
                [
                    Query(f"sum({where.metric(names.REQUESTS_IN_FLIGHT)})", "requests", coloured(colours.CURRENT)),
                    Query(f"sum({processes})", "processes", coloured(colours.MUTED)),
                ],
                width=6,
            ),
            _dropped(where, "Rows that clients dropped", names.CLIENT_DROPPED_ROWS, units.RowsPerSecond, "rows"),
            _dropped(
                where, "Labels that clients dropped", names.CLIENT_DROPPED_LABELS, units.CountsPerSecond, "labels"
            ),
            lines(
                "Client processes that went",
                "With a last word (closed), or without one for a minute (silent): killed or hanging, and what they had not sent is "
                "lost. And the smallest share of calls whose rows are sent.",
                units.Short,
                [
                    Query(
                        f"sum by (reason) (increase({where.metric(names.CLIENT_EXITS)}[$__rate_interval]))",
                        "{{reason}}",
                    ),
                    Query(f"min({where.metric(names.CLIENT_SAMPLE_RATIO)})", "sample", coloured(colours.MUTED)),
                ],
                width=6,
            ),
        ),
    )


def _dropped(where: Where, title: str, metric: Metric, unit: str, what: str) -> models.Panel:
    rate = where.rate(metric)
    return lines(
        title,
        f"{what.capitalize()} per second that clients could not send, by reason: they are in no score. buffer_full: the client's "
        "thread is too slow or the exporter away; refused: the exporter does not take them.",
        unit,
        [
            Query(f"sum({rate})", "all", coloured(colours.MUTED, fillOpacity=20)),
            Query(f"sum by (reason) ({rate}) > 0", "{{reason}}"),
        ],
        width=6,
    )
