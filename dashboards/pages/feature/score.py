"""Score: over time, with its noise, its thresholds and its evidence; and the same drift in other people's measures."""

from __future__ import annotations

from dashboards import colours, scores
from dashboards.kinds import lines
from dashboards.page import Row
from dashboards.query import BAND, Query, bold, coloured, dashed, limits
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    by = "feature"
    needed = f"max({where.metric(names.DRIFT_EVIDENCE_THRESHOLD)})"
    middle = {
        name: f"quantile(0.5, {where.metric(metric, window=None)})"
        for name, metric in (
            ("KS", names.DRIFT_KS),
            ("Wasserstein", names.DRIFT_WASSERSTEIN_SIGMA),
            ("KL", names.DRIFT_KL_DIVERGENCE),
        )
    }
    return Row(
        "How far, and how sure?",
        (
            lines(
                "Score and noise",
                "Thick: the score, which the thresholds are about. Thin: the distance as measured, noise included. Grey band: what "
                "noise alone explains with so few rows; a thin line inside it means nothing. Dashed: where it warns and alerts.",
                units.Short,
                [
                    Query(scores.floor(where, by), "noise floor", BAND),
                    Query(scores.distance(where, by), "distance", coloured(colours.SECOND)),
                    Query(scores.debiased(where, by), "score", bold(colours.CURRENT)),
                    *limits(scores.threshold(where, "warning", by), scores.threshold(where, "critical", by)),
                ],
                width=12,
                height=9,
            ),
            lines(
                "Evidence",
                "-log10 of the probability of such a distance without drift. Under the dashed line nothing is decided, however "
                "large the score.",
                units.Short,
                [
                    Query(scores.evidence(where, by), "evidence", bold(colours.CURRENT)),
                    Query(needed, "evidence needed", dashed(colours.WARNING)),
                ],
                width=6,
                height=9,
            ),
            lines(
                "Rows in the window",
                "What the score rests on, of the fleet where it has a score, else of the pod in the middle. Few rows: a high noise "
                "floor, little evidence.",
                units.Short,
                [Query(scores.samples(where, by), "rows", coloured(colours.CURRENT))],
                width=6,
                height=9,
            ),
            lines(
                "PSI",
                "Population stability index over a day, in nats; commonly 0.1 is called moderate and 0.25 major. Noise included: "
                "with few rows it is large without any drift.",
                units.Short,
                [Query(scores.psi(where, by), "PSI", coloured(colours.CURRENT))],
                width=6,
            ),
            lines(
                "Kolmogorov-Smirnov",
                "Largest gap between the cumulated shares, 0 to 1, over a day; of a number only.",
                units.Short,
                [Query(middle["KS"], "KS", coloured(colours.CURRENT))],
                width=6,
            ),
            lines(
                "Wasserstein",
                "How far the values had to be carried to look like the reference, in its standard deviations, over a day; of a "
                "number only.",
                "suffix: σ",  # noqa: RUF001 - the sign that statisticians write
                [Query(middle["Wasserstein"], "Wasserstein", coloured(colours.CURRENT))],
                width=6,
            ),
            lines(
                "Kullback-Leibler",
                "Divergence of the current distribution from the reference in bits, over a day.",
                "suffix: bit",
                [Query(middle["KL"], "KL", coloured(colours.CURRENT))],
                width=6,
            ),
        ),
    )
