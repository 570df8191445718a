"""Tally: a model's running totals, the counters that Prometheus computes rates from.

Bounded: failure reasons are a fixed set; the first `UNKNOWN_NAMES` columns that the schema does not know are counted by
name, which is cut to `NAME_CHARS`, the others as `_other`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from driftgauge.batch import Batch
from driftgauge.model.clients import Clients
from driftgauge.model.evaluation import LATENCY_BUCKETS, Counters
from driftgauge.model.generations import GenerationTally
from driftgauge.model.recent import HOUR_SECONDS, NOW_SECONDS, Recent

__all__ = ["Tally"]

#: names outside the schema that get a series of their own
UNKNOWN_NAMES = 50
#: characters of such a name that are kept
NAME_CHARS = 64


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
        self.clients = Clients()
        self.suppressed_segments: Counter[str] = Counter()
        self._generations: GenerationTally | None = None
        self._recent = Recent()
        self._tensor_rows: Counter[str] = Counter()

    def observe(self, batch: Batch, time: float) -> None:
        """Count a batch that arrived at *time*."""
        self._requests += batch.requests.count
        self._failures.update(batch.requests.failures)
        failed = 0 if batch.failed is None else int(np.count_nonzero(batch.failed))
        predicted = batch.requests.predictions
        self._predictions += batch.rows - failed if predicted is None else predicted
        self._recent.observe(time, batch.requests.count, batch.requests.failures, batch.rows)
        self._tensor_rows.update(batch.requests.tensor_rows)
        latencies = batch.requests.latencies
        known = latencies[np.isfinite(latencies)]
        if len(known):
            # `le` bounds are inclusive
            place = np.searchsorted(LATENCY_BUCKETS, known, side="left")
            self._latency_counts += np.bincount(place, minlength=len(self._latency_counts))
            self._latency_sum += float(known.sum(dtype=np.float64))
        if batch.requests.generations is not None:
            self._generations = self._generations or GenerationTally()
            self._generations.observe(batch.requests.generations)
        if batch.report is not None:
            self.clients.hear(batch.report, time)
            if not batch.rows and not batch.requests.count and not predicted:
                return  # a sign of life is no observation
        self._last = time  # not the greatest: a clock that was ahead must not make the model look fresh for days

    def seen(self, time: float | None) -> None:
        """Take over when something was last observed, from before a restart."""
        self._last = time

    def late(self, reason: str, rows: int) -> None:
        """Count rows that were left out because of their event time."""
        self._late[reason] += rows

    def violated(self, violations: Mapping[tuple[str, str], int], known: frozenset[str]) -> None:
        """Count values that broke the schema, whose columns are *known*."""
        for (column, reason), count in violations.items():
            name = column if column in known else self._named(column[:NAME_CHARS])
            self._violations[name, reason] += count
            self._recent.violated(name, reason, count)

    def _named(self, column: str) -> str:
        """Return the name under which a column outside the schema is counted."""
        if column not in self._unknown and len(self._unknown) >= UNKNOWN_NAMES:
            return "_other"
        self._unknown.add(column)
        return column

    def recently(self, now: float) -> Counters:
        """Return a copy of the counts, with those of the last hour and the last minutes before *now*."""
        hour, minutes = (self._recent.within(now, seconds) for seconds in (HOUR_SECONDS, NOW_SECONDS))
        return replace(self.counters, hour=hour, minutes=minutes)

    @property
    def counters(self) -> Counters:
        """A copy of the counts since registration."""
        return Counters(
            self._requests,
            dict(self._failures),
            self._predictions,
            self._latency_counts.copy(),
            self._latency_sum,
            dict(self._late),
            dict(self._violations),
            self._last,
            self.clients.counts,
            None if self._generations is None else self._generations.counts,
            suppressed_segments=dict(self.suppressed_segments),
            tensor_rows=dict(self._tensor_rows),
        )
