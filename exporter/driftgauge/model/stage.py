"""Stage: gathers the rows of small batches, so that they are sketched together.

Sketching costs about the same for one row as for a hundred; in blocks of 4,096 rows it costs 4-7 ns a value. To the laws
the stage is invisible: observing and flushing equals observing. All rows of a stage belong to one minute, the finest slot.

Memory: `rows` rows of every column, 1 MiB at most (or 256 rows), so that a block and what sketching makes of it stay in cache;
allocated once.
"""

from __future__ import annotations

import numpy as np

from driftgauge.batch import Floats
from driftgauge.model.timeline import SLOT_SECONDS
from driftgauge.profile import Block, Profile, ProfileSpec

__all__ = ["Stage"]

ROWS = 4_096
BYTES = 2**20


class Stage:
    """Rows that are not counted yet.

    Args:
        spec: what will be counted of them.
    """

    def __init__(self, spec: ProfileSpec) -> None:
        narrow, wide, codes = spec.histogram.narrow, spec.histogram.columns, spec.categories.columns
        bytes_per_row = 4 * narrow + 8 * (wide - narrow) + 4 * codes
        self.rows = max(256, min(ROWS, BYTES // max(bytes_per_row, 1)))
        self._spec = spec
        self._narrow = np.empty((narrow, self.rows), dtype=np.float32)
        self._wide = np.empty((wide - narrow, self.rows))
        self._codes = np.empty((codes, self.rows), dtype=np.int32)
        self._latencies: list[Floats] = []
        self._absent = np.empty((2, self.rows), dtype=bool)
        self._used = 0
        self._time: float | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to flush."""
        return self._time is None

    @property
    def staged(self) -> tuple[Block, float] | None:
        """The gathered rows, until they are flushed, and their time; None when there are none."""
        return None if self._time is None else (self._block(), self._time)

    def takes(self, rows: int, time: float) -> bool:
        """Tell whether *rows* rows observed at *time* fit in beside what is there."""
        same_slot = self._time is None or self._time // SLOT_SECONDS == time // SLOT_SECONDS
        return same_slot and self._used + rows <= self.rows

    def add(self, block: Block, latencies: Floats, time: float) -> None:
        """Take rows in; `takes` must have said so."""
        place = slice(self._used, self._used + block.rows)
        self._narrow[:, place] = block.narrow
        self._wide[:, place] = block.wide
        self._codes[:, place] = block.codes
        self._absent[:, place] = block.absent
        self._used += block.rows
        if len(latencies):
            self._latencies.append(latencies)
        self._time = time

    def flush(self) -> tuple[Profile, float] | None:
        """Return the profile of the gathered rows and their time, and start anew; None when there are none."""
        if self._time is None:
            return None
        latencies = np.concatenate(self._latencies) if self._latencies else None
        profile, time = self._spec.count(self._block(), latencies), self._time
        self._used, self._latencies, self._time = 0, [], None
        return profile, time

    def _block(self) -> Block:
        used = slice(0, self._used)
        return Block(self._narrow[:, used], self._wide[:, used], self._codes[:, used], self._absent[:, used])
