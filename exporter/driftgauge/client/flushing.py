"""Flushing: callers that wait until what they logged was answered, and whether all of it was taken."""

from __future__ import annotations

import threading

__all__ = ["Flush", "Flushes"]


class Flush(threading.Event):
    """Set when everything was answered; `whole` tells then whether nothing was lost since the flush before."""

    whole = False
    given_up = False

    def wait_whole(self, timeout: float) -> bool:
        """Wait for at most *timeout* seconds; tell whether everything was answered, and nothing lost."""
        self.given_up = not self.wait(timeout)
        return not self.given_up and self.whole


class Flushes:
    """The callers that wait; of the thread, like the count of what was lost."""

    def __init__(self) -> None:
        self._waiting: list[Flush] = []
        self._lost_before = 0

    def add(self, flush: Flush) -> None:
        """Let a caller wait."""
        self._waiting.append(flush)

    def answer(self, lost: int) -> None:
        """Let all of them go on; *lost* is how many rows and labels were lost since the beginning."""
        waiting = [flush for flush in self._waiting if not flush.given_up]
        self._waiting.clear()
        for flush in waiting:
            flush.whole = lost == self._lost_before
            flush.set()
        if waiting:  # else nobody was told
            self._lost_before = lost
