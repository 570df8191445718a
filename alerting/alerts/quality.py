"""Data quality: values that are missing, unknown, stuck, outside the reference's range or of the wrong shape; a model less sure.

All are tickets: where a broken column is serious, its drift pages.
"""

from __future__ import annotations

from alerting.alerts.words import COLUMN_LINKS, FEATURE, MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.records import series
from alerting.rule import WARNING, Alert
from alerting.scope import COLUMN, MODEL, Scope, expression
from driftgauge import names

__all__ = ["alerts"]

_WHY = (
    "The share is over a day, so half an hour above is a change and not a few bad rows; an hour of keeping it bridges a "
    "share that wobbles about the limit."
)
_COLUMN_WORDS = f"{{{{ $labels.role }}}} {{{{ $labels.feature }}}} of {WHERE}"


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on the data."""
    limits = scope.settings.limits
    return (
        _share(
            "DriftgaugeMissingValues",
            _missing(scope),
            "A column of a model misses more values than its reference did.",
            "{{ $value | humanizePercentage }} more of the values of "
            + _COLUMN_WORDS
            + " than in the reference are missing over {{ $labels.window }}.",
        ),
        _share(
            "DriftgaugeUnseenCategories",
            f"{series.UNSEEN} >= {limits.unseen_ratio}",
            "A column of a model has categories that its reference did not have.",
            "{{ $value | humanizePercentage }} of the values of "
            + _COLUMN_WORDS
            + " over {{ $labels.window }} are categories that the reference did not have.",
        ),
        _share(
            "DriftgaugeOutOfRange",
            f"{series.OUT_OF_RANGE} >= {limits.out_of_range_ratio}",
            "A column of a model has values outside the range of its reference.",
            "{{ $value | humanizePercentage }} of the values of "
            + _COLUMN_WORDS
            + " over {{ $labels.window }} are outside the range of the reference.",
        ),
        _stuck(scope),
        _schema(scope),
        _confidence(scope),
    )


def _share(name: str, expr: str, summary: str, description: str) -> Alert:
    return Alert(
        name=name,
        severity=WARNING,
        expr=expr,
        wait="30m",
        keep="1h",
        why=_WHY,
        summary=summary,
        description=description,
        dashboard=FEATURE,
        links=COLUMN_LINKS,
    )


def _missing(scope: Scope) -> str:
    usual = f"max {scope.by(*COLUMN)} ({scope.recent(scope.metric(names.FEATURE_REFERENCE_MISSING_RATIO))})"
    limit = scope.settings.limits.missing_ratio
    return expression(f"{series.MISSING} - {scope.on(*COLUMN)} group_left () {usual} >= {limit}")


def _stuck(scope: Scope) -> Alert:
    ratio = f"max {scope.by(*COLUMN)} ({scope.recent(scope.metric(names.DRIFT_STUCK_RATIO))})"
    status = f"max {scope.by(*COLUMN)} ({scope.recent(scope.metric(names.DRIFT_STUCK_STATUS))})"
    return Alert(
        name="DriftgaugeValueStuck",
        severity=WARNING,
        expr=f"{ratio}\nand {scope.on(*COLUMN)}\n  {status} >= 1",
        wait="15m",
        keep="1h",
        why="What is judged is three days, anew when an hour ends, and it has a memory of its own; a quarter of an hour is longer than a "
        "restart, and an hour of keeping it bridges one.",
        summary="One value of a column stays in a part of a model's rows.",
        description="One value of "
        + _COLUMN_WORDS
        + " holds {{ $value | humanizePercentage }} of the rows more than in the reference, in at least 80% of the last 72 hours, by "
        "the pod where it holds most.",
        dashboard=FEATURE,
        links=COLUMN_LINKS,
    )


def _schema(scope: Scope) -> Alert:
    violations = f"sum {scope.by(*MODEL, 'feature', 'reason')} ({scope.rate(names.SCHEMA_VIOLATIONS)})"
    expr = f"{violations}\n/ {scope.on(*MODEL)} group_left ()\n  ({series.PREDICTIONS} > 0)\n>= "
    return Alert(
        name="DriftgaugeSchemaViolations",
        severity=WARNING,
        expr=expr + f"{scope.settings.limits.schema_violation_ratio}",
        wait="15m",
        keep="30m",
        why="A quarter of an hour is longer than a rollout in which an old sender meets a new reference.",
        summary="Rows sent to a model do not have the columns or types that its reference has.",
        description=f"{{{{ $labels.reason }}}} of column {{{{ $labels.feature }}}} of {WHERE} in "
        "{{ $value | humanizePercentage }} of the rows.",
        dashboard=FEATURE,
        links=COLUMN_LINKS,
    )


def _confidence(scope: Scope) -> Alert:
    usual = f"max {scope.by(*MODEL)} ({scope.recent(scope.metric(names.CONFIDENCE_REFERENCE_RATIO))})"
    limit = scope.settings.limits.confidence_drop
    return Alert(
        name="DriftgaugeLowConfidence",
        severity=WARNING,
        expr=f"{usual} - {scope.on(*MODEL)} group_right () {series.CONFIDENCE} >= {limit}",
        wait="30m",
        keep="1h",
        why=_WHY,
        summary="A model is less sure of its predictions than it was of its reference.",
        description="The mean of the largest class probability of " + WHERE + " over {{ $labels.window }} is "
        "{{ $value | humanizePercentage }} lower than in the reference.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )
