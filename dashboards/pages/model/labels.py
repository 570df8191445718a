"""Labels: how good the model is, how well its probabilities fit, and how complete and late the labels are."""

from __future__ import annotations

from dashboards import colours
from dashboards.kinds import lines
from dashboards.page import Row
from dashboards.query import Query, bold, coloured, dashed
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    samples, calibrated = names.LABELLED_SAMPLES, names.CALIBRATION_SAMPLES
    recall = f"quantile by (class) (0.5, {where.metric(names.RECALL_RATIO, window='24h')})"
    usual = f"max({where.metric(names.REFERENCE_ACCURACY_RATIO)})"
    drop = f"max({where.metric(names.ACCURACY_DROP_THRESHOLD)})"
    error = f"max({where.metric(names.REFERENCE_MEAN_ABSOLUTE_ERROR)})"
    accounts = {
        "matched": names.LABELS_MATCHED,
        "duplicate": names.LABELS_DUPLICATE,
    }
    return Row(
        "How good is it? Labels",
        (
            lines(
                "Accuracy",
                "Share of right predictions among the labels that arrived, over a day and a week, all pods; dashed: in the "
                "reference, and where it alerts. Empty for a regression, or without labels.",
                units.PercentUnit,
                [
                    Query(_mean(where, names.ACCURACY_RATIO, samples, "24h"), "a day", bold(colours.CURRENT)),
                    Query(_mean(where, names.ACCURACY_RATIO, samples, "7d"), "a week", coloured(colours.SECOND)),
                    Query(usual, "in the reference", dashed(colours.REFERENCE)),
                    Query(f"{usual} - {drop}", "warning threshold", dashed(colours.WARNING)),
                ],
                width=8,
                least=None,
                most=1,
            ),
            lines(
                "Recall by class",
                "Share of the rows of each class that were predicted as it, over a day, of the pod in the middle. A single class "
                "that falls is labelled or treated differently.",
                units.PercentUnit,
                [Query(recall, "{{class}}")],
                width=8,
                most=1,
            ),
            lines(
                "Mean absolute error",
                "Of a regression, in the unit of the prediction, over a day and a week, all pods, with the signed mean error: near "
                "the absolute one, all predictions are off in one direction. Dashed: in the reference.",
                units.Short,
                [
                    Query(_mean(where, names.MEAN_ABSOLUTE_ERROR, samples, "24h"), "a day", bold(colours.CURRENT)),
                    Query(_mean(where, names.MEAN_ABSOLUTE_ERROR, samples, "7d"), "a week", coloured(colours.SECOND)),
                    Query(_mean(where, names.MEAN_ERROR, samples, "24h"), "signed, a day", coloured(colours.THIRD)),
                    Query(error, "in the reference", dashed(colours.REFERENCE)),
                ],
                width=8,
                least=None,
            ),
            lines(
                "Calibration error",
                "Distance of the confidence from the share of right predictions, over a day, and its floor: what chance alone gives "
                "with so many labels. Only what is above the floor is the model's.",
                units.PercentUnit,
                [
                    Query(_mean(where, names.CALIBRATION_ERROR, calibrated, "24h"), "error", bold(colours.CURRENT)),
                    Query(
                        _mean(where, names.CALIBRATION_ERROR_FLOOR, calibrated, "24h"),
                        "floor",
                        dashed(colours.REFERENCE),
                    ),
                ],
                width=8,
            ),
            lines(
                "Calibration gap",
                "Mean confidence minus accuracy, over a day: above 0 the model is surer than it should be.",
                units.PercentUnit,
                [Query(_mean(where, names.CALIBRATION_GAP, calibrated, "24h"), "gap", bold(colours.CURRENT))],
                width=8,
                least=None,
            ),
            lines(
                "Brier score",
                "Mean squared distance of the confidence from what happened, over a day; 0 is perfect, 0.25 a coin.",
                units.Short,
                [Query(_mean(where, names.BRIER_SCORE, calibrated, "24h"), "score", bold(colours.CURRENT))],
                width=8,
            ),
            lines(
                "Labels by what became of them",
                "Labels per second that met their prediction, that came again, and that were given up, by reason.",
                units.CountsPerSecond,
                [
                    *(Query(f"sum({where.rate(metric)})", name) for name, metric in accounts.items()),
                    Query(f"sum by (reason) ({where.rate(names.LABELS_UNMATCHED)})", "{{reason}}"),
                ],
                width=8,
                stacked=True,
            ),
            lines(
                "Label coverage",
                "Share of the predictions made in the last day and week whose label has come.",
                units.PercentUnit,
                [
                    Query(
                        f"avg({where.metric(names.LABEL_COVERAGE_RATIO, window='24h')})", "a day", bold(colours.CURRENT)
                    ),
                    Query(
                        f"avg({where.metric(names.LABEL_COVERAGE_RATIO, window='7d')})",
                        "a week",
                        coloured(colours.SECOND),
                    ),
                ],
                width=8,
                most=1,
            ),
            lines(
                "Label delay",
                "Time from a prediction to its label: half of the labels take less than the median, one in twenty longer than p95.",
                units.Seconds,
                [
                    Query(_delay(where, 0.5), "median", bold(colours.CURRENT)),
                    Query(_delay(where, 0.95), "p95", coloured(colours.SECOND)),
                ],
                width=8,
            ),
        ),
    )


def _mean(where: Where, metric: Metric, samples: Metric, window: str) -> str:
    """Return the mean of the pods' figures, each weighted with the labels that it rests on."""
    values, rows = where.metric(metric, window=window), where.metric(samples, window=window)
    return f"sum({values} * {rows}) / (sum({rows} and {values}) > 0)"


def _delay(where: Where, level: float) -> str:
    buckets = where.rate(names.LABEL_DELAY)
    return f"histogram_quantile({level}, sum by (le) ({buckets}))"
