"""Segments in the JSON API: one record a segment, one entry a column."""

from __future__ import annotations

from typing import Any

from driftgauge.drift.words import by_chance
from driftgauge.expose.values import STATUSES, finite
from driftgauge.model import SegmentScores

__all__ = ["describe_segments"]


def describe_segments(segments: SegmentScores) -> list[dict[str, Any]]:
    """Return what is known of each segment."""
    return [
        {
            "segment": name,
            "against": segments.against[number],
            "evidence_threshold": finite(segments.evidence_threshold),
            "columns": [_column(segments, number, column) for column in range(len(segments.columns))],
        }
        for number, name in enumerate(segments.names)
    ]


def _column(segments: SegmentScores, segment: int, column: int) -> dict[str, Any]:
    place, scores = (segment, column), segments.scores
    return {
        "feature": segments.columns[column].name,
        "role": segments.columns[column].role,
        "status": STATUSES[int(segments.status[place])],
        "js_distance": finite(scores.score[place]),
        "noise_floor": finite(scores.noise_floor[place]),
        "debiased": finite(scores.debiased[place]),
        "evidence": finite(scores.evidence[place]),
        "chance": by_chance(float(scores.evidence[place])),
        "samples": finite(scores.samples[place]),
    }
