"""Segments: parts of the traffic, such as a country or a tenant, that have drifted while the whole may look well."""

from __future__ import annotations

from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.rule import WARNING, Alert
from alerting.scope import COLUMN, Scope, expression
from driftgauge import names

__all__ = ["alerts"]

_SEGMENT = (*COLUMN, "segment", "against")


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alert on segments."""
    status = f"max {scope.by(*_SEGMENT)} ({scope.recent(scope.metric(names.SEGMENT_STATUS))})"
    distance = f"max {scope.by(*_SEGMENT)} ({scope.recent(scope.metric(names.SEGMENT_DEBIASED))})"
    return (
        Alert(
            name="DriftgaugeSegmentDrift",
            severity=WARNING,
            expr=expression(f"""
              {distance}
            and {scope.on(*_SEGMENT)}
              {status} >= 1
            """),
            wait="15m",
            keep="30m",
            why="A segment's score is over a day, so a quarter of an hour above is no wobble; half an hour of keeping it makes one "
            "ticket of a score that crosses the threshold several times.",
            summary="A part of a model's traffic has drifted.",
            description=f"{{{{ $labels.role }}}} {{{{ $labels.feature }}}} of segment {{{{ $labels.segment }}}} of {WHERE} is at a debiased "
            'Jensen-Shannon distance of {{ $value | printf "%.3f" }} (0 same, 1 disjoint) from its {{ $labels.against }} over 24h.',
            dashboard=MODEL_DASHBOARD,
            links=MODEL_LINKS,
        ),
    )
