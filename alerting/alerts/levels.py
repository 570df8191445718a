"""Changes of level that detectors have found in the model's own series, and that are for the worse.

A ticket, never a page: a detector errs now and then, and what has a daily rhythm changes daily.
"""

from __future__ import annotations

from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.rule import WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names

__all__ = ["alerts"]

_SERIES = (*MODEL, "series")
#: a model is as sure as it can be, as fast as it can be, ...
_WORSE = ('series!="confidence", direction="up"', 'series="confidence", direction="down"')


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alert on levels."""
    return (_worse(scope),)


def _worse(scope: Scope) -> Alert:
    window = scope.settings.window("2h")
    changed, other = (f"increase({scope.metric(names.LEVEL_CHANGES, matchers)}[{window}])" for matchers in _WORSE)
    pods = scope.by(*_SERIES, scope.pod)
    return Alert(
        name="DriftgaugeLevelWorse",
        severity=WARNING,
        expr=expression(f"""
          count {scope.by(*_SERIES)} (max {pods} ({changed} or {other}) > 0)
        / {scope.on(*_SERIES)}
          count {scope.by(*_SERIES)} (max {pods} ({scope.recent(scope.metric(names.LEVEL_SLOTS))}))
        >= 0.5
        """),
        wait="5m",
        keep="1h",
        why="Two hours let the detectors of half of the pods find the same change, which by chance they do not; an hour more makes one "
        "ticket of a level that moves in steps.",
        summary="The level of a series of a model has changed for the worse.",
        description=f"Detectors in {{{{ $value | humanizePercentage }}}} of the pods of {WHERE} have found within two hours that the level "
        "of {{ $labels.series }} has changed for the worse.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )
