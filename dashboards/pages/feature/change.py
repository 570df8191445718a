"""Change: the newest traffic against the model's own past; a sudden change, never drift."""

from __future__ import annotations

from dashboards import colours
from dashboards.kinds import lines
from dashboards.page import Row
from dashboards.query import Query, dashed
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""

    def middle(metric: names.Metric) -> str:
        return f"quantile by (mode) (0.5, {where.metric(metric, window=None)})"

    return Row(
        "Has it just changed?",
        (
            lines(
                "Change against its own past",
                "Distance of the newest traffic from the same hour of the days before, or from the day before, without noise; of the "
                "pod in the middle. A spike that falls back: the change has become the new past. Grey, dashed: the noise that is taken off; high where there is little traffic.",
                units.Short,
                [
                    Query(middle(names.CHANGE_DEBIASED), "{{mode}}"),
                    Query(middle(names.CHANGE_NOISE_FLOOR), "noise floor, {{mode}}", dashed(colours.REFERENCE)),
                ],
                width=12,
            ),
            lines(
                "Evidence of a change",
                "How sure that is, -log10 of the probability without a change.",
                units.Short,
                [Query(middle(names.CHANGE_EVIDENCE), "{{mode}}")],
                width=12,
            ),
        ),
    )
