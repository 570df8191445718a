"""Service: what users of a model notice first: errors, latency, and no traffic at all."""

from __future__ import annotations

from alerting.alerts.words import MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.records import series, traffic
from alerting.records.series import at
from alerting.rule import CRITICAL, INFO, WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on the service."""
    return (*_errors(scope), *_latency(scope), _gone(scope), _silent(scope), _nothing(scope))


def _errors(scope: Scope) -> tuple[Alert, ...]:
    limits = scope.settings.limits
    return tuple(
        Alert(
            name="DriftgaugeErrorRatio",
            severity=severity,
            expr=expression(f"""
              {at(series.ERROR_RATIO, "1h")} >= {ratio}
            and {scope.on(*MODEL)}
              {at(series.ERROR_RATIO, "5m")} >= {ratio}
            and {scope.on(*MODEL)}
              {at(series.REQUEST_COUNT, "1h")} >= {limits.least_requests}
            """),
            wait="2m",
            keep="10m",
            why="An hour of requests says that it matters and five minutes that it goes on, so two minutes are enough to "
            "wait; the five minutes end it soon after the errors do.",
            summary="Too many requests to a model fail.",
            description=f"{{{{ $value | humanizePercentage }}}} of the requests to {WHERE} failed in the last hour, and it goes on.",
            dashboard=MODEL_DASHBOARD,
            links=MODEL_LINKS,
        )
        for severity, ratio in ((CRITICAL, limits.error_ratio_critical), (WARNING, limits.error_ratio_warning))
    )


def _latency(scope: Scope) -> tuple[Alert, ...]:
    return tuple(
        _burning(scope, severity, *burn)
        for severity, burns in ((CRITICAL, traffic.PAGING), (WARNING, traffic.BURNS[2:]))
        for burn in burns
    )


def _burning(scope: Scope, severity: str, burn: float, long: str, short: str) -> Alert:
    matcher = f'severity="{severity}"'
    threshold = f"max {scope.by(*MODEL)} ({scope.recent(scope.metric(names.LATENCY_THRESHOLD, matcher))})"
    expr = f"""
      {traffic.slow(long, burn)} > {scope.on(*MODEL)} {threshold}
    and {scope.on(*MODEL)}
      {traffic.slow(short, burn)} > {scope.on(*MODEL)} {threshold}
    and {scope.on(*MODEL)}
      {at(series.REQUEST_COUNT, long)} >= {scope.settings.limits.least_requests}
    """
    percent = round(burn * traffic.BUDGET * 100)
    return Alert(
        name="DriftgaugeLatency",
        severity=severity,
        expr=expression(expr),
        wait="2m",
        keep="10m",
        why="The long window says how much of the budget is gone, the short one that it goes on; that is the waiting.",
        summary="Requests to a model take longer than its objective allows.",
        description=f"{percent} % of the requests to {WHERE} took longer than the objective's threshold over {long} and over "
        f"{short}: the budget of 5 % burns {burn:g} times too fast. The fastest of them took "
        "{{ $value | humanizeDuration }}.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
        labels={"long": long, "short": short},
    )


def _gone(scope: Scope) -> Alert:
    settings, limits = scope.settings, scope.settings.limits
    total, on = f"sum {scope.by('model')}", scope.on("model")
    usual = f"{total} (avg_over_time({series.REQUESTS}[{settings.window('24h')}] offset {settings.time('15m')}))"

    def quiet(before: str) -> str:
        then = f"{total} (avg_over_time({series.REQUESTS}[{settings.window('30m')}] offset {settings.time(before)}))"
        return f"unless {on}\n  {then} < {on} {limits.traffic_dropped_to} * {usual}"

    expr = "\n".join(
        (
            f"  {usual} >= {limits.traffic_least_per_second}",
            f"unless {on}",
            f"  {total} ({series.REQUESTS}) > {on} {limits.traffic_dropped_to} * {usual}",
            quiet("1d"),
            quiet("1w"),
        )
    )
    return Alert(
        name="DriftgaugeTrafficGone",
        severity=CRITICAL,
        expr=expr,
        wait="10m",
        keep="5m",
        why="Five minutes of rate and ten of waiting: at the least traffic that counts (72 requests an hour), a quarter of an "
        "hour without any is e^-18. Hours that were as quiet a day or a week ago do not count.",
        summary="The traffic of a model has gone or dropped to near zero.",
        description="{{ $labels.namespace }}/{{ $labels.model }}, all versions together, has less than "
        f"{limits.traffic_dropped_to * 100:g} % of its usual {{{{ $value | humanize }}}} requests per second (the day's average).",
        dashboard=MODEL_DASHBOARD,
        links=("model",),
    )


def _silent(scope: Scope) -> Alert:
    pods = f"count {scope.by(*MODEL)} ({scope.metric(names.REQUESTS)})"
    own = (
        f"sum {scope.by(scope.pod, *MODEL)} (increase({scope.metric(names.REQUESTS)}[{scope.settings.window('30m')}]))"
    )
    expr = f"""
      {own} == 0
    and {scope.on(*MODEL)}
      {series.REQUESTS} / {scope.on(*MODEL)} {pods} >= {scope.settings.limits.traffic_least_per_second}
    """
    return Alert(
        name="DriftgaugePodSilent",
        severity=WARNING,
        expr=expression(expr),
        wait="15m",
        keep="15m",
        why="Half an hour without one where the average pod has 36 or more is no chance; a new pod gets a quarter of an hour.",
        summary="A pod reports nothing of a model, though its exporter answers and other pods do report.",
        description=f"Pod {{{{ $labels.{scope.pod} }}}} has reported no request of {WHERE} in the last 30 minutes.",
        dashboard="driftgauge-exporter",
        links=(scope.pod,),
    )


def _nothing(scope: Scope) -> Alert:
    return Alert(
        name="DriftgaugeNothingObserved",
        severity=INFO,
        expr=f"max {scope.by(*MODEL)} ({scope.recent(scope.metric(names.REQUESTS))}) == 0",
        wait="1h",
        why="An hour after its start a model that is used has been used.",
        summary="Nothing has ever been observed of a configured model.",
        description=f"No exporter has seen a request of {WHERE} since it started.",
        dashboard=MODEL_DASHBOARD,
        links=MODEL_LINKS,
    )
