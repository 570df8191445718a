"""Names of the recorded series; nothing else spells one."""

from __future__ import annotations

from alerting.rule import Record
from driftgauge import names

__all__ = ["Scores", "at", "windowed"]

REQUESTS = f"model:{names.PREFIX}requests:rate"
PREDICTIONS = f"model:{names.PREFIX}predictions:rate"
FAILURES = f"model:{names.PREFIX}request_failures:rate"
ERROR_RATIO = f"model:{names.PREFIX}request_failures:ratio"
REQUEST_COUNT = f"model:{names.PREFIX}requests:increase"
BUCKETS = f"model_le:{names.REQUEST_DURATION.name}_bucket:rate"
LATENCY = f"model:{names.REQUEST_DURATION.name}:quantile"

VALUES = f"fleet_bin:{names.PREFIX}feature_values"
VALUE_RATE = f"{VALUES}:rate"
VALUE_HOURLY = f"{VALUES}:hourly"
REFERENCE_RATIO = f"fleet_bin:{names.FEATURE_REFERENCE_RATIO.name}:max"
REFERENCE_SAMPLES = f"fleet:{names.REFERENCE_SAMPLES.name}:max"
THRESHOLD = f"fleet:{names.DRIFT_THRESHOLD.name}:max"
EVIDENCE_THRESHOLD = f"fleet:{names.DRIFT_EVIDENCE_THRESHOLD.name}:max"
DISPERSION = f"fleet:{names.DRIFT_DISPERSION.name}:max"
STATUS = f"fleet:{names.DRIFT_STATUS.name}:max"

MISSING = f"fleet:{names.FEATURE_MISSING_RATIO.name}:avg"
UNSEEN = f"fleet:{names.FEATURE_UNSEEN_RATIO.name}:avg"
OUT_OF_RANGE = f"fleet:{names.FEATURE_OUT_OF_RANGE_RATIO.name}:avg"
CONFIDENCE = f"fleet:{names.CONFIDENCE_TOP1_RATIO.name}:avg"

LABELLED = f"fleet:{names.LABELLED_SAMPLES.name}:sum"
CALIBRATED = f"fleet:{names.CALIBRATION_SAMPLES.name}:sum"
ACCURACY = f"fleet:{names.ACCURACY_RATIO.name}:avg"
ACCURACY_EVIDENCE = f"fleet:{names.ACCURACY_DROP_EVIDENCE.name}:sum"
ERRORS = f"fleet:{names.MEAN_ABSOLUTE_ERROR.name}:avg"
MISCALIBRATION = f"fleet:{names.PREFIX}calibration_error_excess:avg"

STABLE = f"version:{names.PREFIX}feature_values:stable"


class Scores:
    """The series of one comparison of two distributions; *level* is `fleet` or `canary`."""

    def __init__(self, level: str) -> None:
        values = f"{level}_bin:{names.PREFIX}feature_values"
        self.increase = f"{values}:increase"
        self.current = f"{values}:ratio"
        self.reference = f"{level}_bin:{names.FEATURE_REFERENCE_RATIO.name}:ratio"
        self.samples = f"{level}:{names.DRIFT_SAMPLES.name}:sum"
        self.noise = f"{level}:{names.PREFIX}drift_inverse_samples:sum"
        self.degrees = f"{level}:{names.PREFIX}drift_degrees:count"
        self.divergence = f"{level}:{names.PREFIX}drift_divergence:sum"
        self.distance = f"{level}:{names.DRIFT_JS_DISTANCE.name}:sum"
        self.psi = f"{level}:{names.DRIFT_PSI.name}:sum"
        self.floor = f"{level}:{names.DRIFT_NOISE_FLOOR.name}:sum"
        self.debiased = f"{level}:{names.DRIFT_DEBIASED.name}:sum"
        self.spread = f"{level}:{names.PREFIX}drift_spread:max"
        self.deviate = f"{level}:{names.PREFIX}drift_deviate:sum"
        self.evidence = f"{level}:{names.DRIFT_EVIDENCE.name}:sum"


def at(name: str, window: str, matchers: str = "") -> str:
    """Return the selector of a series in a window."""
    inside = ", ".join(filter(None, (f'window="{window}"', matchers)))
    return f"{name}{{{inside}}}"


def windowed(name: str, window: str, expr: str, about: str, **labels: str) -> Record:
    """Make a record whose series carry their window."""
    return Record(name, expr, about, {"window": window, **labels})
