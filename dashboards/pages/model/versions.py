"""Versions: this model's versions beside one another, and a canary against the stable one, both at the same time."""

from __future__ import annotations

from alerting.records import canary
from dashboards import scores, traffic
from dashboards.kinds import Column, lines, table
from dashboards.page import Row
from dashboards.query import Query
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    every = {"version": None}
    by, name = "version", "version {{version}}"
    score = f"max by (version, feature, role, baseline) ({where.recorded(scores.CANARY.debiased, version=None, window=canary.WINDOW)})"
    evidence = f"max by (version, feature, role, baseline) ({where.recorded(scores.CANARY.evidence, version=None, window=canary.WINDOW)})"
    rows = f"max by (version, feature, role, baseline) ({where.recorded(scores.CANARY.samples, version=None, window=canary.WINDOW)})"
    positive = (
        f"quantile by (version, class) (0.5, {where.metric(names.PREDICTED_CLASS_RATIO, window=None, version=None)})"
    )
    return Row(
        "Is another version different? Version against version",
        (
            lines(
                "Requests by version",
                "Requests per second of every version of this model: how far a rollout is.",
                units.RequestsPerSecond,
                [Query(traffic.requests(where, by, **every), name)],
                width=6,
            ),
            lines(
                "Errors by version",
                "Failed share of the requests of every version.",
                units.PercentUnit,
                [Query(traffic.error_ratio(where, by, **every), name)],
                width=6,
            ),
            lines(
                "Latency p95 by version",
                "95 % of each version's requests took at most this long.",
                units.Seconds,
                [Query(traffic.quantile(where, 0.95, by, **every), name)],
                width=6,
            ),
            lines(
                "Predicted classes by version",
                "Share of each class in each version's predictions, over a day.",
                units.PercentUnit,
                [Query(positive, "{{version}} {{class}}")],
                width=6,
            ),
            table(
                "Canary against stable",
                "Versions with the same reference, over the last hours in which both ran: score and evidence of the difference "
                "between them, largest first. Inputs that differ: they do not get the same traffic. Outputs alone: the models "
                "themselves differ. Empty while one version runs.",
                {"version": "Version", "baseline": "Stable version", "feature": "Feature", "role": "Role"},
                (
                    Column("Score", score, units.Short, 3, look="bar", top=0.5),
                    Column("Evidence", evidence, units.Short, 1),
                    Column("Rows", rows, units.Short, 0),
                ),
                sort="Score",
                width=12,
                height=8,
            ),
            lines(
                "Canary against stable over time",
                "Score of each column of the canary against the stable version, 0 to 1. Empty while one version runs.",
                units.Short,
                [Query(score, "{{version}}: {{role}} {{feature}}")],
                width=12,
            ),
        ),
    )
