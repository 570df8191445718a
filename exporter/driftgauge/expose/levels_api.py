"""Changes of level in the JSON API."""

from __future__ import annotations

from typing import Any

from driftgauge.expose.values import finite
from driftgauge.model import Evaluation, LevelView

__all__ = ["describe_levels"]

Json = dict[str, Any]


def describe_levels(evaluation: Evaluation) -> list[Json]:
    """Return every watched series as each detector sees it; none where none is watched."""
    return [
        {
            "series": level.series,
            "detector": level.detector,
            "state": "warming" if level.warming else "watching",
            "estimate": finite(level.estimate),
            "slots": level.slots,
            "changes": dict(level.changes),
            "last_change": _last(level),
        }
        for level in evaluation.levels
    ]


def _last(level: LevelView) -> Json | None:
    last = level.last
    if last is None:
        return None
    return {
        "found": last.found,
        "since": last.since,
        "direction": last.direction,
        "before": finite(last.before),
        "after": finite(last.after),
    }
