"""Proxy: does the traffic behind it arrive, and is it seen?"""

from __future__ import annotations

from alerting.alerts.words import EXPORTER, EXPORTER_LINKS, WHERE_POD
from alerting.rule import CRITICAL, WARNING, Alert
from alerting.scope import Scope, expression
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on the proxy."""
    limits = scope.settings.limits
    failures = tuple(
        _share(
            scope,
            names.PROXY_FAILURES,
            "",
            ratio,
            name="DriftgaugeProxyFailures",
            severity=severity,
            why="Two minutes are longer than a model server's restart of a worker; callers see every failure.",
            wait="2m",
            summary="Requests through the proxy fail at the model server.",
            description="of the requests through the proxy of {where} fail: {{{{ $labels.reason }}}}.",
        )
        for severity, ratio in ((CRITICAL, limits.error_ratio_critical), (WARNING, limits.error_ratio_warning))
    )
    return (
        *failures,
        _share(
            scope,
            names.PROXY_UNOBSERVED,
            'kind="inference"',
            limits.input_lost_ratio,
            name="DriftgaugeProxyUnobserved",
            severity=WARNING,
            why="Ten minutes outlast a burst that fills the memory for copies.",
            wait="10m",
            summary="Inferences pass the proxy without being observed, so its counts are too low.",
            description="of the inferences through the proxy of {where} are not observed: {{{{ $labels.reason }}}}.",
        ),
    )


def _share(
    scope: Scope,
    metric: Metric,
    matchers: str,
    ratio: float,
    *,
    name: str,
    severity: str,
    why: str,
    wait: str,
    summary: str,
    description: str,
) -> Alert:
    """Return the alert on a share of the requests."""
    window = scope.settings.window("5m")
    requests = f"sum {scope.by(scope.pod)} (rate({scope.metric(names.PROXY_REQUESTS, matchers)}[{window}]))"
    expr = f"""
      sum {scope.by(scope.pod, "reason")} ({scope.rate(metric)})
    / {scope.on(scope.pod)} group_left ()
      ({requests} > 0)
    >=
      {ratio}
    """
    return Alert(
        name=name,
        severity=severity,
        expr=expression(expr),
        wait=wait,
        keep="10m",
        why=why,
        summary=summary,
        description="{{ $value | humanizePercentage }} " + description.format(where=WHERE_POD),
        dashboard=EXPORTER,
        links=EXPORTER_LINKS,
    )
