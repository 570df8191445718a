"""Tally: a model's running totals, the counters that Prometheus computes rates from.

Bounded: failure reasons are a fixed set, columns unknown to the schema are named up to `UNKNOWN_NAMES`, then `_other`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from driftgauge.batch import Batch
from driftgauge.model.evaluation import LATENCY_BUCKETS, Counters

__all__ = ["Tally"]

#: names outside the schema that get a series of their own
UNKNOWN_NAMES = 50


class Tally:
    """Counts that only grow."""

    def __init__(self) -> None:
        self._requests = 0
        self._predictions = 0
        self._failures: Counter[str] = Counter()
        self._late: Counter[str] = Counter()
        self._violations: Counter[tuple[str, str]] = Counter()
        self._latency_counts = np.zeros(len(LATENCY_BUCKETS) + 1, dtype=np.int64)
        self._latency_sum = 0.0
        self._last: float | None = None
        self._unknown: set[str] = set()

    def observe(self, batch: Batch, time: float) -> None:
        """Count a batch that arrived at *time*."""
        self._requests += batch.requests.count
        self._failures.update(batch.requests.failures)
        failed = 0 if batch.failed is None else int(np.count_nonzero(batch.failed))
        self._predictions += batch.rows - failed
        latencies = batch.requests.latencies
        known = latencies[np.isfinite(latencies)]
        if len(known):
            # `le` bounds are inclusive
            place = np.searchsorted(LATENCY_BUCKETS, known, side="left")
            self._latency_counts += np.bincount(place, minlength=len(self._latency_counts))
            self._latency_sum += float(known.sum(dtype=np.float64))
        self._last = time if self._last is None else max(self._last, time)

    def late(self, reason: str, rows: int) -> None:
        """Count rows that were left out because of their event time."""
        self._late[reason] += rows

    def violated(self, violations: Mapping[tuple[str, str], int], known: frozenset[str]) -> None:
        """Count values that broke the schema, whose columns are *known*."""
        for (column, reason), count in violations.items():
            name = column
            if column not in known and column not in self._unknown:
                if len(self._unknown) < UNKNOWN_NAMES:
                    self._unknown.add(column)
                else:
                    name = "_other"
            self._violations[name, reason] += count

    @property
    def counters(self) -> Counters:
        """A copy of the counts."""
        return Counters(
            self._requests,
            dict(self._failures),
            self._predictions,
            self._latency_counts.copy(),
            self._latency_sum,
            dict(self._late),
            dict(self._violations),
            self._last,
        )
