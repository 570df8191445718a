"""Generations: what callers of a language model notice: waiting, guessing, refusing, and answers that break off."""

from __future__ import annotations

from alerting.alerts.words import MODEL_LINKS, WHERE
from alerting.rule import CRITICAL, WARNING, Alert
from alerting.scope import MODEL, Scope, expression
from driftgauge import names
from driftgauge.names import Metric

__all__ = ["alerts"]

DASHBOARD = "driftgauge-language-models"
#: the column of an answer's mean token log-probability
LOGPROB = 'feature="llm.mean_logprob", role="output"'


def alerts(scope: Scope) -> tuple[Alert, ...]:
    """Return the alerts on what language models generate."""
    return (*_waiting(scope), _guessing(scope), _refusing(scope), _breaking_off(scope))


def _increase(scope: Scope, metric: Metric, matchers: str = "", suffix: str = "", *, before: str = "") -> str:
    """Return how much a counter has grown in an hour, of all pods."""
    selector = scope.metric(metric, matchers, suffix)
    offset = f" offset {scope.settings.time(before)}" if before else ""
    by = scope.by(*MODEL, *(("le",) if suffix == "_bucket" else ()))
    return f"sum {by} (increase({selector}[{scope.settings.window('1h')}]{offset}))"


def _waiting(scope: Scope) -> tuple[Alert, ...]:
    limits = scope.settings.limits
    quantile = f"histogram_quantile(0.95, {_increase(scope, names.TIME_TO_FIRST_TOKEN, suffix='_bucket')})"
    count = _increase(scope, names.TIME_TO_FIRST_TOKEN, suffix="_count")
    return tuple(
        Alert(
            name="DriftgaugeFirstTokenSlow",
            severity=severity,
            expr=expression(f"""
              {quantile} > {seconds}
            and {scope.on(*MODEL)}
              {count} >= {limits.least_requests}
            """),
            wait="5m",
            keep="10m",
            why="An hour of answers says that it matters; five minutes outlast a burst of long prompts.",
            summary="Callers of a language model wait too long for the first token.",
            description=f"One in twenty streams of {WHERE} took {{{{ $value | humanizeDuration }}}} or more to its first token in "
            "the last hour.",
            dashboard=DASHBOARD,
            links=MODEL_LINKS,
        )
        for severity, seconds in (
            (CRITICAL, limits.first_token_seconds_critical),
            (WARNING, limits.first_token_seconds_warning),
        )
    )


def _guessing(scope: Scope) -> Alert:
    status = f"max {scope.by(*MODEL)} ({scope.recent(scope.metric(names.DRIFT_STATUS, LOGPROB))})"
    shift = f"avg {scope.by(*MODEL)} ({scope.recent(scope.metric(names.DRIFT_MEAN_SHIFT_SIGMA, LOGPROB))})"
    return Alert(
        name="DriftgaugeTokenLogprobDrop",
        severity=WARNING,
        expr=expression(f"""
          {shift} <= -{scope.settings.limits.logprob_shift_sigma}
        and {scope.on(*MODEL)}
          {status} >= 1
        """),
        wait="15m",
        keep="30m",
        why="The column's own status has the evidence; a quarter of an hour covers a pod that has just restarted.",
        summary="A language model is less sure of its tokens than it was.",
        description=f'The mean token log-probability of {WHERE} has moved by {{{{ $value | printf "%.2f" }}}} standard deviations '
        "of the reference.",
        dashboard=DASHBOARD,
        links=MODEL_LINKS,
    )


def _share(scope: Scope, metric: Metric, matchers: str, *, before: str = "") -> str:
    part, whole = _increase(scope, metric, matchers, before=before), _increase(scope, metric, before=before)
    return f"({part} / {scope.on(*MODEL)} ({whole} >= {scope.settings.limits.least_requests}))"


def _refusing(scope: Scope) -> Alert:
    limits = scope.settings.limits
    now = _share(scope, names.GENERATIONS, 'kind="refusal"')
    then = _share(scope, names.GENERATIONS, 'kind="refusal"', before="1d")
    return Alert(
        name="DriftgaugeRefusals",
        severity=WARNING,
        expr=expression(f"""
          {now} >= {limits.refusal_ratio}
        unless {scope.on(*MODEL)}
          {then} * 2 > {scope.on(*MODEL)} {now}
        """),
        wait="10m",
        keep="15m",
        why="The hour has a hundred answers at least; ten minutes outlast one caller's loop.",
        summary="A language model refuses more than it should.",
        description=f"{{{{ $value | humanizePercentage }}}} of the answers of {WHERE} in the last hour are refusals, at least twice "
        "the share of the same hour a day before.",
        dashboard=DASHBOARD,
        links=MODEL_LINKS,
    )


def _breaking_off(scope: Scope) -> Alert:
    return Alert(
        name="DriftgaugeAnswersTruncated",
        severity=WARNING,
        expr=f"""{_share(scope, names.FINISH_REASONS, 'reason="length"')} >= {scope.settings.limits.truncated_ratio}""",
        wait="10m",
        keep="15m",
        why="As for refusals.",
        summary="Answers of a language model are cut off.",
        description=f"{{{{ $value | humanizePercentage }}}} of the answers of {WHERE} in the last hour ended because the number of "
        "tokens was reached.",
        dashboard=DASHBOARD,
        links=MODEL_LINKS,
    )
