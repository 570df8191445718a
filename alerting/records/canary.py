"""Version against version: a canary against the version with the most traffic, over the time that both have run.

Two versions are compared where they have the same reference, so the same bins; their inputs should then be the same, and
a difference in outputs is the models' own. What is recorded is each pair's rates while the canary has traffic, so the
hours before it, and the daily cycle, never enter. Nothing is recorded while there is one version.
"""

from __future__ import annotations

from alerting.records import series
from alerting.records.fleet import DAY, SCORES
from alerting.records.scores import score_records
from alerting.records.series import Scores, at, windowed
from alerting.rule import Group, Record
from alerting.scope import FLEET, MODEL, Scope, expression

__all__ = ["CANARY", "WINDOW", "groups", "stable"]

#: a canary is decided on within hours, and 5 % of 10 requests a second are 10,000 rows in six of them
WINDOW = "6h"

CANARY = Scores("canary")

_RATE = CANARY.increase.removesuffix("increase") + "rate"
_BASELINE_RATE = CANARY.increase.removesuffix("increase") + "baseline_rate"
_BASELINE = CANARY.increase.removesuffix("increase") + "baseline_increase"
_BASELINE_SAMPLES = CANARY.samples.removesuffix("sum") + "baseline"

_PAIR = (*FLEET, "baseline")
_ABOUT = "of a version against the stable one"


def stable(scope: Scope) -> Record:
    """Record which version of a model has the most values in a day: that one is stable."""
    values = at(SCORES.samples, DAY)
    expr = f"topk {scope.by('model', 'reference')} (1, max {scope.by(*MODEL, 'reference')} ({values}))"
    return Record(series.STABLE, expr, "values of the stable version of a model")


def groups(scope: Scope) -> tuple[Group, ...]:
    """Return the group of the comparison."""
    return (
        Group("driftgauge-canary", scope.settings.intervals.fast, (*_pairs(scope), *_counts(scope), *_scores(scope))),
    )


def _pairs(scope: Scope) -> tuple[Record, ...]:
    version = scope.on(*MODEL, "reference")
    canary = f"""
      (
          {series.VALUE_RATE}
        unless {version}
          {series.STABLE}
        and {scope.on(*FLEET)}
          sum {scope.by(*FLEET)} ({series.VALUE_RATE}) > 0
      )
    * {scope.on("model", "reference")} group_left (baseline)
      label_replace({series.STABLE} > bool 0, "baseline", "$1", "version", "(.+)")
    """
    baseline = f"""
      ({_RATE} * 0 + 1)
    * {scope.on("model", "feature", "role", "reference", "bin")} group_left ()
      sum {scope.by("model", "feature", "role", "reference", "bin")} ({series.VALUE_RATE} and {version} {series.STABLE})
    """
    return (
        windowed(_RATE, "5m", expression(canary), "values per second in each bin, of a version beside the stable one"),
        windowed(
            _BASELINE_RATE, "5m", expression(baseline), "values per second in each bin, of the stable one meanwhile"
        ),
    )


def _counts(scope: Scope) -> tuple[Record, ...]:
    settings = scope.settings
    fast = settings.intervals.fast
    span, step = settings.span(WINDOW, fast), settings.seconds(fast)
    return tuple(
        windowed(name, WINDOW, f"sum_over_time({rate}[{span}]) * {step:g}", f"values in each bin, {about}")
        for name, rate, about in (
            (CANARY.increase, _RATE, "of a version beside the stable one"),
            (_BASELINE, _BASELINE_RATE, "of the stable one meanwhile"),
        )
    )


def _scores(scope: Scope) -> tuple[Record, ...]:
    values, before = at(CANARY.increase, WINDOW), at(_BASELINE, WINDOW)
    samples, others = at(CANARY.samples, WINDOW), at(_BASELINE_SAMPLES, WINDOW)
    total, each = f"sum {scope.by(*_PAIR)}", f"{scope.on(*_PAIR)} group_left ()"
    return (
        windowed(
            CANARY.samples, WINDOW, f"{total} ({values})", "values of a column, of a version beside the stable one"
        ),
        windowed(_BASELINE_SAMPLES, WINDOW, f"{total} ({before})", "values of a column, of the stable one meanwhile"),
        windowed(CANARY.current, WINDOW, f"{values} / {each} ({samples} > 0)", "share of each bin, of a version"),
        windowed(
            CANARY.reference, WINDOW, f"{before} / {each} ({others} > 0)", "share of each bin, of the stable version"
        ),
        windowed(CANARY.noise, WINDOW, f"1 / ({samples} > 0) + 1 / ({others} > 0)", "1/n + 1/n_r"),
        windowed(
            CANARY.spread,
            WINDOW,
            f"({samples} > bool 0) * 0 + 1",
            "1: what scatters both versions alike is no difference",
        ),
        *score_records(scope, CANARY, WINDOW, _PAIR, _ABOUT),
    )
