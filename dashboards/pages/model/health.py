"""Health: how good the model may be expected to be without labels, beside how good it was with them; embeddings, and the words of texts."""

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

#: an embedding is no column that the page's choice of features is about
_DAY: dict[str, str | None] = {"feature": None, "window": "24h"}


def _past(where: Where, metric: Metric) -> str:
    return f"quantile by (feature, mode) (0.5, {where.metric(metric, feature=None, window=None)})"


def row(where: Where) -> Row:
    """Return the row."""
    usual = f"max({where.metric(names.ESTIMATED_ACCURACY_REFERENCE_RATIO)})"
    error = f"max({where.metric(names.ESTIMATED_ERROR_REFERENCE)})"
    return Row(
        "How good is it? Without labels",
        (
            lines(
                "Estimated accuracy",
                "Accuracy to be expected of the day's rows from their confidence, with two standard errors, beside the accuracy of the "
                "labels that came; dashed: in the reference. Right if only the mix of inputs has changed.",
                units.PercentUnit,
                [
                    Query(_middle(where, names.ESTIMATED_ACCURACY_RATIO), "estimated", bold(colours.CURRENT)),
                    Query(
                        f"{_middle(where, names.ESTIMATED_ACCURACY_RATIO)} - 2 * "
                        f"{_middle(where, names.ESTIMATED_ACCURACY_STDERR)}",
                        "two standard errors below",
                        coloured(colours.MUTED, lineWidth=1, fillOpacity=0),
                    ),
                    Query(_middle(where, names.ACCURACY_RATIO), "of the labels", coloured(colours.SECOND)),
                    Query(usual, "in the reference", dashed(colours.REFERENCE)),
                ],
                width=12,
                least=None,
                most=1,
            ),
            lines(
                "Estimated mean absolute error",
                "Of a regression, in the unit of the prediction: what the day's predictions may be off by, from the reference's errors at "
                "predictions of their size, beside the error of the labels that came; dashed: in the reference.",
                units.Short,
                [
                    Query(_middle(where, names.ESTIMATED_ERROR), "estimated", bold(colours.CURRENT)),
                    Query(_middle(where, names.MEAN_ABSOLUTE_ERROR), "of the labels", coloured(colours.SECOND)),
                    Query(error, "in the reference", dashed(colours.REFERENCE)),
                ],
                width=8,
            ),
            lines(
                "Is the estimate valid?",
                "1 while nothing contradicts that only the mix of inputs has changed; the share of the pods where it is so.",
                units.PercentUnit,
                [
                    Query(
                        f"avg({where.metric(names.ESTIMATED_ACCURACY_VALID, window='24h')})",
                        "accuracy",
                        bold(colours.CURRENT),
                    ),
                    Query(
                        f"avg({where.metric(names.ESTIMATED_ERROR_VALID, window='24h')})",
                        "error",
                        coloured(colours.SECOND),
                    ),
                ],
                width=4,
                most=1,
            ),
            lines(
                "Embeddings",
                "Distance of the mean embedding from the reference's over a day, without what chance gives, in standard deviations of its "
                "features, of the pod in the middle; 0.05 warns, 0.1 alerts. With a mode: from the model's own past. Scale and covariance show in the columns norm and residual.",
                units.Short,
                [
                    Query(
                        f"quantile by (feature) (0.5, {where.metric(names.EMBEDDING_RELATIVE, **_DAY)})", "{{feature}}"
                    ),
                    Query(
                        f"max({where.metric(names.EMBEDDING_NOISE_FLOOR, **_DAY)})",
                        "by chance",
                        dashed(colours.REFERENCE),
                    ),
                    Query(_past(where, names.EMBEDDING_CHANGE_RELATIVE), "{{feature}}, {{mode}}"),
                ],
                width=12,
            ),
            lines(
                "Evidence for embeddings",
                "How sure it is that the mean embedding has moved, -log10 p.",
                units.Short,
                [
                    Query(
                        f"quantile by (feature) (0.5, {where.metric(names.EMBEDDING_EVIDENCE, **_DAY)})", "{{feature}}"
                    ),
                    Query(_past(where, names.EMBEDDING_CHANGE_EVIDENCE), "{{feature}}, {{mode}}"),
                ],
                width=12,
            ),
            lines(
                "Tokens of texts",
                "Distance of the hashed tokens from the reference's over a day, without what chance gives, of the pod in the middle. "
                "Other words, languages, topics or templates; length and characters are features of their own.",
                units.Short,
                [
                    Query(f"quantile by (feature) (0.5, {where.metric(names.TOKEN_DEBIASED, **_DAY)})", "{{feature}}"),
                    Query(
                        f"max({where.metric(names.TOKEN_NOISE_FLOOR, **_DAY)})",
                        "by chance",
                        dashed(colours.REFERENCE),
                    ),
                ],
                width=12,
                most=1,
            ),
            lines(
                "Most frequent tokens shared",
                "Share of the day's most frequent tokens (50, 20 or 10, as the number of texts allows) that are among the reference's; "
                "under one half alerts, where the distance is beyond chance.",
                units.PercentUnit,
                [
                    Query(
                        f"quantile by (feature) (0.5, {where.metric(names.TOKEN_OVERLAP_RATIO, **_DAY)})", "{{feature}}"
                    )
                ],
                width=12,
                most=1,
            ),
            lines(
                "Changes of level",
                "Changes that detectors have found in loss, confidence, latency and failed requests, all pods together, where "
                "level_changes names detectors. One detector of one pod may err; several at once do not.",
                units.Short,
                [
                    Query(
                        f"sum by (series, direction, detector) (increase({where.metric(names.LEVEL_CHANGES, feature=None)}[$__rate_interval]))",
                        "{{series}} {{direction}}, {{detector}}",
                    )
                ],
                width=12,
                bars=True,
            ),
            lines(
                "Slots since the last change",
                "Values that each detector rests on, of the pod that has the fewest; below level_changes.warmup_slots no change can be found.",
                units.Short,
                [
                    Query(
                        f"min by (series, detector) ({where.metric(names.LEVEL_SLOTS, feature=None)})",
                        "{{series}}, {{detector}}",
                    )
                ],
                width=12,
            ),
            lines(
                "Anomalies",
                "Share of the day's scored rows, of all pods, that score beyond what 1 % of the reference's rows did; dashed: the "
                "reference's share; five times that raises a ticket.",
                units.PercentUnit,
                [
                    Query(_beyond(where), "anomalies", bold(colours.CURRENT)),
                    Query(
                        f"max({where.metric(names.ANOMALY_REFERENCE_RATIO)})",
                        "in the reference",
                        dashed(colours.REFERENCE),
                    ),
                ],
                width=12,
            ),
            lines(
                "Rows looked at for anomalies",
                "Rows a second by what became of them: scored, left out because there were more than `anomaly_rows_per_second`, or "
                "without any value that could be scored.",
                units.Short,
                [Query(f"sum by (result) ({where.rate(names.ANOMALY_ROWS)})", "{{result}}")],
                width=12,
            ),
            lines(
                "Pictures and sequences reduced",
                "Rows a second of pictures and sequences that came as tensors, by what became of them: reduced to facts, or left out because there "
                "were more than `tensor_rows_per_second`; those count as not observed, not as missing.",
                units.Short,
                [Query(f"sum by (result) ({where.rate(names.TENSOR_ROWS)})", "{{result}}")],
                width=24,
            ),
        ),
    )


def _beyond(where: Where) -> str:
    share, rows = (where.metric(one, window="24h") for one in (names.ANOMALY_RATIO, names.ANOMALY_SAMPLES))
    return f"sum({share} * {rows}) / sum({rows})"


def _middle(where: Where, metric: Metric) -> str:
    """Return the figure of the pod in the middle, over a day."""
    return f"quantile(0.5, {where.metric(metric, window='24h')})"
