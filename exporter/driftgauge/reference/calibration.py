"""Chunk calibration: how far undrifted data strays from itself over a window's length.

Days are correlated and weeks differ: with fixed thresholds a delay or a temperature is in alert most of its life
(statistics.md 11). So timestamped reference data are cut into chunks of every window length, each chunk is scored against
the rest of the data (leave one out), and what undrifted chunks reach raises the threshold of that column and window.

Chunks start every quarter of their length, as production windows slide, or apart where that gives enough of them; of many,
200 evenly spread ones are scored. Memory: the counts of every slot that a chunk needs, once for all lengths that have slots of
an hour: for a year of data 9,000 hours, 75 MB per 100 columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.drift import (
    MOST_DISPERSION,
    STUCK_HOURS,
    jensen_shannon,
    jensen_shannon_of_kinds,
    residuals,
    stuck_values,
    tail_dispersion,
    values_of,
)
from driftgauge.profile import (
    DAY_SECONDS,
    HOUR_SECONDS,
    HOURS,
    LEAST_CHUNKS,
    STUCK,
    WINDOWS,
    Block,
    Calibration,
    Profile,
    ProfileSpec,
    Strata,
    Window,
)

__all__ = ["TimedCounts"]

Float64s = NDArray[np.float64]

#: chunks scored of each length
CHUNKS = 200
#: samples below which a chunk is noise, as production windows are
LEAST_SAMPLES = 100
#: chunks in which single values are looked at
_STUCK = Window(STUCK_HOURS * HOUR_SECONDS, STUCK)
#: rows of every hour of day below which strata would be noise themselves
LEAST_STRATUM_ROWS = 500
#: distance of an hour from the rest of the day that is a rhythm: half of what warns
CYCLE_DISTANCE = 0.05
#: and how sure that has to be: of 24 hours and 100 columns none should reach it by chance
CYCLE_EVIDENCE = 6.0


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

    @property
    def apart(self) -> NDArray[np.bool_]:
        """Which chunks share no slot, [chunks, chunks]."""
        apart: NDArray[np.bool_] = np.abs(self.starts[:, None] - self.starts) >= self.length
        return apart


class _Slots:
    """Counts of the slots of one length that some plan needs."""

    def __init__(self, slot_seconds: int, plans: Sequence[_Plan], spec: ProfileSpec) -> None:
        self.slot_seconds = slot_seconds
        self.ids = np.unique(np.concatenate([plan.slots for plan in plans]))
        self._spec = spec
        numeric, categorical = spec.zero().histogram.counts.shape, spec.zero().categories.counts.shape
        self.numeric = np.zeros((len(self.ids), *numeric), dtype=np.int32)
        self.categorical = np.zeros((len(self.ids), *categorical), dtype=np.int32)

    def add(self, block: Block, times: Floats) -> None:
        """Count the rows that fall into a needed slot."""
        if not len(self.ids):
            return
        slots = np.floor(times / self.slot_seconds)
        place = np.searchsorted(self.ids, slots)
        known = (place < len(self.ids)) & (self.ids[np.minimum(place, len(self.ids) - 1)] == slots)
        order = np.argsort(place[known], kind="stable")
        rows = np.flatnonzero(known)[order]
        found, starts = np.unique(place[rows], return_index=True)
        if not len(found):
            return
        for slot, chosen in zip(found, np.split(rows, starts[1:]), strict=True):
            profile = self._spec.count(block.take(chosen))
            self.numeric[slot] += profile.histogram.counts.astype(np.int32)
            self.categorical[slot] += profile.categories.counts.astype(np.int32)

    def chunks(self, plan: _Plan) -> Iterator[_Chunk]:
        """Yield the chunks of a plan."""
        for first in np.searchsorted(self.ids, plan.starts):
            rows = slice(first, first + plan.length)
            hours = self.ids[rows] * self.slot_seconds % DAY_SECONDS // HOUR_SECONDS
            yield _Chunk((self.numeric[rows], self.categorical[rows]), hours)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Counts of a chunk's slots, numeric and categorical, and the hour of day (UTC) of each slot."""

    counts: tuple[Counts, Counts]
    hours: NDArray[np.int64]

    def rest(self, total: Profile, strata: Strata | None) -> tuple[Float64s, Float64s]:
        """Return what the chunk is compared with: all other rows, or those of its hours."""
        if strata is not None:
            others = strata.without(self.counts, self.hours)
            numeric, categorical = others.weighted(strata.shares(self.counts, self.hours))
        else:
            whole = total.histogram.counts, total.categories.counts
            numeric, categorical = (
                all_rows - part.sum(axis=0, dtype=np.float64) for all_rows, part in zip(whole, self.counts, strict=True)
            )
        return np.maximum(numeric, 0), np.maximum(categorical, 0)


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
        self._plans = [_Plan.of(window, first, last) for window in windows]
        self._stuck = _Plan.of(_STUCK, first, last)
        plans = [*self._plans, self._stuck]
        self._slots = {
            seconds: _Slots(seconds, [plan for plan in plans if plan.slot_seconds == seconds], spec)
            for seconds in sorted({plan.slot_seconds for plan in plans})
        }
        zero = spec.zero()
        self._strata = Strata(
            *(np.zeros((HOURS, *counts.shape), np.int64) for counts in (zero.histogram.counts, zero.categories.counts))
        )

    def add(self, block: Block, times: Floats) -> None:
        """Take rows and their event times in (NaN: no chunk's)."""
        for slots in self._slots.values():
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
        found: dict[str, Calibration] = {}
        sessions = np.ones(len(self._spec.schema.columns))
        for plan in self._plans:
            if len(plan.starts) < LEAST_CHUNKS:
                continue
            chunks = list(self._slots[plan.slot_seconds].chunks(plan))
            short = plan.window.seconds < DAY_SECONDS
            scored = _Scored.of(chunks, total, strata if short else None)
            dispersion = scored.dispersion(plan.apart if short else None)
            if short:
                # What a day's rows share within it concerns the longer windows too, the rhythm of the day does not.
                by_hour = scored if strata is not None else _Scored.of(chunks, total, self._strata)
                sessions = np.fmax(sessions, by_hour.dispersion(plan.apart))
            else:
                dispersion = np.fmax(dispersion, sessions)
            found[plan.window.name] = _summary(scored.debiased, scored.usable, dispersion)
        if len(self._stuck.starts) >= LEAST_CHUNKS:
            found[STUCK] = self._stuck_figures(total)
        return found

    def _stuck_figures(self, total: Profile) -> Calibration:
        """Summarise how much of one value the chunks hold, each against the rest."""
        values = values_of(total)
        ratios = []
        for chunk in self._slots[self._stuck.slot_seconds].chunks(self._stuck):
            parts = zip(chunk.rest(total, None), chunk.counts, values, strict=True)
            ratios.append(np.concatenate([stuck_values(*part).ratio for part in parts]))
        found = np.array(ratios)
        return _summary(found, ~np.isnan(found), np.ones(found.shape[1]))


