"""Performance without labels in the JSON API."""

from __future__ import annotations

from typing import Any

from driftgauge.drift.words import by_chance
from driftgauge.expose.values import finite
from driftgauge.model import Evaluation

__all__ = ["describe_performance"]

Json = dict[str, Any]


def describe_performance(evaluation: Evaluation) -> Json:
    """Return the estimates of every window; the evaluation must have some. What is undefined is null."""
    found = evaluation.performance
    assert found is not None
    return {
        "task": found.task,
        "estimates": "accuracy" if found.task == "classification" else "mean_absolute_error",
        "reference": finite(found.reference),
        "windows": {
            window.name: {
                "value": finite(found.value[place]),
                "stderr": finite(found.stderr[place]),
                "evidence": finite(found.evidence[place]),
                "chance": by_chance(float(found.evidence[place])),
                "valid": bool(found.valid[place] == 1),
                "samples": int(found.samples[place]),
            }
            for place, window in enumerate(evaluation.windows)
        },
    }
