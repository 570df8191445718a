"""Fleet drift: the counts of all pods added up, then scored; per column and reference.

    counter -> rate per pod -> sum -> hours -> share of each bin -> scores

Rates come first, so that a restarted or a vanished pod is no loss of counts. A bin that nobody exposes counts 0. Without
traffic there is no share, so no score; without a reference there is none either. The hour is for display and for the
catch-all; the day, which has every hour in it, decides. Cost: docs/alerting.md.
"""

from __future__ import annotations

from alerting.records import series
from alerting.records.scores import score_records
from alerting.records.series import Scores, at, windowed
from alerting.rule import Group, Record
from alerting.scope import COLUMN, FLEET, MODEL, Scope, expression
from driftgauge import names

__all__ = ["DAY", "HOUR", "SCORES", "groups"]

HOUR, DAY = "1h", "24h"

SCORES = Scores("fleet")

_ABOUT = "of all pods against the reference"


def groups(scope: Scope) -> tuple[Group, ...]:
    """Return the groups; alerts on the day follow its scores in the same group, so they never see an older value."""
    intervals = scope.settings.intervals
    return (
        Group(
            "driftgauge-fleet-1h",
            intervals.fast,
            (*_rates(scope), *_hour(scope), *_scores(scope, HOUR), _catch_all(scope)),
        ),
        Group(
            "driftgauge-fleet-24h",
            intervals.status,
            (*_limits(scope), *_day(scope), *_scores(scope, DAY), _status(scope)),
        ),
    )


def _rates(scope: Scope) -> tuple[Record, ...]:
    expr = f"""
      sum {scope.by(*FLEET, "bin")} ({scope.rate(names.FEATURE_VALUES)})
    or
      {scope.recent(series.REFERENCE_RATIO)} * 0
    """
    return (windowed(series.VALUE_RATE, "5m", expression(expr), f"values per second in each bin, {_ABOUT}"),)


def _hour(scope: Scope) -> tuple[Record, ...]:
    settings = scope.settings
    fast = settings.intervals.fast
    expr = f"sum_over_time({series.VALUE_RATE}[{settings.span(HOUR, fast)}]) * {settings.seconds(fast):g}"
    return (windowed(SCORES.increase, HOUR, expr, "values in each bin, of all pods"),)


def _limits(scope: Scope) -> tuple[Record, ...]:
    """Record what is the same in every pod, bridging a missed scrape."""
    pairs = f"""
    max {scope.by(*MODEL, "reference")} (
        {scope.recent(scope.metric(names.REFERENCE_INFO))}
      * ignoring (reference, mode) group_left ()
        {scope.recent(scope.metric(names.REFERENCE_SAMPLES))}
    )
    """
    ratios = scope.recent(scope.metric(names.FEATURE_REFERENCE_RATIO))
    thresholds = scope.recent(scope.metric(names.DRIFT_THRESHOLD, f'window=~"{HOUR}|{DAY}"'))
    evidence = scope.recent(scope.metric(names.DRIFT_EVIDENCE_THRESHOLD))
    dispersion = scope.recent(scope.metric(names.DRIFT_DISPERSION, f'window=~"{HOUR}|{DAY}"'))
    return (
        Record(
            series.REFERENCE_RATIO, f"max {scope.by(*FLEET, 'bin')} ({ratios})", "share of each bin in the reference"
        ),
        Record(series.REFERENCE_SAMPLES, expression(pairs), "rows of the reference"),
        Record(
            series.THRESHOLD,
            f"max {scope.by(*COLUMN, 'window', 'severity')} ({thresholds})",
            "debiased distance from which on a column has the severity",
        ),
        Record(
            series.DISPERSION,
            f"max {scope.by(*COLUMN, 'window')} ({dispersion})",
            "factor by which a column's score scatters more widely than with independent rows",
        ),
        Record(
            series.EVIDENCE_THRESHOLD, f"max {scope.by(*MODEL, 'window')} ({evidence})", "evidence that a status needs"
        ),
    )


