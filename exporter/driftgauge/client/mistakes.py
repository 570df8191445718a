"""Mistakes in arguments: each kind is told once, by the thread, to the logger `driftgauge.client`.

Guarantee: noting one never raises and never waits; a log handler that blocks or fails cannot reach the caller. Memory: 64
kinds; what comes after is not told.
"""

from __future__ import annotations

import contextlib
import logging
from collections import deque

__all__ = ["Mistakes"]

LOGGER = logging.getLogger("driftgauge.client")

_MOST = 64


class Mistakes:
    """Collects mistakes until the thread reports them."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._waiting: deque[str] = deque()

    def __call__(self, kind: str, message: str) -> None:
        """Note a mistake; only the first of its kind is kept."""
        if kind not in self._seen and len(self._seen) < _MOST:
            self._seen.add(kind)
            self._waiting.append(message[:500])

    def report(self) -> None:
        """Log what was noted since the last time."""
        while self._waiting:
            with contextlib.suppress(Exception):  # a handler that fails must not end the thread
                LOGGER.warning("%s (said once)", self._waiting.popleft())

    def trouble(self, error: Exception) -> None:
        """Log an error of the client's own."""
        with contextlib.suppress(Exception):
            LOGGER.error("an error of the client's own; rows may be lost", exc_info=error)
