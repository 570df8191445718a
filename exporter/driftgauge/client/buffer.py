"""Buffer: what callers have logged and the thread has not taken yet.

Guarantee: no lock. `append` and `popleft` of a deque are atomic, so callers never wait for each other or for the thread,
and logging from a signal handler or a finalizer cannot deadlock. The sums are changed by `x += n` on plain attributes:
between its load and its store CPython hands the interpreter lock to nobody.
Memory: `limit` bytes, by an estimate that counts the overhead of Python objects, plus one entry for each calling thread.
"""

from __future__ import annotations

from collections import deque
from typing import Any

__all__ = ["Buffer"]

#: the thread is woken when this share of the limit waits
_CALM_SHARE = 4
#: packed rows are converted faster than others, so that many more are taken at a time
_PACKED_MORE = 4


class Buffer:
    """A queue bounded in bytes, with sums that only grow. An entry is a tuple that ends with its size, or has a `size`.

    Args:
        limit: most bytes that may wait.

    Attributes:
        append: append an entry; take its size off `calm` first.
        calm: bytes that may be added without a second thought; below, there may be no thread yet, or it is to be woken.
        limit: most bytes that may wait; 0 once nothing is taken any more.
        woken: whether the thread was woken since it took something last.
        in_flight: requests that have begun and not ended.
        lost_requests: requests that found no room.
        lost_rows: predictions that found no room.
        lost_failures: failed requests that found no room.
        lost_labels: labels that found no room.
        full: rows that found no room.
        too_large: rows that never would, because one call is larger than the buffer.
        closed: rows that came after the end.
        invalid: calls whose arguments could not be used.
        invalid_labels: labels that could not be used.
    """

    __slots__ = (
        "_entries",
        "_granted",
        "append",
        "calm",
        "closed",
        "full",
        "in_flight",
        "invalid",
        "invalid_labels",
        "limit",
        "lost_failures",
        "lost_labels",
        "lost_requests",
        "lost_rows",
        "too_large",
        "woken",
    )

    def __init__(self, limit: int) -> None:
        self._entries: deque[Any] = deque()
        self.append = self._entries.append
        self.forget(limit)

    def forget(self, limit: int) -> None:
        """Become empty, as a forked child must: its parent sends what is waiting."""
        self._entries.clear()
        self.limit = limit
        self._granted = self.calm = 0
        self.woken = False
        self.in_flight = 0
        self.lost_requests = self.lost_rows = self.lost_failures = self.lost_labels = 0
        self.full = self.too_large = self.closed = self.invalid = self.invalid_labels = 0

    def calm_down(self) -> None:
        """Let callers append without a second thought: there is a thread."""
        self._granted = self.limit // _CALM_SHARE
        self.calm += self._granted

    def close(self) -> None:
        """Take nothing more; what waits stays for the thread."""
        self.limit = 0
        self.calm -= 2**62
        self._granted -= 2**62

    def has_room(self, size: int) -> bool:
        """Tell whether an entry of this size fits."""
        return self.held + size <= self.limit

    def take(self, most: int, most_bytes: int) -> tuple[list[Any], bool]:
        """Return up to *most* entries, fewer when they hold more than *most_bytes*; of packed rows four times as many.

        Also tell whether all of them are packed rows.
        """
        entries, held, left, least = self._entries, 0, most_bytes * _PACKED_MORE, most_bytes // most
        taken: list[Any] = []
        packed = 0
        while entries and left > 0:
            entry = entries.popleft()
            taken.append(entry)
            if type(entry) is tuple and type(entry[4]) is not int:
                size = entry[5]
                left -= size if size > least else least  # noqa: FURB136 - a call of max would double the time
                packed += 1
            else:
                size = entry[5] if type(entry) is tuple else entry.size
                left -= max(size, least) * _PACKED_MORE
            held += size
        self.calm += held
        self.woken = False
        return taken, packed == len(taken)

    @property
    def held(self) -> int:
        """Bytes that wait."""
        return self._granted - self.calm

    def __len__(self) -> int:
        return len(self._entries)
