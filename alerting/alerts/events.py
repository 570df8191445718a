"""Events of inference loggers: a sink answers before it reads, so nobody but these hears of what it cannot use."""

from __future__ import annotations

from alerting.alerts.words import EXPORTER
from alerting.rule import WARNING, Alert
from alerting.scope import Scope, expression
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on events."""
    limits = scope.settings.limits
    where = f"{{{{ $labels.namespace }}}}/{{{{ $labels.{scope.pod} }}}}"
    share = "{{ $value | humanizePercentage }} of the events"
    return (
        Alert(
            name="DriftgaugeEventsUnpaired",
            severity=WARNING,
            expr=_share(scope, names.EVENTS_UNPAIRED, ("kind", "reason"), limits.events_unpaired_ratio),
            wait="10m",
            keep="10m",
            why="Halves that wait when a sink or a model restarts are given up within minutes.",
            summary="Requests and responses that a logger sends do not find each other.",
            description=f"{share} that {where} receives stay alone: {{{{ $labels.kind }}}}, {{{{ $labels.reason }}}}.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
        Alert(
            name="DriftgaugeEventsDropped",
            severity=WARNING,
            expr=_share(scope, names.EVENTS_DROPPED, ("reason",), limits.input_lost_ratio),
            wait="10m",
            keep="10m",
            why="Loggers do not send again, but a burst of ten minutes bends no window that judges.",
            summary="A sink drops events of inference loggers unread, so its counts are too low.",
            description=f"{where} drops {share} sent to it: {{{{ $labels.reason }}}}.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
        Alert(
            name="DriftgaugeEventsRejected",
            severity=WARNING,
            expr=_share(scope, names.EVENTS_REJECTED, ("reason",), limits.input_lost_ratio),
            wait="10m",
            keep="10m",
            why="As for dropped events.",
            summary="A sink cannot use some of the events of inference loggers.",
            description=f"{where} cannot use {share} sent to it: {{{{ $labels.reason }}}}.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
    )


def _share(scope: Scope, lost: Metric, labels: tuple[str, ...], least: float) -> str:
    return expression(f"""
      sum {scope.by(scope.pod, *labels)} ({scope.rate(lost)})
    / {scope.on(scope.pod)} group_left ()
      (sum {scope.by(scope.pod)} ({scope.rate(names.EVENTS_RECEIVED)}) > 0)
    >=
      {least}
    """)
