"""A token bucket: so many requests at once, and one more after each interval. Two numbers of state."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Bucket"]


class Bucket:
    """Says whether a request may pass.

    Args:
        interval_seconds: until one more may; 0: any number may.
        burst: that may at once.
        clock: monotonic seconds.
    """

    def __init__(self, interval_seconds: float, burst: int, clock: Callable[[], float]) -> None:
        self.interval_seconds = interval_seconds
        self.burst = burst
        self._clock = clock
        self._level = float(burst)
        self._filled = clock()

    def take(self) -> bool:
        """Let one request pass, or not."""
        if not self.interval_seconds:
            return True
        now = self._clock()
        self._level = min(self._level + (now - self._filled) / self.interval_seconds, float(self.burst))
        self._filled = now
        if self._level < 1:
            return False
        self._level -= 1
        return True
