"""Losses: what callers could not append, as totals and as drops by reason.

Callers only add to sums of the buffer, without a lock; the thread counts each difference once.
"""

from __future__ import annotations

from driftgauge.client.buffer import Buffer
from driftgauge.client.tally import Tally

__all__ = ["Losses"]

_SUMS = (
    "lost_requests",
    "lost_rows",
    "lost_failures",
    "lost_labels",
    "full",
    "too_large",
    "closed",
    "invalid",
    "invalid_labels",
)


class Losses:
    """What has been counted already of a buffer that is new."""

    def __init__(self) -> None:
        self._seen = dict.fromkeys(_SUMS, 0)

    def count(self, buffer: Buffer, tally: Tally) -> None:
        """Add what was lost since the last time to *tally*."""
        now = {name: getattr(buffer, name) for name in _SUMS}
        if now == self._seen:
            return
        lost = {name: now[name] - self._seen[name] for name in _SUMS}
        self._seen = now
        tally.requests += lost["lost_requests"]
        tally.predictions += lost["lost_rows"]
        for counts, reason, amount in (
            (tally.failures, "error", lost["lost_failures"]),
            (tally.dropped, "buffer_full", lost["full"]),
            (tally.dropped, "too_large", lost["too_large"]),
            (tally.dropped, "closed", lost["closed"]),
            (tally.dropped, "invalid", lost["invalid"]),
            (tally.dropped_labels, "buffer_full", lost["lost_labels"]),
            (tally.dropped_labels, "invalid", lost["invalid_labels"]),
        ):
            if amount:
                counts[reason] += amount