@dataclass(frozen=True, slots=True)
class _Scored:
    """The leave-one-out scores of the chunks of one length, [chunks, columns].

    `spread` holds the residuals of numeric and categorical columns, each [chunks, columns, bins].
    """

    debiased: Float64s
    divergence: Float64s
    expected: Float64s
    usable: NDArray[np.bool_]
    spread: tuple[Float64s, Float64s]

    @classmethod
    def of(cls, chunks: Sequence[_Chunk], total: Profile, strata: Strata | None) -> _Scored:
        """Score *chunks* against the rest."""
        scores, numeric, categorical = [], [], []
        for chunk in chunks:
            rests = chunk.rest(total, strata)
            parts = [part.sum(axis=0, dtype=np.int64) for part in chunk.counts]
            scores.append(jensen_shannon_of_kinds(*zip(rests, parts, strict=True)))
            numeric.append(residuals(rests[0], parts[0]))
            categorical.append(residuals(rests[1], parts[1]))
        debiased = np.array([score.debiased for score in scores])
        return cls(
            debiased,
            np.array([score.score**2 for score in scores]),
            np.array([score.noise_floor**2 for score in scores]),
            (np.array([score.samples for score in scores]) >= LEAST_SAMPLES) & ~np.isnan(debiased),
            (np.array(numeric), np.array(categorical)),
        )

    def dispersion(self, apart: NDArray[np.bool_] | None) -> Float64s:
        """Return the factor of every column; without *apart*, [chunks, chunks], only the ratio of the divergences."""
        observed = np.where(self.usable, self.divergence, 0.0).sum(axis=0)
        noise = np.where(self.usable, self.expected, 0.0).sum(axis=0)
        ratio = np.where(noise > 0, observed / np.where(noise > 0, noise, 1.0), 1.0)
        if apart is None:
            return np.clip(ratio, 1.0, MOST_DISPERSION)
        cut = self.spread[0].shape[1]
        return np.concatenate([
            tail_dispersion(ratio[:cut], self.spread[0], self.usable[:, :cut], apart),
            tail_dispersion(ratio[cut:], self.spread[1], self.usable[:, cut:], apart),
        ])  # fmt: skip


def _summary(figures: Float64s, usable: NDArray[np.bool_], dispersion: Float64s) -> Calibration:
    """Summarise the chunks of one length, [chunks, columns]; those with too few samples say nothing."""
    columns = figures.shape[1]
    quantiles = np.full((3, columns), np.nan)
    most = np.full(columns, np.nan)
    for column in range(columns):
        scores = figures[usable[:, column], column]
        if len(scores):
            quantiles[:, column] = np.quantile(scores, (0.5, 0.95, 0.99))
            most[column] = scores.max()
    # Four digits are what such figures are good for, and what the profile file keeps.
    return Calibration(usable.sum(axis=0), *(np.round(part, 4) for part in (*quantiles, most, dispersion)))
