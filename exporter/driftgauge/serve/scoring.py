"""Scores rows for anomalies between two holds of the models' lock, so that nothing waits for it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from driftgauge.model import Model

__all__ = ["score_waiting"]


def score_waiting(model: Model, lock: AbstractContextManager[Any], wall: float) -> None:
    """Count what is staged at *wall*, score what waits for that without *lock*, and count the scores."""
    with lock:
        model.flush(wall)
        windows = model.windows
        waiting = None if windows is None else windows.waiting()
    if windows is None or waiting is None:
        return
    scores = waiting.scores()
    with lock:
        windows.score(waiting, scores)
