"""Checkpoints: whether a restart would lose what the exporters know, or has."""

from __future__ import annotations

from alerting.alerts.words import EXPORTER
from alerting.rule import INFO, WARNING, Alert
from alerting.scope import Scope, expression
from driftgauge import names

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on checkpoints."""
    return _failing(scope), _damaged(scope)


def _where(scope: Scope) -> str:
    return f"{{{{ $labels.namespace }}}}/{{{{ $labels.{scope.pod} }}}}"


def _failing(scope: Scope) -> Alert:
    failures = f"increase({scope.metric(names.CHECKPOINT_FAILURES)}[{scope.settings.time('15m')}])"
    return Alert(
        name="DriftgaugeCheckpointFailing",
        severity=WARNING,
        expr=f"sum {scope.by(scope.pod, 'reason')} ({failures}) > 0",
        wait="30m",
        why="A failure counts for a quarter of an hour, so half an hour is more than one, and outlasts a rollout in which the "
        "old pod still holds the folder.",
        summary="An exporter cannot write its checkpoints, so a restart would lose what it knows.",
        description=f"Checkpoints of {_where(scope)} fail: {{{{ $labels.reason }}}}. It goes on in memory.",
        dashboard=EXPORTER,
        links=(scope.pod,),
    )


def _damaged(scope: Scope) -> Alert:
    series = scope.metric(names.CHECKPOINT_REJECTED, 'reason="damaged"')
    damaged = f"max {scope.by(scope.pod)} ({scope.recent(series)})"
    before = f"max {scope.by(scope.pod)} ({series} offset {scope.settings.time('1h')})"
    return Alert(
        name="DriftgaugeCheckpointDamaged",
        severity=INFO,
        expr=expression(f"""
          {damaged} > 0
        unless {scope.on(scope.pod)}
          {before} > 0
        """),
        wait="1m",
        why="It is counted once, at the start; an hour is enough to see it, and what was lost does not come back.",
        summary="An exporter found a damaged checkpoint at its start, so a model began anew.",
        description=f"{{{{ $value }}}} checkpoints of {_where(scope)} were damaged and are set aside; its log says why.",
        dashboard=EXPORTER,
        links=(scope.pod,),
    )
