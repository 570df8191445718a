"""Anomalies in the JSON API."""

from __future__ import annotations

from typing import Any

from driftgauge.drift.words import by_chance
from driftgauge.expose.values import finite
from driftgauge.model import Evaluation

__all__ = ["describe_anomalies"]

Json = dict[str, Any]


def describe_anomalies(evaluation: Evaluation) -> Json:
    """Return the shares by window; the evaluation must have some. What is undefined is null."""
    found, scoring = evaluation.anomalies, evaluation.reference.profile.spec.scoring
    assert found is not None
    assert scoring is not None
    return {
        "kind": scoring.detector.scorer.kind,
        "columns": list(scoring.detector.standard.columns),
        "threshold": scoring.detector.threshold,
        "reference_ratio": finite(found.reference_ratio),
        "windows": {
            window.name: {
                "ratio": finite(found.ratio[row]),
                "evidence": finite(found.evidence[row]),
                "chance": by_chance(float(found.evidence[row])),
                "samples": int(found.samples[row]),
            }
            for row, window in enumerate(evaluation.windows)
        },
    }
