"""Values: mean and spread in the column's own terms, and the values that should not be."""

from __future__ import annotations

from dashboards import colours
from dashboards.kinds import lines
from dashboards.page import Row
from dashboards.query import Query, Style, bold, coloured, dashed, limits
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]

#: two standard errors: 1 mean in 20 lies outside without any drift
ERRORS = 2
_UPPER, _LOWER = "reference, upper", "reference, lower"
_STUCK = names.DRIFT_STUCK_THRESHOLD_RATIO


def row(where: Where) -> Row:
    """Return the row."""
    noise = (
        f"{ERRORS} * sqrt(1 / min({where.metric(names.DRIFT_SAMPLES, window='24h')} > 0)"
        f" + 1 / min({where.metric(names.REFERENCE_SAMPLES)} > 0))"
    )
    shift = where.metric(names.DRIFT_MEAN_SHIFT_SIGMA, window=None)
    spread = where.metric(names.FEATURE_STDDEV_RATIO, window=None)
    mean = where.metric(names.FEATURE_MEAN, window=None)
    grey = coloured(colours.REFERENCE, lineWidth=0, fillOpacity=0)
    band = Style({**grey.properties, "custom.fillBelowTo": _LOWER, "custom.fillOpacity": 40})
    faults = (
        ("missing", names.FEATURE_MISSING_RATIO, colours.CURRENT),
        ("new categories", names.FEATURE_UNSEEN_RATIO, colours.WARNING),
        ("out of range", names.FEATURE_OUT_OF_RANGE_RATIO, colours.SECOND),
    )
    return Row(
        "What are its values?",
        (
            lines(
                "Mean",
                "Mean of the values over a day, in the column's own unit: lowest, middle and highest of the pods. Of a number only.",
                units.Short,
                [
                    Query(f"min({mean})", "lowest pod", coloured(colours.MUTED)),
                    Query(f"quantile(0.5, {mean})", "pod in the middle", bold(colours.CURRENT)),
                    Query(f"max({mean})", "highest pod", coloured(colours.MUTED)),
                ],
                width=6,
                least=None,
            ),
            lines(
                "Mean against the reference",
                "How far the mean has moved, in standard deviations of the reference. Grey band: where it lies 19 times out of 20 "
                "if nothing has changed, with so few rows.",
                "suffix: σ",  # noqa: RUF001 - the sign that statisticians write
                [
                    Query(noise, _UPPER, band),
                    Query(f"-({noise})", _LOWER, grey),
                    Query(f"quantile(0.5, {shift})", "shift", bold(colours.CURRENT)),
                ],
                width=6,
                least=None,
            ),
            lines(
                "Spread against the reference",
                "Standard deviation over that of the reference; 1 is as it was. Near 0: a value that is stuck.",
                units.Short,
                [
                    Query(f"quantile(0.5, {spread})", "spread", bold(colours.CURRENT)),
                    Query("vector(1)", "as in the reference", coloured(colours.REFERENCE)),
                ],
                width=6,
            ),
            lines(
                "Missing, new and out of range",
                "Share of the rows over a day, of the worst pod: no value; a category that the reference did not have; a number "
                "outside its range.",
                units.PercentUnit,
                [
                    Query(f"max({where.metric(metric, window=None)})", name, coloured(colour))
                    for name, metric, colour in faults
                ],
                width=6,
            ),
            lines(
                "A value that stays",
                "Share of the rows beyond the reference's share that one value had in at least 80 % of the last 72 hours, of the pod "
                "with most of it. Dashed: where it warns and alerts. A sensor that hangs or a default in a part of the traffic.",
                units.PercentUnit,
                [
                    Query(f"max({where.metric(names.DRIFT_STUCK_RATIO)})", "share", bold(colours.CURRENT)),
                    *limits(*(f"max({where.metric(_STUCK, severity=s)})" for s in ("warning", "critical"))),
                ],
                width=12,
            ),
            lines(
                "Evidence that it stays",
                "-log10 of the probability that a value is there as often by chance. Under the dashed line it is not called stuck.",
                units.Short,
                [
                    Query(f"max({where.metric(names.DRIFT_STUCK_EVIDENCE)})", "evidence", bold(colours.CURRENT)),
                    Query(
                        f"max({where.metric(names.DRIFT_STUCK_EVIDENCE_THRESHOLD)})",
                        "evidence needed",
                        dashed(colours.WARNING),
                    ),
                ],
                width=12,
            ),
        ),
    )
