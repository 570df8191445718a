"""Sums: what an evaluation needs of a ring, taken in one go so that scoring can run while rows go on coming in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts
from driftgauge.drift.mean_change import FeatureSums
from driftgauge.model.levels import SlotLevels
from driftgauge.model.past import PASTS
from driftgauge.model.segments import SegmentSums
from driftgauge.profile import DAY_SECONDS, HOUR_SECONDS, WINDOWS, CountRing, Profile, Ring, Window
from driftgauge.sketch import MeanVector, TokenCounts

__all__ = ["Change", "EmbeddingPast", "Trailing", "WindowSums", "collect"]

Float64s = NDArray[np.float64]

#: window name -> how many blocks of how many seconds tell its dispersion; the long windows take the day's
TRAILING = {"15m": (95, 900), "1h": (167, HOUR_SECONDS), "6h": (27, 6 * HOUR_SECONDS), "24h": (13, DAY_SECONDS)}


@dataclass(frozen=True, slots=True)
class Trailing:
    """Counts of blocks of past traffic, [blocks, columns, bins], and the hour of day at which each began, [blocks].

    Counts are held as int32 where all of them fit: of 1,000 columns 25 MB, while they are looked at.
    """

    numeric: Counts
    categorical: Counts
    hours: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """The newest traffic and the past that it is compared with."""

    mode: str
    window: Window
    past: Profile
    current: Profile


@dataclass(frozen=True, slots=True)
class EmbeddingPast:
    """The newest vectors and the past that they are compared with, by name of the embedding."""

    mode: str
    window: Window
    past: Mapping[str, FeatureSums]
    current: Mapping[str, FeatureSums]


@dataclass(frozen=True, slots=True)
class WindowSums:
    """The windows of a model at one time.

    Attributes:
        time: on the model's clock.
        windows: the windows, shortest first.
        profiles: what each holds.
        coverage: observed share of each window's length, or of its rows, [windows].
        spans: seconds that each window reaches back, [windows].
        hours: share of each window's rows in each hour of day, [windows, 24].
        trailing: blocks of past traffic by window name; empty unless an hour has ended since the last time.
        changes: the newest traffic beside its past; None unless an hour has ended since the last time.
        segments: parts of the traffic; None where none are configured.
        minutes: the minutes with rows that have ended and were not taken before, (time // 60, profile); only where wanted.
        embeddings: sums of the features of embeddings in each window of time, by name; empty where there are none.
        tokens: token counts of texts in each window of time, by name; empty where there are none.
        embedding_changes: the same beside their past; None unless an hour has ended since the last time, and where there are none.
        levels: slots that have ended and were not taken before; only where changes of level are watched.
        begun: time of the first observation; None before it, and where rows have no times.
    """

    time: float
    windows: tuple[Window, ...]
    profiles: tuple[Profile, ...]
    coverage: Float64s
    spans: Float64s
    hours: Float64s
    trailing: dict[str, Trailing]
    changes: tuple[Change, ...] | None
    segments: SegmentSums | None = None
    minutes: tuple[tuple[int, Profile], ...] = ()
    embeddings: tuple[Mapping[str, MeanVector], ...] = ()
    tokens: tuple[Mapping[str, TokenCounts], ...] = ()
    embedding_changes: tuple[EmbeddingPast, ...] | None = None
    levels: tuple[SlotLevels, ...] = ()
    begun: float | None = None


def collect(ring: Ring, counted: tuple[CountRing, ...], now: float, *, past: bool) -> WindowSums:
    """Take the sums of the windows of time and of rows; what only changes when an hour ends only if *past* is wanted."""
    return WindowSums(
        now,
        (*WINDOWS, *(Window.of_rows(rows.rows) for rows in counted)),
        (*(ring.window(window, now) for window in WINDOWS), *(rows.window for rows in counted)),
        np.array([*(ring.coverage(window, now) for window in WINDOWS), *(rows.coverage for rows in counted)]),
        np.array([*(float(window.seconds) for window in WINDOWS), *(rows.span(now) for rows in counted)]),
        np.stack([*(ring.hours(window, now) for window in WINDOWS), *(rows.hours for rows in counted)]),
        {name: _blocks(ring, now, *plan) for name, plan in TRAILING.items()} if past else {},
        tuple(_changes(ring, now)) if past else None,
        begun=ring.since,
    )


def _blocks(ring: Ring, now: float, number: int, seconds: int) -> Trailing:
    end = now // seconds * seconds
    empty = ring.spec.zero()
    numeric, categorical = (
        np.zeros((number, *part.counts.shape), dtype=np.int32) for part in (empty.histogram, empty.categories)
    )
    starts = end - seconds * np.arange(1, number + 1)
    for index, start in enumerate(starts):
        if ring.since is None or start < ring.since:
            break  # a block that was observed in part only is no block
        block = ring.past(seconds, end, back=int(end - start) - seconds)
        if int(block.rows[0]) > np.iinfo(numeric.dtype).max:
            numeric, categorical = numeric.astype(np.int64), categorical.astype(np.int64)
        numeric[index], categorical[index] = block.histogram.counts, block.categories.counts
    return Trailing(numeric, categorical, (starts % DAY_SECONDS // HOUR_SECONDS).astype(np.int64))


def _changes(ring: Ring, now: float) -> Iterator[Change]:
    for past in PASTS:
        seconds = past.window.seconds
        first, *others = (ring.past(seconds, now, back=back) for back in past.backs)
        yield Change(past.mode, past.window, reduce(Profile.merge, others, first), ring.past(seconds, now))
