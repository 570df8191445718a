"""Buffer: what callers have logged and the thread has not taken yet.

Guarantee: no lock. `append` and `popleft` of a deque are atomic, so callers never wait for each other or for the thread,
and logging from a signal handler or a finalizer cannot deadlock. The sums are changed by `x += n` on plain attributes:
between its load and its store CPython hands the interpreter lock to nobody.
Memory: `limit` bytes, by an estimate that counts the overhead of Python objects, plus one entry for each calling thread.
"""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["CLOSED", "Buffer"]

#: the limit of a buffer that takes nothing: not started yet, or closed
CLOSED = -1


class Buffer:
    """A queue bounded in bytes, with sums that only grow.

    Attributes:
        append: append an (entry, size) pair; add the size to `added` first.
        added: bytes that callers appended.
        taken: bytes that the thread took.
        limit: most bytes that may wait; `CLOSED` sends every caller the slow way.
        in_flight: requests that have begun and not ended.
        lost_requests: requests that found no room; `lost_rows` of them were predictions.
        lost_rows: rows that found no room, of requests that went well.
        lost_failures: failed requests that found no room.
        full: rows that found no room, `too_large` those that never would, `closed` those after the end.
        invalid: rows whose arguments could not be used.
    """

    __slots__ = (
        "_entries",
        "added",
        "append",
        "closed",
        "full",
        "in_flight",
        "invalid",
        "limit",
        "lost_failures",
        "lost_labels",
        "lost_requests",
        "lost_rows",
        "taken",
        "too_large",
    )

    def __init__(self) -> None:
        self._entries: deque[tuple[Any, int]] = deque()
        self.append = self._entries.append
        self.forget()

    def forget(self) -> None:
        """Become empty, as a forked child must: its parent sends what is waiting."""
        self._entries.clear()
        self.limit = CLOSED
        self.added = self.taken = 0
        self.in_flight = 0
        self.lost_requests = self.lost_rows = self.lost_failures = self.lost_labels = 0
        self.full = self.too_large = self.closed = self.invalid = 0

    def take(self, most: int, most_bytes: int) -> list[Any]:
        """Return up to *most* entries, fewer when they hold more than *most_bytes*."""
        taken: list[Any] = []
        held = 0
        while self._entries and len(taken) < most and held < most_bytes:
            entry, size = self._entries.popleft()
            taken.append(entry)
            held += size
        self.taken += held
        return taken

    @property
    def held(self) -> int:
        """Bytes that wait."""
        return self.added - self.taken

    def __len__(self) -> int:
        return len(self._entries)
