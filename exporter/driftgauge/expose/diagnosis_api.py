"""A diagnosis as plain values: answers to four questions, and likely causes with their evidence, in order."""

from __future__ import annotations

from typing import Any

from driftgauge.diagnosis import Cause, Diagnosis
from driftgauge.expose.values import finite

__all__ = ["describe_diagnosis"]

Json = dict[str, Any]


def describe_diagnosis(diagnosis: Diagnosis) -> Json:
    """Return what was found; undefined figures are null."""
    return {
        "findings": [{"question": one.question, "answer": one.answer, "said": one.said} for one in diagnosis.findings],
        "causes": [_cause(cause) for cause in diagnosis.causes],
        "more_causes": diagnosis.more,
    }


def _cause(cause: Cause) -> Json:
    return {
        "cause": cause.name,
        "title": cause.title,
        "said": cause.said,
        "check": cause.check,
        "columns": [{"feature": feature, "role": role} for role, feature in cause.columns],
        "figures": {
            name: finite(value) if isinstance(value, float) else value for name, value in cause.figures.items()
        },
    }
