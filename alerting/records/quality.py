"""Data quality of a fleet: the pods' own shares, each weighted with the rows that it rests on."""

from __future__ import annotations

from alerting.records import series
from alerting.rule import Group, Record
from alerting.scope import COLUMN, MODEL, Scope, expression
from driftgauge import names
from driftgauge.derive.confidence import TOP1
from driftgauge.names import Metric

__all__ = ["groups"]


def groups(scope: Scope) -> tuple[Group, ...]:
    """Return the group of the data quality."""
    rules = tuple(
        _weighted(scope, name, metric, about)
        for name, metric, about in (
            (series.MISSING, names.FEATURE_MISSING_RATIO, "share of missing values, of all pods"),
            (
                series.UNSEEN,
                names.FEATURE_UNSEEN_RATIO,
                "share of categories that the reference did not have, of all pods",
            ),
            (
                series.OUT_OF_RANGE,
                names.FEATURE_OUT_OF_RANGE_RATIO,
                "share of values outside the reference's range, of all pods",
            ),
        )
    )
    rules = (*rules, _confidence(scope))
    return (Group("driftgauge-quality", scope.settings.intervals.status, rules),)


def _weighted(scope: Scope, name: str, metric: Metric, about: str) -> Record:
    shares, rows = scope.recent(scope.metric(metric)), scope.recent(scope.metric(names.DRIFT_SAMPLES))
    total = f"sum {scope.by(*COLUMN, 'window')}"
    least = scope.settings.limits.fleet_least_samples
    expr = f"""
      {total} ({shares} * {rows})
    /
      ({total} ({rows} and {shares}) >= {least})
    """
    return Record(name, expression(expr), about)


def _confidence(scope: Scope) -> Record:
    """Return the mean confidence; the rows that it rests on are those of the column it is the mean of."""
    means = scope.recent(scope.metric(names.CONFIDENCE_TOP1_RATIO))
    column = f'feature="{TOP1}", role="output"'
    rows = scope.recent(scope.metric(names.DRIFT_SAMPLES, column))
    total = f"sum {scope.by(*MODEL, 'window')}"
    least = scope.settings.limits.fleet_least_samples
    expr = f"""
      {total} ({means} * ignoring (feature, role) {rows})
    /
      ({total} ({rows} and ignoring (feature, role) {means}) >= {least})
    """
    return Record(series.CONFIDENCE, expression(expr), "mean of the largest class probability, of all pods")
