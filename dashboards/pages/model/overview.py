"""Overview: eight tiles that answer in a glance, and three sentences on how to read the rest."""

from __future__ import annotations

from dashboards import colours, links, scores, traffic
from dashboards.events import firing
from dashboards.kinds import note, tile, verdict
from dashboards.page import Row
from dashboards.query import Query
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]

_NOTE = """\
The *score* of a column is the distance between what comes in now and the reference it was trained \
on, 0 (same) to 1 (nothing in common), less what chance alone explains (the *noise floor*). A column **warns or alerts** only \
when its score is over its threshold *and* the *evidence* is: evidence 6 means one chance in a million that nothing changed. \
Start at the tiles, find the dark row in the matrix and when it began, click the feature in the table for what it looks like."""


def row(where: Where) -> Row:
    """Return the row."""
    column = ("feature", "role")
    worst = f"topk(1, {scores.debiased(where, *column)})"
    surest = f"max({scores.evidence(where, *column)} and on (feature, role) {worst})"
    drifted = f"count(({scores.status(where, *column)}) >= 1) or vector(0)"
    orange, red = colours.WARNING, colours.CRITICAL
    return Row(
        "Is the model well?",
        (
            verdict(
                "Drift",
                "The worst status of the selected columns: ok, warn, alert, or cannot judge (too few rows, warming up, no "
                "reference).",
                Query(f"max({scores.status(where, *column)})"),
            ),
            tile(
                "Most drifted",
                "The column with the largest score, and its score: distance from the reference without noise, 0 to 1.",
                units.Short,
                Query(worst, "{{feature}}", instant=True),
                decimals=2,
                named=True,
                course=False,
                width=4,
                links=(links.to_feature(where, "${__field.labels.feature}", "${__field.labels.role}"),),
            ),
            tile(
                "Evidence for it",
                "How sure that is: 6 means a probability of 1 in 10^6 without any drift. Under the threshold in the model's "
                "settings (about 6) the score may be chance.",
                units.Short,
                Query(surest),
                decimals=0,
            ),
            tile(
                "Drifted columns",
                "How many columns warn or alert.",
                units.Short,
                Query(drifted),
                steps=((1, orange), (3, red)),
                first=colours.OK,
            ),
            tile(
                "Requests",
                "Inference requests per second.",
                units.RequestsPerSecond,
                Query(f"sum({where.rate(names.REQUESTS)})"),
            ),
            tile(
                "Errors",
                "Failed share of the requests. Orange from 1 % on, red from 5 %.",
                units.PercentUnit,
                Query(traffic.error_ratio(where, "model")),
                steps=((0.01, orange), (0.05, red)),
                first=colours.OK,
                decimals=2,
            ),
            tile(
                "Latency p95",
                "95 % of the requests took at most this long.",
                units.Seconds,
                Query(traffic.quantile(where, 0.95)),
                width=3,
            ),
            tile(
                "Firing alerts",
                "Alerts about this model that fire now; they are drawn in the graphs, too.",
                units.Short,
                Query(f"count({firing(where)}) or vector(0)"),
                steps=((1, orange),),
                first=colours.OK,
                width=2,
            ),
            note("How to read this page", "What score, noise floor and evidence are.", _NOTE, height=3),
        ),
    )
