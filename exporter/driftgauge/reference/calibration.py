"""Chunk calibration: how far undrifted data strays from itself over a window's length.

Days are correlated and weeks differ: with fixed thresholds a delay or a temperature is in alert most of its life
(statistics.md 11). So timestamped reference data are cut into chunks of every window length, each chunk is scored against
the rest of the data (leave one out), and what undrifted chunks reach raises the threshold of that column and window.

Chunks start every quarter of their length, as production windows slide, or apart where that gives enough of them; of many,
200 evenly spread ones are scored. Memory: the counts of every slot that a chunk needs: for a year of data up to 9,000 hours of a
length, 70 MB per 100 columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.drift import jensen_shannon
from driftgauge.profile import (
    DAY_SECONDS,
    HOUR_SECONDS,
    HOURS,
    WINDOWS,
    Block,
    Calibration,
    Profile,
    ProfileSpec,
    Strata,
    Window,
)

__all__ = ["LEAST_CHUNKS", "TimedCounts"]

Float64s = NDArray[np.float64]

#: chunks scored of each length
CHUNKS = 200
#: fewer chunks say too little about a length (NannyML warns below the same number)
LEAST_CHUNKS = 6
#: samples below which a chunk is noise, as production windows are
LEAST_SAMPLES = 100
#: rows of every hour of day below which strata would be noise themselves
LEAST_STRATUM_ROWS = 500
#: distance of an hour from the rest of the day that is a rhythm: half of what warns
CYCLE_DISTANCE = 0.05
#: and how sure that has to be: of 24 hours and 100 columns none should reach it by chance
CYCLE_EVIDENCE = 6.0
#: a wider scatter than this is no noise that a factor could describe (statistics.md 4.2)
MOST_DISPERSION = 50.0


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which chunks of one length are scored: `starts` in slots of `slot_seconds`, each `length` slots long."""

    window: Window
    slot_seconds: int
    length: int
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, window: Window, first: float, last: float) -> _Plan:
        """Spread the chunks of *window* over the time from *first* to *last*."""
        # Slots lie within an hour, so that a chunk's hours of day are known.
        whole = window.seconds
        apart = (last - first) // whole >= CHUNKS
        slot = min(whole if apart else whole // 4, HOUR_SECONDS)
        length = whole // slot
        begin, end = int(np.ceil(first / slot)), int((last + slot / 10) // slot)
        step = length if apart else max(1, length // 4)
        starts = np.arange(begin, end - length + 1, step, dtype=np.int64)
        if len(starts) > CHUNKS:
            starts = starts[np.linspace(0, len(starts) - 1, CHUNKS).round().astype(np.int64)]
        return cls(window, slot, length, starts)

    @property
    def slots(self) -> NDArray[np.int64]:
        """Every slot that some chunk needs."""
        return np.unique(self.starts[:, None] + np.arange(self.length))


class _Slots:
    """Counts of the slots that a plan needs."""

    def __init__(self, plan: _Plan, spec: ProfileSpec) -> None:
        self.plan = plan
        self._ids = plan.slots
        self._spec = spec
        numeric, categorical = spec.zero().histogram.counts.shape, spec.zero().categories.counts.shape
        self.numeric = np.zeros((len(self._ids), *numeric), dtype=np.int32)
        self.categorical = np.zeros((len(self._ids), *categorical), dtype=np.int32)

    def add(self, block: Block, times: Floats) -> None:
        """Count the rows that fall into a needed slot."""
        if not len(self._ids):
            return
        slots = np.floor(times / self.plan.slot_seconds)
        place = np.searchsorted(self._ids, slots)
        known = (place < len(self._ids)) & (self._ids[np.minimum(place, len(self._ids) - 1)] == slots)
        order = np.argsort(place[known], kind="stable")
        rows = np.flatnonzero(known)[order]
        found, starts = np.unique(place[rows], return_index=True)
        if not len(found):
            return
        for slot, chosen in zip(found, np.split(rows, starts[1:]), strict=True):
            profile = self._spec.count(block.take(chosen))
            self.numeric[slot] += profile.histogram.counts.astype(np.int32)
            self.categorical[slot] += profile.categories.counts.astype(np.int32)

    def chunks(self) -> list[NDArray[np.int64]]:
        """Return, for each chunk, the rows of its slots in the arrays."""
        first = np.searchsorted(self._ids, self.plan.starts)
        return [start + np.arange(self.plan.length) for start in first]

    def hours(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the hour of day (UTC) of slots."""
        return (self._ids[rows] * self.plan.slot_seconds) % DAY_SECONDS // HOUR_SECONDS


class TimedCounts:
    """Counts timestamped reference data by chunks of every window length, and by hour of day.

    Args:
        spec: what is counted.
        first: earliest event time.
        last: latest event time.
        windows: the lengths.
    """

    def __init__(self, spec: ProfileSpec, first: float, last: float, windows: Sequence[Window] = WINDOWS) -> None:
        self._spec = spec
        self._slots = [_Slots(_Plan.of(window, first, last), spec) for window in windows]
        zero = spec.zero()
        self._strata = Strata(
            *(np.zeros((HOURS, *counts.shape), np.int64) for counts in (zero.histogram.counts, zero.categories.counts))
        )

    def add(self, block: Block, times: Floats) -> None:
        """Take rows and their event times in (NaN: no chunk's)."""
        for slots in self._slots:
            slots.add(block, times)
        hours = np.where(np.isnan(times), -1, times % DAY_SECONDS // HOUR_SECONDS)
        for hour in range(HOURS):
            profile = self._spec.count(block.take(np.flatnonzero(hours == hour)))
            self._strata.numeric[hour] += profile.histogram.counts
            self._strata.categorical[hour] += profile.categories.counts

    def strata(self, total: Profile, wanted: str) -> Strata | None:
        """Return the counts by hour where they are wanted: by `auto` if the hours differ and each has enough rows."""
        strata = self._strata
        if wanted == "always":
            return strata
        rows = np.concatenate([strata.numeric.sum(axis=2), strata.categorical.sum(axis=2)], axis=1).max(
            axis=1, initial=0
        )
        if wanted == "never" or rows.min() < LEAST_STRATUM_ROWS:
            return None
        scores = [
            jensen_shannon(whole - hours, hours)
            for whole, hours in (
                (total.histogram.counts, strata.numeric),
                (total.categories.counts, strata.categorical),
            )
        ]
        cycle = ((score.debiased >= CYCLE_DISTANCE) & (score.evidence >= CYCLE_EVIDENCE) for score in scores)
        return strata if any(bool(part.any()) for part in cycle) else None

    def calibration(self, total: Profile, strata: Strata | None) -> Mapping[str, Calibration]:
        """Score every chunk against the rest; window lengths with too few chunks are left out."""
        found = {}
        for slots in self._slots:
            short = slots.plan.window.seconds < DAY_SECONDS
            calibration = _calibrate(slots, total, strata if short else None)
            if calibration is not None:
                found[slots.plan.window.name] = calibration
        return found


def _calibrate(slots: _Slots, total: Profile, strata: Strata | None) -> Calibration | None:
    if len(slots.plan.starts) < LEAST_CHUNKS:
        return None
    debiased, divergence, expected, samples = [], [], [], []
    for rows in slots.chunks():
        chunk = slots.numeric[rows], slots.categorical[rows]
        rest = (
            _rest(chunk, total)
            if strata is None
            else strata.without(chunk, slots.hours(rows)).weighted(strata.shares(chunk, slots.hours(rows)))
        )
        scores = [
            jensen_shannon(np.maximum(reference, 0), part.sum(axis=0))
            for reference, part in zip(rest, chunk, strict=True)
        ]
        debiased.append(np.concatenate([score.debiased for score in scores]))
        divergence.append(np.concatenate([score.score**2 for score in scores]))
        expected.append(np.concatenate([score.noise_floor**2 for score in scores]))
        samples.append(np.concatenate([score.samples for score in scores]))
    return _summary(*(np.array(part) for part in (debiased, divergence, expected, samples)))


def _rest(chunk: tuple[Counts, Counts], total: Profile) -> tuple[Float64s, Float64s]:
    numeric, categorical = (part.sum(axis=0, dtype=np.float64) for part in chunk)
    return total.histogram.counts - numeric, total.categories.counts - categorical


def _summary(debiased: Float64s, divergence: Float64s, expected: Float64s, samples: Float64s) -> Calibration:
    """Summarise the chunks of one length, [chunks, columns]; chunks with too few samples say nothing."""
    usable = (samples >= LEAST_SAMPLES) & ~np.isnan(debiased)
    columns = debiased.shape[1]
    quantiles = np.full((3, columns), np.nan)
    most = np.full(columns, np.nan)
    for column in range(columns):
        scores = debiased[usable[:, column], column]
        if len(scores):
            quantiles[:, column] = np.quantile(scores, (0.5, 0.95, 0.99))
            most[column] = scores.max()
    observed = np.where(usable, divergence, 0.0).sum(axis=0)
    noise = np.where(usable, expected, 0.0).sum(axis=0)
    dispersion = np.where(noise > 0, observed / np.where(noise > 0, noise, 1.0), 1.0)
    # Four digits are what such figures are good for, and what the profile file keeps.
    figures = (np.round(part, 4) for part in (*quantiles, most, np.clip(dispersion, 1.0, MOST_DISPERSION)))
    return Calibration(usable.sum(axis=0), *figures)
