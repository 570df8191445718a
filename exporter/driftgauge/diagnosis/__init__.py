"""Diagnosis: what kind of trouble a model is in, and what may be the reason, from counts alone."""

from driftgauge.diagnosis.cause import Cause
from driftgauge.diagnosis.diagnose import Diagnosis, Finding, diagnose

__all__ = ["Cause", "Diagnosis", "Finding", "diagnose"]
