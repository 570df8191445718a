"""Tokens of texts in the JSON API."""

from __future__ import annotations

from typing import Any

from driftgauge.drift.words import by_chance
from driftgauge.expose.values import STATUSES, finite
from driftgauge.model import Evaluation

__all__ = ["describe_tokens"]

Json = dict[str, Any]


def describe_tokens(evaluation: Evaluation) -> Json:
    """Return the distances by text and window of time; the evaluation must have some. What is undefined is null."""
    found = evaluation.tokens
    assert found is not None
    return {
        name: {
            window.name: {
                "debiased": finite(found.debiased[row, place]),
                "noise_floor": finite(found.noise_floor[row, place]),
                "evidence": finite(found.evidence[row, place]),
                "chance": by_chance(float(found.evidence[row, place])),
                "overlap_ratio": finite(found.overlap[row, place]),
                "top": int(found.top[row, place]),
                "samples": int(found.samples[row, place]),
                "status": STATUSES[int(found.status[row, place])],
            }
            for row, window in enumerate(evaluation.windows)
            if not window.rows
        }
        for place, name in enumerate(found.names)
    }
