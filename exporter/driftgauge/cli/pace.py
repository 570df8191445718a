"""Pace: when rows of the past are sent, and which event times they are given.

Law: the order of the rows stays; a row is never sent before its time has come, and what is sent together spans at most a
second of the replay. Rows out of order go with those before them. Time: 20 ns a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from driftgauge.batch import Batch, Floats
from driftgauge.errors import SourceError

__all__ = ["Pace"]

_SECOND = 1.0


@dataclass
class Pace:
    """Gives rows their time.

    Args:
        speed: how many times faster than it did the time passes; None for as fast as possible.
        times: `keep`, `shift` to now, or `none`.
        clock: seconds since 1970.
        sleep: waits for seconds.
    """

    speed: float | None
    times: str
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _first: float | None = None
    _began: float = 0.0
    _latest: float = 0.0

    def parts(self, batch: Batch) -> Iterator[Batch]:
        """Yield the rows as they are due, waiting in between, with the event times that they are to be sent with."""
        if batch.timestamps is None:
            if self.speed is not None or self.times == "shift":
                raise SourceError("--speed and --times shift need event times: say --timestamp COL")
            yield batch
            return
        due = self._due(batch.timestamps)
        if self.speed is None:
            yield self._timed(batch, due)
            return
        for start, stop in _seconds(due):
            self.sleep(max(0.0, self._began + float(due[stop - 1]) - self.clock()))
            yield self._timed(batch.take(slice(start, stop)), due[start:stop])

    def _due(self, times: Floats) -> Floats:
        """Return when each row is due, in seconds since the replay began; never earlier than the row before."""
        if self._first is None:
            known = times[~np.isnan(times)]
            if not len(known):
                raise SourceError("the first rows have no event times")
            self._first, self._began = float(known[0]), self.clock()
        passed = np.where(np.isnan(times), -np.inf, times - self._first) / (self.speed or 1.0)
        due: Floats = np.maximum.accumulate(np.concatenate([[self._latest], passed]))[1:]
        self._latest = float(due[-1])
        return due

    def _timed(self, batch: Batch, due: Floats) -> Batch:
        if self.times == "keep":
            return batch
        return replace(batch, timestamps=self._began + due if self.times == "shift" else None)


def _seconds(due: Floats) -> Iterator[tuple[int, int]]:
    """Yield the places at which rows of one second begin and end."""
    cuts = (np.flatnonzero(np.diff(due // _SECOND)) + 1).tolist()
    yield from zip([0, *cuts], [*cuts, len(due)], strict=True)
