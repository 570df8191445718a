"""Mean embeddings in the JSON API."""

from __future__ import annotations

from typing import Any

from driftgauge.drift.words import by_chance
from driftgauge.expose.values import STATUSES, finite
from driftgauge.model import Evaluation

__all__ = ["describe_embedding_changes", "describe_embeddings"]

Json = dict[str, Any]


def describe_embeddings(evaluation: Evaluation) -> Json:
    """Return the distances by embedding and window; the evaluation must have some. What is undefined is null."""
    found = evaluation.embeddings
    assert found is not None
    return {
        name: {
            window.name: {
                "mmd_relative": finite(found.relative[row, place]),
                "noise_floor": finite(found.noise_floor[row, place]),
                "evidence": finite(found.evidence[row, place]),
                "chance": by_chance(float(found.evidence[row, place])),
                "samples": int(found.samples[row, place]),
                "status": STATUSES[int(found.status[row, place])],
            }
            for row, window in enumerate(evaluation.windows)
        }
        for place, name in enumerate(found.names)
    }


def describe_embedding_changes(evaluation: Evaluation) -> Json:
    """Return the distances from the model's own past by embedding and mode; empty before the first full hour."""
    changes = evaluation.embedding_changes
    return {
        name: {
            change.mode: {
                "window": change.window.name,
                "mmd_relative": finite(change.relative[place]),
                "noise_floor": finite(change.noise_floor[place]),
                "evidence": finite(change.evidence[place]),
                "chance": by_chance(float(change.evidence[place])),
                "samples": int(change.samples[place]),
            }
            for change in changes
        }
        for place, name in enumerate(changes[0].names if changes else ())
    }
