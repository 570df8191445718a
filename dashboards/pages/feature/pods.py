"""Pods: is it every pod, or one?"""

from __future__ import annotations

from dashboards import colours, scores
from dashboards.kinds import lines, timeline
from dashboards.page import Row
from dashboards.query import Query, bold
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    pod = where.pod
    own = f"max by ({pod}) ({where.metric(names.DRIFT_DEBIASED)})"
    return Row(
        "Every pod, or one?",
        (
            lines(
                "Score by pod and of the fleet",
                "Thick: all pods together. If all pods rise, the world or the senders changed; one alone: that pod gets other "
                "traffic or runs other code. The fleet's bins are coarser, so its score is a little lower.",
                units.Short,
                [
                    Query(own, f"{{{{{pod}}}}}"),
                    Query(scores.debiased(where, "feature"), "fleet", bold(colours.CURRENT)),
                ],
                width=12,
            ),
            timeline(
                "Status by pod",
                "Each pod's own opinion. The fleet's decides; this is for finding the pod.",
                [Query(f"max by ({pod}) ({where.metric(names.DRIFT_STATUS)})", f"{{{{{pod}}}}}")],
                height=8,
            ),
            lines(
                "Rows by pod",
                "Values per second that each pod counted. A pod with few rows has a noisy score.",
                units.RowsPerSecond,
                [Query(f"sum by ({pod}) ({where.rate(names.FEATURE_VALUES)})", f"{{{{{pod}}}}}")],
                width=12,
            ),
            lines(
                "Why pods cannot judge",
                "Pods whose status is undecided, by reason: no rows, too few, still warming up, a column too variable for its "
                "windows, no reference, or muted by settings. Nothing: all can.",
                units.Short,
                [
                    Query(f"count by (reason) ({where.metric(names.DRIFT_UNDECIDED)})", "{{reason}}"),
                    Query(f"count({where.metric(names.DRIFT_STATUS)} < 0) or vector(0)", "pods", bold(colours.MUTED)),
                ],
                width=12,
                stacked=False,
            ),
        ),
    )
