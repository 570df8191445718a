"""Drift: which inputs, since when, how much and how sure; and apart from it sudden change against the model's own past."""

from __future__ import annotations

from dashboards import colours, links, scores
from dashboards.kinds import Column, lines, matrix, table, timeline
from dashboards.page import Row
from dashboards.query import Query, dashed
from dashboards.sdk import models, units
from dashboards.where import Where
from driftgauge import names

__all__ = ["change_row", "row"]

_COLUMN = ("feature", "role")


def row(where: Where) -> Row:
    """Return the row."""
    return Row("What drifts? Inputs against the reference", (_table(where), *_over_time(where)))


def _table(where: Where) -> models.Panel:
    by = _COLUMN
    columns = (
        Column("Status", scores.status(where, *by), look="status"),
        Column("Score", scores.debiased(where, *by), units.Short, 3, look="bar", top=0.5),
        Column("Drifting for", scores.drifted_seconds(where, *by), units.DurationSeconds, 0),
        Column("Warns at", scores.threshold(where, "warning", *by), units.Short, 2),
        Column("Alerts at", scores.threshold(where, "critical", *by), units.Short, 2),
        Column("Evidence", scores.evidence(where, *by), units.Short, 1),
        Column("Noise floor", scores.floor(where, *by), units.Short, 3),
        Column("Rows", scores.samples(where, *by), units.Short, 0),
    )
    feature = links.to_feature(where, "${__data.fields.Feature}", "${__data.fields.Role}")
    return table(
        "Columns by drift",
        "One row a column, most drifted first; click a name for what it looks like. Score: distance from the reference in the "
        "window, without noise. Drifting for: how long of the time range it warned or alerted. A score counts only when it is over its threshold and the evidence is over about 6. Noise floor: the "
        "distance that chance alone makes of so few rows; a score far above it is real.",
        {"feature": "Feature", "role": "Role"},
        columns,
        sort="Score",
        links={"Feature": [feature]},
        width=24,
        height=8,
    )


def _over_time(where: Where) -> tuple[models.Panel, ...]:
    inputs = scores.debiased(where, *_COLUMN, role="input")
    status = scores.status(where, *_COLUMN)
    needed = f"max({where.metric(names.DRIFT_EVIDENCE_THRESHOLD)})"
    opened = (links.to_feature(where, "${__field.labels.feature}", "${__field.labels.role}"),)
    return (
        matrix(
            "Drift matrix: score of every input",
            "A row an input, time to the right; the darker, the further from the reference in the window. Pale is well. A row "
            "that darkens at once: a fault or a release at that time. Slowly: the world changes. Many rows at once: look for "
            "one cause upstream.",
            units.Short,
            [Query(inputs, "{{feature}}")],
            top=0.4,
            width=12,
            height=9,
        ),
        timeline(
            "Status of every column",
            "What the alerts go by: score and evidence both over their thresholds. Grey cannot judge, blue ok, orange warns, "
            "red alerts.",
            [Query(status, "{{feature}}")],
        ),
        lines(
            "Score of the most drifted columns",
            "The five columns with the largest score at each time, 0 to 1.",
            units.Short,
            [Query(f"topk(5, {scores.debiased(where, *_COLUMN)})", "{{feature}}")],
            width=12,
            links=opened,
        ),
        lines(
            "Evidence of the most drifted columns",
            "How sure it is that these columns drift, -log10 of the probability of such a score by chance. Over the dashed "
            "line a status may change. With much traffic small shifts have large evidence: size is told by the score.",
            units.Short,
            [
                Query(f"topk(5, {scores.evidence(where, *_COLUMN)})", "{{feature}}"),
                Query(needed, "evidence needed", dashed(colours.WARNING)),
            ],
            width=12,
            logarithmic=False,
            links=opened,
        ),
    )


def change_row(where: Where) -> Row:
    """Return the row about the model's own past, which is not drift."""
    by = "feature, role, mode"
    score = f"quantile by ({by}) (0.5, {where.metric(names.CHANGE_DEBIASED, window=None)})"
    evidence = f"quantile by ({by}) (0.5, {where.metric(names.CHANGE_EVIDENCE, window=None)})"
    return Row(
        "What has just changed? Against the model's own past",
        (
            matrix(
                "Sudden change of every column",
                "Distance of the newest traffic from the model's own past (same hour of the days before, or the day before), "
                "without noise. A dark spot that fades is a change that became the new normal: this sees steps, never a slow "
                "drift.",
                units.Short,
                [Query(score, "{{feature}} {{mode}}")],
                top=0.4,
                width=12,
                height=8,
            ),
            lines(
                "Evidence of sudden change",
                "How sure it is, -log10 p, for the five surest.",
                units.Short,
                [Query(f"topk(5, {evidence})", "{{feature}} {{mode}}")],
                width=12,
            ),
        ),
    )
