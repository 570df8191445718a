"""Tickets on what is slow to say anything: labels, and estimates in place of them, over a day or a week."""

from __future__ import annotations

from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS
from alerting.rule import WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge.names import Metric

__all__ = ["published", "ticket"]


def published(scope: Scope, metric: Metric) -> str:
    """Return a figure of a model that every pod publishes alike, such as a threshold."""
    return f"max {scope.by(*MODEL)} ({scope.recent(scope.metric(metric))})"


def ticket(name: str, expr: str, why: str, summary: str, description: str) -> Alert:
    """Return an alert on a model that waits half an hour, and bridges a figure that wobbles about its limit."""
    return Alert(
        name=name,
        severity=WARNING,
        expr=expression(expr),
        wait="30m",
        keep="1h",
        why=why,
        summary=summary,
        description=description,
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )
