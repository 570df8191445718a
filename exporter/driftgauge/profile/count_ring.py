"""Count ring: the last N rows, for traffic too thin for windows of time and for batch jobs.

Rows are kept in ten slots that close when a tenth of N has been counted, so the window holds the last N rows and at most a
tenth of N more, plus what came in one piece with the oldest of them. Memory: eleven profiles.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driftgauge.profile.layout import Layout, flat
from driftgauge.profile.profile import Profile, ProfileSpec
from driftgauge.profile.strata import DAY_SECONDS, HOUR_SECONDS, HOURS
from driftgauge.state import State

__all__ = ["CountRing"]

SLOTS = 10


@dataclass(slots=True)
class _Slot:
    """Rows that came after one another: their profile, the first time, and how many fell into each hour of day."""

    profile: Profile
    start: float
    hours: NDArray[np.float64]

    @property
    def rows(self) -> int:
        return int(self.profile.rows[0])


@dataclass(slots=True)
class CountRing:
    """The last *rows* rows of one spec."""

    spec: ProfileSpec
    rows: int
    _slots: deque[_Slot] = field(default_factory=deque)

    def add(self, profile: Profile, time: float) -> None:
        """Add what was observed at *time*."""
        hours = np.zeros(HOURS)
        hours[int(time % DAY_SECONDS // HOUR_SECONDS)] = float(profile.rows[0])
        newest = self._slots[-1] if self._slots else None
        if newest is None or newest.rows >= max(self.rows // SLOTS, 1):
            self._slots.append(_Slot(profile, time, hours))
        else:
            newest.profile = newest.profile.merge(profile)
            newest.hours += hours
        while sum(slot.rows for slot in self._slots) - self._slots[0].rows >= self.rows:
            self._slots.popleft()

    def freeze(self) -> State:
        """Return a copy of the slots."""
        vectors = [flat(slot.profile.arrays) for slot in self._slots]
        empty = flat(self.spec.zero().arrays)
        return State(
            arrays={
                "starts": np.array([slot.start for slot in self._slots], dtype=np.float64),
                "hours": np.array([slot.hours for slot in self._slots], dtype=np.float64).reshape(-1, HOURS),
                "counts": np.array([counts for counts, _ in vectors], dtype=np.int64).reshape(-1, len(empty[0])),
                "sums": np.array([sums for _, sums in vectors], dtype=np.float64).reshape(-1, len(empty[1])),
            }
        )

    def thaw(self, state: State) -> None:
        """Take slots back.

        Raises:
            StateError: they are of another spec; nothing has changed.
        """
        empty = self.spec.zero()
        sizes = tuple(map(len, flat(empty.arrays)))
        starts = state.array("starts", np.float64, (None,))
        hours = state.array("hours", np.float64, (len(starts), HOURS))
        counts = state.array("counts", np.int64, (len(starts), sizes[0]))
        sums = state.array("sums", np.float64, (len(starts), sizes[1]))
        layout = Layout.of(empty.arrays)
        self._slots = deque(
            _Slot(empty.holding(layout.arrays((counts[i], sums[i]))), float(starts[i]), hours[i].copy())
            for i in range(len(starts))
        )

    @property
    def window(self) -> Profile:
        """The rows held."""
        total = self.spec.zero()
        for slot in self._slots:
            total = total.merge(slot.profile)
        return total

    @property
    def coverage(self) -> float:
        """Which share of the wanted rows is held, 0..1."""
        return min(1.0, sum(slot.rows for slot in self._slots) / self.rows)

    @property
    def hours(self) -> NDArray[np.float64]:
        """Share of the rows in each hour of day (UTC), [24]."""
        hours = np.sum([slot.hours for slot in self._slots], axis=0) if self._slots else np.zeros(HOURS)
        return hours / max(float(hours.sum()), 1.0)

    def span(self, now: float) -> float:
        """Return over how many seconds the rows came."""
        return now - self._slots[0].start if self._slots else 0.0
