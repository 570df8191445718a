"""Events: the panels of the exporter's dashboard on inference loggers."""

from __future__ import annotations

from dashboards import colours
from dashboards.kinds import lines
from dashboards.query import Query, coloured, dashed
from dashboards.sdk import models, units
from dashboards.where import Where
from driftgauge import names

__all__ = ["panels"]


def panels(where: Where) -> tuple[models.Panel, ...]:
    """Return the panels on events."""
    pod = where.pod
    ends = (("paired", names.EVENTS_PAIRED), ("unpaired", names.EVENTS_UNPAIRED), ("dropped", names.EVENTS_DROPPED))
    return (
        lines(
            "Logged events",
            "Events of KServe's inference logger per second, and what became of them. Whatever is not paired is lost in part; no "
            "lines: nothing logs to these exporters.",
            units.CountsPerSecond,
            [
                Query(f"sum({where.rate(names.EVENTS_RECEIVED)})", "received", coloured(colours.MUTED, fillOpacity=20)),
                *(
                    Query(f"sum({where.rate(metric)})", word)
                    for word, metric in (*ends, ("rejected", names.EVENTS_REJECTED))
                ),
            ],
        ),
        lines(
            "Events lost by reason",
            "Events per second that stayed alone, were dropped unread or could not be used. Requests that expire are failed requests, "
            "unless responses go to another exporter.",
            units.CountsPerSecond,
            [
                Query(f"sum by (kind, reason) ({where.rate(names.EVENTS_UNPAIRED)}) > 0", "{{kind}} {{reason}}"),
                Query(f"sum by (reason) ({where.rate(names.EVENTS_DROPPED)}) > 0", "dropped {{reason}}"),
                Query(f"sum by (reason) ({where.rate(names.EVENTS_REJECTED)}) > 0", "rejected {{reason}}"),
            ],
        ),
        lines(
            "Events that wait",
            "Memory of the events that wait to be read or for their other half, by exporter. At the dashed line the oldest halves "
            "are given up.",
            units.BytesIEC,
            [
                Query(f"max by ({pod}) ({where.metric(names.EVENTS_PENDING_BYTES)})", f"{{{{{pod}}}}}"),
                Query(f"min({where.metric(names.EVENTS_PENDING_LIMIT_BYTES)})", "limit", dashed(colours.CRITICAL)),
            ],
        ),
    )
