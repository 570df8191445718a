"""Scores: expressions for drift, of the fleet where the rules record it, else of the pod in the middle.

The fleet's score rests on the counts of all pods added up (1 h and 24 h). Other windows, and references that every pod has
learned by itself, have the pods' own scores only; their median is one pod's honest score, which their mean would not be.
"""

from __future__ import annotations

from alerting.records import fleet, series
from alerting.records.series import Scores
from dashboards.where import Where
from driftgauge import names

__all__ = [
    "CANARY",
    "FLEET",
    "debiased",
    "distance",
    "drifted_seconds",
    "evidence",
    "floor",
    "psi",
    "samples",
    "status",
    "threshold",
]

#: between two looks at a status; ten minutes in a week are a thousand
STEP_SECONDS = 600

FLEET, CANARY = fleet.SCORES, Scores("canary")


def distance(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the distance as measured, noise included."""
    return _either(where, FLEET.distance, names.DRIFT_JS_DISTANCE, by, fixed)


def debiased(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the distance without the share of the noise."""
    return _either(where, FLEET.debiased, names.DRIFT_DEBIASED, by, fixed)


def floor(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the distance that noise alone explains."""
    return _either(where, FLEET.floor, names.DRIFT_NOISE_FLOOR, by, fixed)


def evidence(where: Where, *by: str, **fixed: str | None) -> str:
    """Return how sure it is, -log10 p."""
    return _either(where, FLEET.evidence, names.DRIFT_EVIDENCE, by, fixed)


def samples(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the rows that a score rests on."""
    return _either(where, FLEET.samples, names.DRIFT_SAMPLES, by, fixed)


def psi(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the population stability index of the day."""
    return _either(where, FLEET.psi, names.DRIFT_PSI, by, {"window": fleet.DAY, **fixed})


def status(where: Where, *by: str, **fixed: str | None) -> str:
    """Return the status: the day's, the hour's where that alerts, else the worst of the pods' own."""
    labels = f"max by ({', '.join(by)})"
    day = where.recorded(series.STATUS, window=fleet.DAY, **fixed)
    hour = where.recorded(series.STATUS, window=fleet.HOUR, **fixed)
    own = where.metric(names.DRIFT_STATUS, **fixed)
    return f"{labels} ({day} or {hour} == 2) or {labels} ({own})"


def drifted_seconds(where: Where, *by: str) -> str:
    """Return how long in the time range the day's status was a warning or an alert."""
    day = where.recorded(series.STATUS, window=fleet.DAY)
    return f"max by ({', '.join(by)}) (sum_over_time(({day} >= bool 1)[$__range:{STEP_SECONDS}s])) * {STEP_SECONDS}"


def threshold(where: Where, severity: str, *by: str, **fixed: str | None) -> str:
    """Return the debiased distance from which on a column has a severity."""
    return f"max by ({', '.join(by)}) ({where.metric(names.DRIFT_THRESHOLD, severity=severity, **fixed)})"


def _either(
    where: Where, recorded: str, metric: names.Metric, by: tuple[str, ...], fixed: dict[str, str | None]
) -> str:
    labels = f"by ({', '.join(by)})"
    own = where.metric(metric, **fixed)
    return f"max {labels} ({where.recorded(recorded, **fixed)}) or quantile {labels} (0.5, {own})"
