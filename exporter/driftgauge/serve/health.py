"""What the exporter counts of itself."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable

import numpy as np

from driftgauge.expose import CheckpointView, Refusal, StatusFileView
from driftgauge.expose.proxy import ProxyView
from driftgauge.serve.guard.counts import ListenerCounts

__all__ = ["ABORTED", "INGEST_BUCKETS", "INTERNAL", "SLOW", "Health"]

#: reasons of lost bodies beside those of `errors.REASONS`, which are the decoders': it did not arrive in time, the
#: connection broke before its end, and a fault of the exporter's
SLOW, ABORTED, INTERNAL = "slow", "aborted", "internal"

#: upper bounds of the time from a body's last byte to its answer, in seconds
INGEST_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

#: refused bodies that are remembered, and characters of the field that was wrong
REFUSALS, FIELD_CHARS = 20, 64


class Health:
    """Counters and gauges of the exporter itself; those of bodies are written by the event loop alone.

    Attributes:
        batches: bodies taken in by content type.
        rows: rows taken in by content type.
        rejected: rows left out by reason.
        dropped: bodies refused by reason.
        queue_bytes: bytes of bodies received and not yet counted.
        waiting: bodies that are being received or wait to be counted.
        collect_seconds: duration of the last evaluation and of the last rendering.
        collect_errors: evaluations that failed.
        config_valid: whether the configuration could be used as it is.
        counting: whether observations are taken in; not while there is no usable configuration at all.
        reload_success: whether the last reload was.
        reload_time: of the last successful load, seconds since 1970; None before one.
        checkpoints: what is told of them; None without a folder for them.
        status_file: what is told of it; None without one.
        listeners: what each listener counts, by name.
        proxy: returns what the proxy tells of itself; None without one.
    """

    def __init__(self) -> None:
        self.batches: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter({SLOW: 0, ABORTED: 0, INTERNAL: 0})
        self.refusals: deque[Refusal] = deque(maxlen=REFUSALS)
        self.queue_bytes = 0
        self.waiting = 0
        self.ingest_counts = np.zeros(len(INGEST_BUCKETS) + 1, dtype=np.int64)
        self.ingest_sum = 0.0
        self.collect_seconds = {"evaluate": 0.0, "render": 0.0}
        self.collect_errors = 0
        self.config_valid = True
        self.counting = True
        self.reload_success = True
        self.reload_time: float | None = None
        self.checkpoints: CheckpointView | None = None
        self.status_file: StatusFileView | None = None
        self.listeners: dict[str, ListenerCounts] = {}
        self.proxy: Callable[[], ProxyView] | None = None

    def refused(self, time: float, reason: str, field: str = "") -> None:
        """Remember a refused body for whoever looks: when, why and which field, never what was in it."""
        self.refusals.append((time, reason, field[:FIELD_CHARS]))

    def took(self, seconds: float) -> None:
        """Count how long a body took."""
        self.ingest_counts[bisect_left(INGEST_BUCKETS, seconds)] += 1
        self.ingest_sum += seconds

    def listener(self, name: str) -> ListenerCounts:
        """Return what the listener of that name counts; the counters outlive a listener that is opened again."""
        return self.listeners.setdefault(name, ListenerCounts(name))
