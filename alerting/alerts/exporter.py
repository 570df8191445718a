"""The exporters themselves: when they are blind, everything else is silent for the wrong reason."""

from __future__ import annotations

from alerting.alerts.words import EXPORTER, MODEL_DASHBOARD, MODEL_LINKS, WHERE
from alerting.rule import CRITICAL, INFO, WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["alerts"]


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on the exporters."""
    return (
        *_down(scope),
        _pod_down(scope),
        *_configuration(scope),
        *_input(scope),
        _collect(scope),
        *_time(scope),
        _suppressed(scope),
    )


def _where(scope: Scope) -> str:
    return f"{{{{ $labels.namespace }}}}/{{{{ $labels.{scope.pod} }}}}"


def _up(scope: Scope) -> str:
    return f"avg_over_time(up{{{scope.settings.up_selector}}}[{scope.settings.window('5m')}])"


def _down(scope: Scope) -> tuple[Alert, ...]:
    limits = scope.settings.limits
    return tuple(
        Alert(
            name="DriftgaugeExporterDown",
            severity=severity,
            expr=f"1 - avg {scope.by('job')} ({_up(scope)}) >= {share}",
            wait="5m",
            keep="5m",
            why="The share is over five minutes already; five more outlast a rollout's restarts.",
            summary="Exporters do not answer, so their models are not watched.",
            description="{{ $value | humanizePercentage }} of the scrapes of {{ $labels.job }} in {{ $labels.namespace }} "
            "failed in the last five minutes.",
            dashboard=EXPORTER,
        )
        for severity, share in ((CRITICAL, limits.pods_down_critical), (WARNING, limits.pods_down_warning))
    )


def _pod_down(scope: Scope) -> Alert:
    return Alert(
        name="DriftgaugeExporterPodDown",
        severity=INFO,
        expr=f"max {scope.by(scope.pod)} ({_up(scope)}) == 0",
        wait="1m",
        why="No scrape for five minutes; it silences the other alerts of the pod, so it comes early.",
        summary="One exporter does not answer.",
        description=f"No scrape of {_where(scope)} has succeeded for five minutes.",
        dashboard=EXPORTER,
        links=(scope.pod,),
    )


def _configuration(scope: Scope) -> tuple[Alert, ...]:
    valid, success = (
        f"max {scope.by(scope.pod)} ({scope.recent(scope.metric(metric))})"
        for metric in (names.CONFIG_VALID, names.CONFIG_RELOAD_SUCCESS)
    )
    why = "Nothing mends a configuration by itself; five minutes leave time for a roll-back."
    return (
        Alert(
            name="DriftgaugeConfigInvalid",
            severity=WARNING,
            expr=f"{valid} == 0",
            wait="5m",
            why=why,
            summary="An exporter runs with an invalid configuration and watches little or nothing.",
            description=f"The configuration of {_where(scope)} is invalid; its log says why.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
        Alert(
            name="DriftgaugeReloadFailed",
            severity=WARNING,
            expr=f"{success} == 0 and {valid} == 1",
            wait="5m",
            why=why,
            summary="An exporter could not take a new configuration and runs with the old one.",
            description=f"The last reload of the configuration of {_where(scope)} failed; its log says why.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
    )


def _input(scope: Scope) -> tuple[Alert, ...]:
    why = "Ten minutes outlast a burst that the senders' retries make good."
    return (
        Alert(
            name="DriftgaugeInputDropped",
            severity=WARNING,
            expr=_lost(scope, names.INGEST_DROPPED, names.INGEST_BATCHES),
            wait="10m",
            keep="10m",
            why=why,
            summary="An exporter refuses whole bodies of observations, so its counts are too low.",
            description=f"{_where(scope)} refuses {{{{ $value | humanizePercentage }}}} of the bodies sent to it: {{{{ $labels.reason }}}}.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
        Alert(
            name="DriftgaugeRowsRejected",
            severity=WARNING,
            expr=_lost(scope, names.INGEST_REJECTED_ROWS, names.INGEST_ROWS),
            wait="10m",
            keep="10m",
            why=why,
            summary="An exporter cannot use some of the rows sent to it.",
            description=f"{_where(scope)} cannot use {{{{ $value | humanizePercentage }}}} of the rows sent to it: {{{{ $labels.reason }}}}.",
            dashboard=EXPORTER,
            links=(scope.pod,),
        ),
    )


def _lost(scope: Scope, lost: Metric, taken: Metric) -> str:
    pod = scope.by(scope.pod)
    return expression(f"""
      sum {scope.by(scope.pod, "reason")} ({scope.rate(lost)})
    / {scope.on(scope.pod)} group_left ()
      (sum {pod} ({scope.rate(lost)}) + sum {pod} ({scope.rate(taken)}))
    >=
      {scope.settings.limits.input_lost_ratio}
    """)


def _collect(scope: Scope) -> Alert:
    errors = f"increase({scope.metric(names.COLLECT_ERRORS)}[{scope.settings.time('15m')}])"
    return Alert(
        name="DriftgaugeCollectErrors",
        severity=WARNING,
        expr=f"sum {scope.by(scope.pod)} ({errors}) > 2",
        wait="5m",
        why="An evaluation every 15 seconds makes 60 in a quarter of an hour; more than two that fail are not one odd moment.",
        summary="An exporter fails to evaluate a model, so scores are old or absent.",
        description=f"{{{{ $value | humanize }}}} evaluations or renderings of {_where(scope)} failed in 15 minutes; its log says why.",
        dashboard=EXPORTER,
        links=(scope.pod,),
    )


def _time(scope: Scope) -> tuple[Alert, ...]:
    words = {
        "late": (
            "DriftgaugeLateData",
            "Observations of a model come too late to be counted.",
            "are older than the allowed lateness and left out",
        ),
        "future": (
            "DriftgaugeClockSkew",
            "Observations of a model are dated in the future, so a clock is wrong.",
            "are dated ahead of the exporter's clock and left out",
        ),
    }
    rows = f"sum {scope.by(scope.pod, *MODEL)} ({scope.rate(names.PREDICTIONS)})"
    return tuple(
        Alert(
            name=name,
            severity=WARNING,
            expr=expression(f"""
              sum {scope.by(scope.pod, *MODEL)} ({_late(scope, reason)}) / ({rows} > 0)
            >=
              {scope.settings.limits.late_ratio}
            """),
            wait="15m",
            keep="15m",
            why="A sender that catches up after an interruption is done within a quarter of an hour.",
            summary=summary,
            description=f"{{{{ $value | humanizePercentage }}}} of the rows of {WHERE} in pod {{{{ $labels.{scope.pod} }}}} {what}.",
            dashboard=MODEL_DASHBOARD,
            links=MODEL_LINKS,
        )
        for reason, (name, summary, what) in words.items()
    )


def _late(scope: Scope, reason: str) -> str:
    matcher = f'reason="{reason}"'
    return f"rate({scope.metric(names.LATE_OBSERVATIONS, matcher)}[{scope.settings.window('5m')}])"


def _suppressed(scope: Scope) -> Alert:
    return Alert(
        name="DriftgaugeSeriesSuppressed",
        severity=WARNING,
        expr=f"max {scope.by(scope.pod, 'reason')} ({scope.recent(scope.metric(names.SERIES_SUPPRESSED))}) > 0",
        wait="15m",
        why="What is cut depends on the configuration and stays cut until it changes; there is no hurry.",
        summary="An exporter leaves series out because of a limit.",
        description=f"{_where(scope)} has left out {{{{ $value }}}} series: {{{{ $labels.reason }}}}.",
        dashboard=EXPORTER,
        links=(scope.pod,),
    )
