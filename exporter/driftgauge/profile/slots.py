"""Slots: additive vectors by time, coarser the longer the windows that they serve; windows are sums of slots.

Four tiers each take every observation: slots of 1 minute for an hour, 5 minutes for 6 hours, 15 minutes for a day, 1 hour
for 14 days. A window is the sum of the newest slots of the finest tier that reaches far enough, so nothing ever has to be
carried from tier to tier, and late rows simply go into their slots. Against slots that move between tiers as they age this
costs 564 slots instead of 504.

Guarantee: a window of W seconds holds what was observed in the last W - slot to W seconds; sums are formed anew when a slot
ends, so nothing drifts. Counts are exact; sums are as precise as the type that they are held in.
Memory: 564 slots of the vectors, taken as slots fill: 1 to 4 bytes a count, as many as a slot's counts need (`narrow.py`), and
the type's bytes a sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import DTypeLike, NDArray

from driftgauge.profile.strata import DAY_SECONDS, HOUR_SECONDS, HOURS
from driftgauge.profile.tier import Tier, Vectors
from driftgauge.profile.window import Window
from driftgauge.state import State

__all__ = ["TIERS", "Slots", "Vectors"]

#: (seconds a slot, number of slots), finest first
TIERS = ((60, 60), (300, 72), (900, 96), (3600, 336))

#: share of a model's usual hours that makes a day: with a quarter of the day missing, a cycle of half a standard deviation
#: moves the rest by 0.15 of them, which does not warn
_LEAST_OF_DAY = 0.8
#: and weeks: five days of seven are a week
_LEAST_OF_WEEKS = 0.6


@dataclass(slots=True)
class Slots:
    """Vectors by time.

    Attributes:
        sizes: length of the counts and of the sums. The first count must be at least as large as any other.
        sums_type: how sums are held.
        plan: (seconds a slot, number of slots) of each tier, finest first.
        since: time of the first observation; None before it.
    """

    sizes: tuple[int, int]
    sums_type: DTypeLike = np.float32
    plan: tuple[tuple[int, int], ...] = TIERS
    since: float | None = None
    tiers: list[Tier] = field(init=False)
    # window length -> when its newest complete slot ended, and the sum of its complete slots
    _closed: dict[int, tuple[float, Vectors]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.tiers = [Tier(seconds, slots, self.sizes, self.sums_type) for seconds, slots in self.plan]

    def add(self, vectors: Vectors, time: float) -> None:
        """Add what was observed at *time* (seconds); what is older than the slots reach is left out."""
        self.since = time if self.since is None else min(self.since, time)
        if any(time < end for end, _ in self._closed.values()):
            self._closed.clear()  # a slot that was thought to be complete changes
        for tier in self.tiers:
            slot = int(time // tier.slot_seconds)
            if slot > int(tier.ids.max()) - len(tier.ids):
                tier.add(slot, *vectors)

    def forget_after(self, now: float) -> None:
        """Forget what lies ahead of *now*, after a clock that was wrong."""
        self._closed.clear()
        for tier in self.tiers:
            tier.forget_after(now // tier.slot_seconds)
        if self.since is not None and self.since > now:
            self.since = None

    def freeze(self) -> State:
        """Return what is held, as it is now; what is not of the newest slots is not copied."""
        return State({"since": self.since}, parts={str(tier.slot_seconds): tier.freeze() for tier in self.tiers})

    def thaw(self, state: State) -> None:
        """Hold what *state* says instead.

        Raises:
            StateError: it is of other vectors; nothing has changed.
        """
        since = state.moment("since")
        for tier in self.tiers:
            tier.check(state.part(str(tier.slot_seconds)))
        for tier in self.tiers:
            tier.thaw(state.part(str(tier.slot_seconds)))
        self.since = since
        self._closed.clear()

    def window(self, window: Window, now: float) -> Vectors:
        """Return the sum over the last `window.seconds` before *now*."""
        tier = self.tier(window.seconds)
        last = int(now // tier.slot_seconds)
        end = float(last * tier.slot_seconds)
        closed = self._closed.get(window.seconds)
        if closed is None or closed[0] != end:
            first = last - window.seconds // tier.slot_seconds + 1
            closed = self._closed[window.seconds] = end, _sum(tier, first, last - 1)
        complete, newest = closed[1], _sum(tier, last, last)
        return complete[0] + newest[0], complete[1] + newest[1]

    def past(self, seconds: int, now: float, *, back: int = 0) -> Vectors:
        """Return the sum over the complete slots of the *seconds* that ended *back* seconds before *now*."""
        tier = self.tier(seconds + back + 1)  # the slot that is not complete takes one of the tier's
        end = int((now - back) // tier.slot_seconds)
        return _sum(tier, end - seconds // tier.slot_seconds, end - 1)

    def slot(self, seconds: int, number: int) -> Vectors:
        """Return what slot *number* (time // seconds) of the tier with slots of *seconds* holds; nothing once it has gone."""
        tier = next(tier for tier in self.tiers if tier.slot_seconds == seconds)
        return _sum(tier, number, number)

    def by_hour(self, window: Window, now: float) -> tuple[Tier, NDArray[np.int64], NDArray[np.int64]]:
        """Return the tier of a window, the places of its slots in it, and the hour of day (UTC) of each."""
        tier = self.tier(window.seconds)
        last = int(now // tier.slot_seconds)
        places = tier.places(last - window.seconds // tier.slot_seconds + 1, last)
        return tier, places, tier.ids[places] * tier.slot_seconds % DAY_SECONDS // HOUR_SECONDS

    def tier(self, seconds: int) -> Tier:
        """Return the finest tier that reaches *seconds* back, else the longest."""
        reaching = (tier for tier in self.tiers if tier.slot_seconds * len(tier.ids) >= seconds)
        return next(reaching, self.tiers[-1])

    def coverage(self, window: Window, now: float) -> float:
        """Return which share of the window has been observed, 0..1.

        That is the share of its length since the first observation; of a day and longer, less what a pause has left out:
        a day that holds far fewer hours than days usually have, or weeks that lack nearly half of them, measure the clock.
        What comes once a day has one hour a day, and its windows are full with that.
        """
        elapsed, usual = self._elapsed(window, now), self._usual_hours(now)
        if window.seconds < DAY_SECONDS or not usual:
            return elapsed
        enough = usual * (_LEAST_OF_DAY if window.seconds == DAY_SECONDS else _LEAST_OF_WEEKS)
        a_day = len(self._active(window.seconds, now)) * DAY_SECONDS / window.seconds
        return elapsed * min(1.0, a_day / enough)

    def _active(self, seconds: int, now: float) -> NDArray[np.int64]:
        """Return the hours of the last *seconds* in which something was observed, as hours since 1970."""
        tier = self.tiers[-1]
        last = int(now // tier.slot_seconds)
        inside = (tier.ids > last - seconds // tier.slot_seconds) & (tier.ids <= last)
        return tier.ids[inside & (tier.firsts > 0)]

    def _usual_hours(self, now: float) -> float:
        """Return in how many hours of a day something is observed: the median of earlier days that have any; 0 without."""
        days = self._active(len(self.tiers[-1].ids) * HOUR_SECONDS, now) // HOURS
        _, hours = np.unique(days[days < now // DAY_SECONDS], return_counts=True)
        return float(np.median(hours)) if len(hours) else 0.0

    def _elapsed(self, window: Window, now: float) -> float:
        """Return which share of the window's length has passed since the first observation, 0..1."""
        ids = self.tiers[-1].ids
        held = ids[(ids >= 0) & (ids > ids.max() - len(ids))]
        if self.since is None or not len(held):
            return 0.0
        # One ancient time must not make a window look observed: it lies in no slot.
        since = max(self.since, float(held.min()) * self.tiers[-1].slot_seconds)
        return min(1.0, max(0.0, (now - since) / window.seconds))


def _sum(tier: Tier, first: int, last: int) -> Vectors:
    return tier.total(tier.places(first, last).tolist())
