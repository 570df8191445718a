"""Ring: profiles by time, in slots that are coarser the longer the windows they serve; windows are sums of slots.

Four tiers each take every observation: slots of 1 minute for an hour, 5 minutes for 6 hours, 15 minutes for a day, 1 hour
for 14 days. A window is the sum of the newest slots of the finest tier that reaches far enough, so nothing ever has to be
carried from tier to tier, and late rows simply go into their slots. Against slots that move between tiers as they age this
costs 564 slots instead of 504.

Guarantee: a window of W seconds holds the rows of the last W - slot to W seconds; sums are formed anew when a slot ends,
so nothing drifts. Counts are exact; sums (about the reference mean, for means and distances on the value axis) are held
as float32, good to five digits. Memory: 564 slots of a profile's arrays at 4 bytes a number, 11 MB for 100 numeric columns
when two weeks are full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.profile.profile import Profile, ProfileSpec
from driftgauge.profile.strata import DAY_SECONDS, HOUR_SECONDS, HOURS

__all__ = ["WINDOWS", "Ring", "Window"]

Vectors = tuple[NDArray[np.int64], NDArray[np.float64]]

#: (seconds a slot, number of slots), finest first
TIERS = ((60, 60), (300, 72), (900, 96), (3600, 336))


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A length of time, or a number of rows, by the name that labels carry.

    A window of rows (`rows` > 0) counts as long as a day where a length is asked for: it judges only what spans one.
    """

    seconds: int
    name: str = field(compare=False)
    rows: int = field(default=0, compare=False)

    @classmethod
    def of_rows(cls, rows: int) -> Window:
        """Make a window of the last *rows* rows."""
        return cls(DAY_SECONDS, f"last_{rows}", rows)


#: Days are not enough: slow features need weeks to be judged at all (statistics.md 11)
WINDOWS = tuple(
    Window(seconds, name)
    for seconds, name in (
        (900, "15m"),
        (3600, "1h"),
        (6 * 3600, "6h"),
        (86_400, "24h"),
        (7 * 86_400, "7d"),
        (14 * 86_400, "14d"),
    )
)


@dataclass(slots=True)
class _Tier:
    """Slots of one length: `ids[i]` says which stretch of time row i holds (time // slot), -1 none."""

    slot_seconds: int
    ids: NDArray[np.int64]
    counts: NDArray[np.uint32]
    sums: NDArray[np.float32]

    @classmethod
    def empty(cls, slot_seconds: int, slots: int, sizes: tuple[int, int]) -> _Tier:
        return cls(
            slot_seconds,
            np.full(slots, -1, dtype=np.int64),
            np.zeros((slots, sizes[0]), dtype=np.uint32),
            np.zeros((slots, sizes[1]), dtype=np.float32),
        )

    def row(self, slot: int) -> int:
        """Return the row of *slot*, emptied if it held another."""
        row = slot % len(self.ids)
        if self.ids[row] != slot:
            self.ids[row] = slot
            self.counts[row] = 0
            self.sums[row] = 0.0
        return row

    def add(self, slot: int, counts: NDArray[np.int64], sums: NDArray[np.float64]) -> None:
        """Add to *slot*; a slot that is full (4.2 billion rows) takes no more, its shares stay right."""
        row = self.row(slot)
        # The first count is the number of rows, and no other is larger.
        if int(self.counts[row, 0]) + int(counts[0]) > np.iinfo(np.uint32).max:
            return
        self.counts[row] += counts.astype(np.uint32)
        with np.errstate(over="ignore"):  # squares of 64-bit identifiers; what is infinite is not published
            self.sums[row] += sums.astype(np.float32)

    def total(self, first: int, last: int) -> Vectors:
        """Return the sum of the slots from *first* to *last*, without a copy of them all."""
        counts, sums = np.zeros(self.counts.shape[1], dtype=np.int64), np.zeros(self.sums.shape[1])
        for row in np.flatnonzero((self.ids >= first) & (self.ids <= last)):
            counts += self.counts[row]
            sums += self.sums[row]
        return counts, sums


