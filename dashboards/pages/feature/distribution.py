"""Distribution: the tiles, and the bins now against the reference."""

from __future__ import annotations

from dashboards import colours, scores
from dashboards.bins import current_share, reference_share, share_over_time
from dashboards.kinds import bars, matrix, tile, verdict
from dashboards.page import Row
from dashboards.query import Query
from dashboards.sdk import models, units
from dashboards.where import Where

__all__ = ["row"]

#: of a bin's share; a numeric column has up to ten bins of about 0.1 in the reference
FULL_SHARE = 0.4


def row(where: Where) -> Row:
    """Return the row."""
    shares = {
        "reference": (reference_share(where, "bin"), colours.REFERENCE),
        "current": (current_share(where, "bin"), colours.CURRENT),
    }
    return Row(
        "What does it look like?",
        (
            *_tiles(where),
            bars(
                "Distribution now and in the reference",
                "Share of the rows in each bin: grey in the reference, blue in the window, all pods together. Of a number, 00 is "
                "the lowest range of the reference and the last the highest, each about as full in the reference; of a category, "
                "00 is the most frequent. `missing` has no value, `other` is rare or new.",
                units.PercentUnit,
                shares,
                label="bin",
                width=12,
                height=10,
            ),
            matrix(
                "Distribution over time",
                "A row a bin, time to the right; the darker, the larger its share. No change: stripes. A shift: the dark moves to "
                "other rows; its left edge is when it began.",
                units.PercentUnit,
                [Query(share_over_time(where), "{{bin}}")],
                top=FULL_SHARE,
                scheme="Blues",
                width=12,
                height=10,
            ),
        ),
    )


def _tiles(where: Where) -> tuple[models.Panel, ...]:
    by = "feature"
    return (
        verdict(
            "Status",
            "What the alerts go by: ok, warn, alert, or cannot judge.",
            Query(f"max({scores.status(where, by)})"),
            width=4,
        ),
        tile(
            "Score",
            "Distance from the reference in the window, without noise: 0 same, 1 nothing in common.",
            units.Short,
            Query(scores.debiased(where, by)),
            decimals=3,
            width=4,
        ),
        tile(
            "Alerts at",
            "The score from which on it alerts, if the evidence suffices. A column that moves a lot by itself has a higher one.",
            units.Short,
            Query(scores.threshold(where, "critical", by)),
            decimals=2,
            first=colours.CRITICAL,
            course=False,
            width=4,
        ),
        tile(
            "Noise floor",
            "The distance that chance alone makes of so few rows.",
            units.Short,
            Query(scores.floor(where, by)),
            decimals=3,
            first=colours.MUTED,
            width=4,
        ),
        tile(
            "Evidence",
            "How sure it is: 6 is one chance in a million without drift.",
            units.Short,
            Query(scores.evidence(where, by)),
            decimals=1,
            width=4,
        ),
        tile(
            "Rows",
            "Rows in the window that the score rests on.",
            units.Short,
            Query(scores.samples(where, by)),
            width=4,
        ),
    )