def _day(scope: Scope) -> tuple[Record, ...]:
    """Record the day as the sum of recorded hours, each of which is counted once for every step in it."""
    settings = scope.settings
    step = settings.intervals.status
    share = settings.seconds(step) / settings.window_seconds(HOUR)
    hours = f"sum_over_time({series.VALUE_HOURLY}[{settings.span(DAY, step)}]) * {share:.15g}"
    return (
        windowed(
            series.VALUE_HOURLY, HOUR, at(SCORES.increase, HOUR), "the hour's values, recorded in steps for the day"
        ),
        windowed(SCORES.increase, DAY, hours, "values in each bin, of all pods"),
    )


def _scores(scope: Scope, window: str) -> tuple[Record, ...]:
    values = at(SCORES.increase, window)
    samples = at(SCORES.samples, window)
    share = f"{values} / {scope.on(*FLEET)} group_left () ({samples} > 0)"
    noise = f"""
      1 / ({samples} > 0)
    + {scope.on(*MODEL, "reference")} group_left ()
      1 / ({scope.recent(series.REFERENCE_SAMPLES)} > 0)
    """
    spread = f"""
        (({samples} > bool 0) * 0 + 1)
      * {scope.on(*COLUMN)} group_left ()
        {scope.recent(at(series.DISPERSION, window))}
    or
      ({samples} > bool 0) * 0 + 1
    """
    return (
        windowed(SCORES.samples, window, f"sum {scope.by(*FLEET)} ({values})", "values of a column, of all pods"),
        windowed(SCORES.current, window, share, "share of each bin, of all pods"),
        windowed(
            SCORES.reference,
            window,
            scope.recent(series.REFERENCE_RATIO),
            "share of each bin in the reference, at the time of the scores",
        ),
        windowed(SCORES.noise, window, expression(noise), "1/n + 1/n_r"),
        windowed(SCORES.spread, window, expression(spread), "dispersion of a column's score, 1 where none is known"),
        *score_records(scope, SCORES, window, FLEET, _ABOUT),
    )


def _reached(scope: Scope, window: str, threshold: str) -> str:
    """Return 1 where a column's score has reached a threshold, else 0."""
    return f"({at(SCORES.debiased, window)} >= bool {scope.on(*COLUMN)} group_left () {threshold})"


def _sure(scope: Scope, window: str) -> str:
    limit = scope.recent(at(series.EVIDENCE_THRESHOLD, window))
    return f"({at(SCORES.evidence, window)} >= bool {scope.on(*MODEL)} group_left () {limit})"


def _status(scope: Scope) -> Record:
    warning, critical = (at(series.THRESHOLD, DAY, f'severity="{severity}"') for severity in ("warning", "critical"))
    expr = f"""
      (
          {_reached(scope, DAY, warning)}
        +
          {_reached(scope, DAY, critical)}
      )
    *
      {_sure(scope, DAY)}
    and
      {at(SCORES.samples, DAY)} >= {scope.settings.limits.fleet_least_samples}
    """
    return windowed(series.STATUS, DAY, expression(expr), "0 ok, 1 warn, 2 alert; no series where it cannot be judged")


def _catch_all(scope: Scope) -> Record:
    """Record the hour's status: only a shift beyond any daily cycle counts."""
    threshold = scope.recent(at(series.THRESHOLD, HOUR, 'severity="critical"'))
    limits = scope.settings.limits
    expr = f"""
      2
    *
      {_reached(scope, HOUR, f"clamp_min({threshold}, {limits.fleet_catch_all})")}
    *
      {_sure(scope, HOUR)}
    and
      {at(SCORES.samples, HOUR)} >= {limits.fleet_least_samples}
    """
    return windowed(series.STATUS, HOUR, expression(expr), "0 ok, 2 alert; no series where it cannot be judged")
