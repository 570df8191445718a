"""Learning: the first rows of a model without a profile, on their way into a reference.

Rows wait until there are a thousand of them, because learning like sketching costs the same for one row as for many.
"""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Batch, concatenate
from driftgauge.config import LimitSettings, ModelSettings
from driftgauge.model.timeline import Placed
from driftgauge.profile import Reference

__all__ = ["Learning"]

#: rows that wait for the learner
PENDING_ROWS = 1_024


class Learning:
    """Learns as many rows as *settings* say, of as many columns as *limits* allow."""

    def __init__(self, settings: ModelSettings, limits: LimitSettings) -> None:
        from driftgauge.reference import Learner  # noqa: PLC0415 - where models have profiles nothing is learned

        kinds: dict[str, str] = {name: column.kind for name, column in settings.features.items() if column.kind}
        wanted = settings.reference
        self._learner = Learner(wanted.learn_rows, bins=wanted.bins, kinds=kinds, limit=limits.columns)
        self._pending: list[Batch] = []

    @property
    def progress(self) -> tuple[int, int]:
        """Rows learned from so far, and the number wanted."""
        return self._learner.rows, self._learner.wanted

    def add(self, batch: Batch, placed: list[Placed]) -> bool:
        """Take the placed rows of *batch* in; tell whether so many wait that they should be learned from now."""
        rows = np.sort(np.concatenate([part.rows for part in placed]))
        self._pending.append(batch if len(rows) == batch.rows else batch.take(rows))
        return sum(pending.rows for pending in self._pending) >= PENDING_ROWS

    def learn(self, now: float) -> Reference | None:
        """Learn from what waits; return the reference, made at *now*, once there is enough."""
        if self._pending:
            pending, self._pending = self._pending, []
            self._learner.observe(concatenate(pending))
        return self._learner.finish(now) if self._learner.ready else None