@dataclass(slots=True)
class Ring:
    """Profiles of one spec by time.

    Attributes:
        spec: what the profiles count.
        since: time of the first observation; None before it.
    """

    spec: ProfileSpec
    since: float | None = None
    _total: Vectors = field(init=False)
    _layout: _Layout = field(init=False)
    _tiers: list[_Tier] = field(init=False)
    # window length -> when its newest complete slot ended, and the sum of its complete slots
    _closed: dict[int, tuple[float, Vectors]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        empty = self.spec.zero()
        self._layout = _Layout.of(empty)
        counts, sums = self._total = _Layout.flat(empty)
        self._tiers = [_Tier.empty(seconds, slots, (len(counts), len(sums))) for seconds, slots in TIERS]

    @property
    def total(self) -> Profile:
        """Everything observed, never expiring."""
        counts, sums = self._total
        return self._layout.profile(counts.copy(), sums.copy())

    def add(self, profile: Profile, time: float) -> None:
        """Add what was observed at *time* (seconds); older than the ring is long, it only enters the total."""
        self.since = time if self.since is None else min(self.since, time)
        if any(time < end for end, _ in self._closed.values()):
            self._closed.clear()  # a slot that was thought to be complete changes
        counts, sums = _Layout.flat(profile)
        np.add(self._total[0], counts, out=self._total[0])
        np.add(self._total[1], sums, out=self._total[1])
        for tier in self._tiers:
            slot = int(time // tier.slot_seconds)
            if slot <= int(tier.ids.max()) - len(tier.ids):
                continue
            tier.add(slot, counts, sums)

    def forget_after(self, now: float) -> None:
        """Forget the slots that lie ahead of *now*, after a clock that was wrong; the total stays."""
        self._closed.clear()
        for tier in self._tiers:
            tier.ids[tier.ids > now // tier.slot_seconds] = -1
        if self.since is not None and self.since > now:
            self.since = None

    def window(self, window: Window, now: float) -> Profile:
        """Return the sum over the last `window.seconds` before *now*."""
        tier = next(tier for tier in self._tiers if tier.slot_seconds * len(tier.ids) >= window.seconds)
        last = int(now // tier.slot_seconds)
        end = float(last * tier.slot_seconds)
        closed = self._closed.get(window.seconds)
        if closed is None or closed[0] != end:
            first = last - window.seconds // tier.slot_seconds + 1
            closed = self._closed[window.seconds] = end, tier.total(first, last - 1)
        complete, newest = closed[1], tier.total(last, last)
        return self._layout.profile(complete[0] + newest[0], complete[1] + newest[1])

    def past(self, seconds: int, now: float, *, back: int = 0) -> Profile:
        """Return the sum over the complete slots of the *seconds* that ended *back* seconds before *now*."""
        tier = self._tier(seconds + back + 1)  # the slot that is not complete takes one of the tier's
        end = int((now - back) // tier.slot_seconds)
        return self._layout.profile(*tier.total(end - seconds // tier.slot_seconds, end - 1))

    def hours(self, window: Window, now: float) -> NDArray[np.float64]:
        """Return the share of the window's rows in each hour of day (UTC), [24]."""
        tier, rows, hours = self._slots_by_hour(window, now)
        # The first count of every profile is its number of rows.
        by_hour = np.bincount(hours, weights=tier.counts[rows, 0], minlength=HOURS)
        shares: NDArray[np.float64] = by_hour / max(by_hour.sum(), 1.0)
        return shares

    def by_hour(self, window: Window, now: float) -> tuple[Profile, ...]:
        """Return what the window holds in each hour of day (UTC), 24 profiles."""
        tier, rows, hours = self._slots_by_hour(window, now)
        chosen = (rows[hours == hour] for hour in range(HOURS))
        return tuple(
            self._layout.profile(tier.counts[slots].sum(axis=0, dtype=np.int64), tier.sums[slots].sum(axis=0))
            for slots in chosen
        )

    def _slots_by_hour(self, window: Window, now: float) -> tuple[_Tier, NDArray[np.int64], NDArray[np.int64]]:
        """Return the tier of a window, the rows of its slots in it, and the hour of day of each."""
        tier = self._tier(window.seconds)
        last = int(now // tier.slot_seconds)
        rows = np.flatnonzero((tier.ids > last - window.seconds // tier.slot_seconds) & (tier.ids <= last))
        return tier, rows, tier.ids[rows] * tier.slot_seconds % DAY_SECONDS // HOUR_SECONDS

    def _tier(self, seconds: int) -> _Tier:
        """Return the finest tier that reaches *seconds* back, else the longest."""
        reaching = (tier for tier in self._tiers if tier.slot_seconds * len(tier.ids) >= seconds)
        return next(reaching, self._tiers[-1])

    def coverage(self, window: Window, now: float) -> float:
        """Return which share of the window's length has passed since the first observation, 0..1."""
        ids = self._tiers[-1].ids
        held = ids[(ids >= 0) & (ids > ids.max() - len(ids))]
        if self.since is None or not len(held):
            return 0.0
        # One ancient time must not make a window look observed: it lies in no slot.
        since = max(self.since, float(held.min()) * self._tiers[-1].slot_seconds)
        return min(1.0, max(0.0, (now - since) / window.seconds))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where each array of a profile lies in the two flat vectors: (is a count, slice, shape), in the profile's order."""

    empty: Profile
    places: tuple[tuple[bool, slice, tuple[int, ...]], ...]

    @classmethod
    def of(cls, empty: Profile) -> _Layout:
        used = {True: 0, False: 0}
        places = []
        for array in empty.arrays:
            count = array.dtype == np.int64
            places.append((count, slice(used[count], used[count] + array.size), array.shape))
            used[count] += array.size
        return cls(empty, tuple(places))

    @staticmethod
    def flat(profile: Profile) -> Vectors:
        arrays = profile.arrays
        return (
            np.concatenate([array.ravel() for array in arrays if array.dtype == np.int64]),
            np.concatenate([array.ravel() for array in arrays if array.dtype == np.float64]),
        )

    def profile(self, counts: NDArray[np.int64], sums: NDArray[np.float64]) -> Profile:
        """Shape flat vectors back into a profile."""
        arrays: Iterator[NDArray[Any]] = (
            (counts if count else sums)[place].reshape(shape) for count, place, shape in self.places
        )
        rows = next(arrays)
        sketches: list[Any] = [
            sketch.spec.holding({name: next(arrays) for name in sketch.arrays}) for sketch in self.empty.sketches
        ]
        return Profile(self.empty.spec, rows, *sketches)
