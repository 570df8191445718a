"""Outputs: what the model says, against what it said of the reference."""

from __future__ import annotations

from dashboards import colours, scores
from dashboards.bins import current_share, reference_share
from dashboards.kinds import bars, lines, matrix
from dashboards.page import Row
from dashboards.query import Query, bold, coloured, dashed
from dashboards.sdk import units
from dashboards.where import Where
from driftgauge import names

__all__ = ["row"]


def row(where: Where) -> Row:
    """Return the row."""
    classes = f"quantile by (class) (0.5, {where.metric(names.PREDICTED_CLASS_RATIO, window=None)})"
    rare = f"quantile by (feature, class) (0.5, {where.metric(names.RATE_RATIO, window=None, feature=None)})"
    sure = f"quantile(0.5, {where.metric(names.CONFIDENCE_TOP1_RATIO, window=None)})"
    torn = f"quantile(0.5, {where.metric(names.CONFIDENCE_ENTROPY_RATIO, window=None)})"
    usual = f"max({where.metric(names.CONFIDENCE_REFERENCE_RATIO)})"
    every: dict[str, str | None] = {"feature": None, "role": "output"}
    # Outputs have bins of their own; beside one another they need names of their own.
    by = ("feature", "bin")
    label = 'label_join(%s, "output", " ", "feature", "bin")'
    shares = {
        "reference": (_named(label, reference_share(where, *by, **every)), colours.REFERENCE),
        "current": (_named(label, current_share(where, *by, **every)), colours.CURRENT),
    }
    return Row(
        "What does it say? Predictions",
        (
            bars(
                "Predictions now and in the reference",
                "Share of the rows in each bin of each output: grey in the reference, blue in the window. 00, 01, ... are classes "
                "(most frequent first) or ranges from low to high.",
                units.PercentUnit,
                shares,
                label="output",
                width=8,
            ),
            matrix(
                "Drift of the outputs",
                "As the matrix of the inputs, for outputs. Outputs that drift with inputs: the inputs matter. Outputs alone: the "
                "model or its threshold was changed.",
                units.Short,
                [Query(scores.debiased(where, "feature", "role", **every), "{{feature}}")],
                top=0.4,
                width=8,
            ),
            lines(
                "Predicted classes",
                "Share of the predictions of each class, over a day; of the pod in the middle.",
                units.PercentUnit,
                [Query(classes, "{{class}}")],
                width=8,
                height=9,
                stacked=True,
                most=1,
            ),
            lines(
                "Rare classes against their usual share",
                "Share of each rare class (under 10 % of the reference) over its share in the reference; 1 is as usual, 2 twice as "
                "often. Distances hardly see such classes.",
                units.Short,
                [Query(rare, "{{feature}} {{class}}"), Query("vector(1)", "as in the reference", bold(colours.MUTED))],
                width=12,
            ),
            lines(
                "Evidence for rare classes",
                "How sure it is that a rare class has become more or less frequent, -log10 p.",
                units.Short,
                [
                    Query(
                        "quantile by (feature, class) (0.5, "
                        f"{where.metric(names.RATE_RATIO_EVIDENCE, window=None, feature=None)})",
                        "{{feature}} {{class}}",
                    )
                ],
                width=12,
            ),
            lines(
                "Confidence",
                "Means over a day of the largest class probability and of the entropy (0 sure, 1 all classes alike), of the pod in "
                "the middle; dashed: the largest probability in the reference. A fall means rows that the model does not know; "
                "their share shows in the distribution of confidence.top1.",
                units.PercentUnit,
                [
                    Query(sure, "largest probability", bold(colours.CURRENT)),
                    Query(torn, "entropy", coloured(colours.SECOND, lineWidth=1, fillOpacity=0)),
                    Query(usual, "in the reference", dashed(colours.REFERENCE)),
                ],
                width=24,
                most=1,
            ),
        ),
    )


def _named(template: str, expr: str) -> str:
    return f"max by (output) ({template % expr})"
