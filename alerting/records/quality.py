"""Data quality of a fleet: the pods' own shares, each weighted with the rows that it rests on."""

from __future__ import annotations

from alerting.records import series
from alerting.rule import Group, Record
from alerting.scope import COLUMN, Scope, expression
from driftgauge import names
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
