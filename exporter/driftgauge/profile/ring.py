"""Ring: profiles by time; windows of time are sums of its slots.

Guarantee: as `slots.py`. Counts are exact; sums (about the reference mean, for means and distances on the value axis) are
held as float32, good to five digits. Memory: 564 slots of a profile's arrays at 4 bytes a sum and 1 to 4 bytes a count, 6 to 11 MB
for 100 numeric columns when two weeks are full.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driftgauge.profile.layout import Layout, flat
from driftgauge.profile.profile import Profile, ProfileSpec
from driftgauge.profile.slots import Slots, Vectors
from driftgauge.profile.strata import HOURS
from driftgauge.profile.window import Window
from driftgauge.state import State

__all__ = ["Ring"]


@dataclass(slots=True)
class Ring:
    """Profiles of one spec by time."""

    spec: ProfileSpec
    slots: Slots = field(init=False)
    _total: Vectors = field(init=False)
    _empty: Profile = field(init=False)
    _layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        self._empty = self.spec.zero()
        self._layout = Layout.of(self._empty.arrays)
        counts, sums = self._total = flat(self._empty.arrays)
        # The first count of every profile is its number of rows, and no other is larger.
        self.slots = Slots((len(counts), len(sums)))

    @property
    def since(self) -> float | None:
        """Time of the first observation; None before it."""
        return self.slots.since

    @property
    def total(self) -> Profile:
        """Everything observed, never expiring."""
        return self._profile((self._total[0].copy(), self._total[1].copy()))

    def add(self, profile: Profile, time: float) -> None:
        """Add what was observed at *time* (seconds); older than the ring is long, it only enters the total."""
        vectors = counts, sums = flat(profile.arrays)
        np.add(self._total[0], counts, out=self._total[0])
        np.add(self._total[1], sums, out=self._total[1])
        self.slots.add(vectors, time)

    def forget_after(self, now: float) -> None:
        """Forget the slots that lie ahead of *now*, after a clock that was wrong; the total stays."""
        self.slots.forget_after(now)

    def freeze(self) -> State:
        """Return the slots as they are now; the total is a counter of this process and not kept."""
        return self.slots.freeze()

    def thaw(self, state: State) -> None:
        """Take slots back.

        Raises:
            StateError: they are of another spec; nothing has changed.
        """
        self.slots.thaw(state)

    def window(self, window: Window, now: float) -> Profile:
        """Return the sum over the last `window.seconds` before *now*."""
        return self._profile(self.slots.window(window, now))

    def past(self, seconds: int, now: float, *, back: int = 0) -> Profile:
        """Return the sum over the complete slots of the *seconds* that ended *back* seconds before *now*."""
        return self._profile(self.slots.past(seconds, now, back=back))

    def slot(self, seconds: int, number: int) -> Profile:
        """Return what slot *number* (time // seconds) holds, of slots of *seconds*; nothing once it has gone."""
        return self._profile(self.slots.slot(seconds, number))

    def hours(self, window: Window, now: float) -> NDArray[np.float64]:
        """Return the share of the window's rows in each hour of day (UTC), [24]."""
        tier, places, hours = self.slots.by_hour(window, now)
        by_hour = np.bincount(hours, weights=tier.firsts[places], minlength=HOURS)
        shares: NDArray[np.float64] = by_hour / max(by_hour.sum(), 1.0)
        return shares

    def by_hour(self, window: Window, now: float) -> tuple[Profile, ...]:
        """Return what the window holds in each hour of day (UTC), 24 profiles."""
        tier, places, hours = self.slots.by_hour(window, now)
        return tuple(self._profile(tier.total(places[hours == hour].tolist())) for hour in range(HOURS))

    def history(self, window: Window, now: float) -> tuple[NDArray[np.float64], tuple[Profile, ...]]:
        """Return what the window holds slot by slot, oldest first: the begin of each slot that holds rows, and its profile."""
        tier, places, _ = self.slots.by_hour(window, now)
        places = places[tier.firsts[places] > 0]
        places = places[np.argsort(tier.ids[places])]
        begins: NDArray[np.float64] = tier.ids[places].astype(np.float64) * tier.slot_seconds
        return begins, tuple(self._profile(tier.total([place])) for place in places.tolist())

    def coverage(self, window: Window, now: float) -> float:
        """Return which share of the window has been observed, pauses left out, 0..1."""
        return self.slots.coverage(window, now)

    def _profile(self, vectors: Vectors) -> Profile:
        """Shape flat vectors back into a profile."""
        return self._empty.holding(self._layout.arrays(vectors))
