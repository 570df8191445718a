"""Where in time the rows of a batch belong.

On the wall clock a row without an event time happened when it arrived; on the event clock, at the newest event time seen
(the watermark). Rows older than the allowed lateness are `late`; rows from the future, beyond that same allowance on the
wall clock or a day beyond it on the event clock, are `future`: one wrong date must not push everything else out of the windows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Floats
from driftgauge.state import State

__all__ = ["SLOT_SECONDS", "Placed", "Timeline"]

#: rows of one minute go into the windows together
SLOT_SECONDS = 60
#: how far ahead of the wall clock an event clock may be
EVENT_AHEAD_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows of one minute (their indices in the batch, at `time`), or rows refused for a `reason`."""

    rows: NDArray[np.int64]
    time: float
    reason: str = ""


class Timeline:
    """A model's clock.

    Args:
        event: the event times of the rows move the clock, instead of the wall clock.
        lateness_seconds: how late a row may be.
    """

    def __init__(self, *, event: bool, lateness_seconds: float) -> None:
        self._event = event
        self._lateness = lateness_seconds
        self._watermark: float | None = None

    def freeze(self) -> State:
        """Return the watermark."""
        return State({"watermark": self._watermark})

    def thaw(self, state: State) -> None:
        """Take a watermark back.

        Raises:
            StateError: there is none.
        """
        self._watermark = state.moment("watermark")

    def now(self, wall: float) -> float:
        """Return the model's time."""
        if not self._event:
            return wall
        return wall if self._watermark is None else self._watermark

    def place(self, batch: Batch, wall: float) -> Iterator[Placed]:
        """Yield the rows of *batch* minute by minute, in order of time, after those that are refused."""
        if batch.timestamps is None:
            yield Placed(np.arange(batch.rows), self.now(wall))
            return
        times = batch.timestamps
        newest = wall + (EVENT_AHEAD_SECONDS if self._event else self._lateness)
        # On the event clock a batch is judged by what came before it: its own rows may span any time.
        oldest = -np.inf if self._event and self._watermark is None else self.now(wall) - self._lateness
        possible = times[times <= newest]
        if self._event and len(possible):
            latest = float(possible.max())
            self._watermark = latest if self._watermark is None else max(self._watermark, latest)
        now = self.now(wall)
        times = np.where(np.isnan(times), now, times)
        future, late = times > newest, times < oldest
        for reason, refused in (("future", future), ("late", late)):
            if refused.any():
                yield Placed(np.flatnonzero(refused), now, reason)
        yield from _minutes(times, np.flatnonzero(~(future | late)))


def _minutes(times: Floats, rows: NDArray[np.int64]) -> Iterator[Placed]:
    """Yield *rows* minute by minute, each in the order in which they came."""
    minutes = times[rows] // SLOT_SECONDS
    order = np.argsort(minutes, kind="stable")
    starts = np.flatnonzero(np.diff(minutes[order], prepend=-1.0))
    for found in np.split(rows[order], starts[1:]):
        if len(found):
            yield Placed(found, float(times[found].max()))
