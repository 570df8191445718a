"""Clients: what they say they dropped, and processes that went without a word.

All are tickets: the model answers as ever, but what is monitored is not all that it did.
"""

from __future__ import annotations

from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.rule import WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on client processes."""
    return (_rows(scope), _labels(scope), _lost(scope))


def _rows(scope: Scope) -> Alert:
    dropped = f"sum {scope.by(*MODEL, 'reason')} ({scope.rate(names.CLIENT_DROPPED_ROWS)})"
    predicted = f"sum {scope.by(*MODEL)} ({scope.rate(names.PREDICTIONS)})"
    return Alert(
        name="DriftgaugeClientDrops",
        severity=WARNING,
        expr=expression(f"""
          {dropped}
        / {scope.on(*MODEL)} group_left ()
          ({predicted} > 0)
        >=
          {scope.settings.limits.input_lost_ratio}
        """),
        wait="10m",
        keep="10m",
        why="Ten minutes outlast a restart of the exporter, during which clients keep what fits their buffers.",
        summary="Clients of a model cannot send all rows, so scores rest on a part of the traffic.",
        description=f"Clients of {WHERE} dropped {{{{ $value | humanizePercentage }}}} of its rows: {{{{ $labels.reason }}}}.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _labels(scope: Scope) -> Alert:
    dropped = f"increase({scope.metric(names.CLIENT_DROPPED_LABELS)}[{scope.settings.window('1h')}])"
    return Alert(
        name="DriftgaugeClientLabelsDropped",
        severity=WARNING,
        expr=f"sum {scope.by(*MODEL, 'reason')} ({dropped}) >= {scope.settings.limits.labels_dropped}",
        wait="10m",
        keep="1h",
        why="Labels come in batches, so the count is over an hour; ten minutes outlast a restart of the exporter.",
        summary="Clients of a model cannot send labels, so its accuracy rests on a part of them.",
        description=f"Clients of {WHERE} dropped {{{{ $value | humanize }}}} labels in the last hour: {{{{ $labels.reason }}}}.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )


def _lost(scope: Scope) -> Alert:
    silent = scope.metric(names.CLIENT_EXITS, 'reason="silent"')
    return Alert(
        name="DriftgaugeClientLost",
        severity=WARNING,
        expr=f"sum {scope.by(*MODEL)} (increase({silent}[{scope.settings.window('1h')}])) >= {scope.settings.limits.clients_lost}",
        wait="5m",
        keep="15m",
        why="A single worker that is killed happens; several within an hour are a pattern, and that is all the waiting it needs.",
        summary="Processes that serve a model are killed or hang, and what they had not sent is lost.",
        description=f"{{{{ $value | humanize }}}} client processes of {WHERE} fell silent within an hour without a last word.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )
