"""The exporters' listeners: whom they let in, and whether the files that say so can still be read."""

from __future__ import annotations

from alerting.alerts.words import EXPORTER
from alerting.rule import WARNING, Alert
from alerting.scope import Scope
from driftgauge import names

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on listeners."""
    where = f"{{{{ $labels.namespace }}}}/{{{{ $labels.{scope.pod} }}}}"
    listener = scope.by(scope.pod, "listener")
    insecure = scope.recent(scope.metric(names.LISTENER_INSECURE))
    valid = scope.recent(scope.metric(names.LISTENER_FILES_VALID))
    return (
        Alert(
            name="DriftgaugeListenerInsecure",
            severity=WARNING,
            expr=f"max {listener} ({insecure}) == 1",
            wait="15m",
            why="It is a setting and stays until it is changed; a quarter of an hour leaves time for a roll-back.",
            summary="Other machines can send observations to an exporter without authentication.",
            description=f"The {{{{ $labels.listener }}}} listener of {where} takes observations from whoever reaches it.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
        Alert(
            name="DriftgaugeListenerFilesInvalid",
            severity=WARNING,
            expr=f"min {listener} ({valid}) == 0",
            wait="5m",
            why="A certificate and its key are exchanged within seconds; what is wrong for five minutes was not caught in between.",
            summary="An exporter cannot read its certificates, tokens or users, and goes on with the former ones.",
            description=f"The files that protect the {{{{ $labels.listener }}}} listener of {where} cannot be used; its log says why.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
    )
