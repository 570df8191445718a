"""Slots of a model's series with and without a change, and what the detectors of changes make of them.

Rows are independent and drawn slot by slot from what a slot's sums really have: failures and wrong predictions are binomial, means of
confidences and of logarithms of latencies are normal (a slot has 20 rows or more), their variances are those of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from driftgauge.level_settings import LevelChangeSettings
from driftgauge.model.level_watch import LevelWatch
from driftgauge.model.levels import Level

__all__ = ["CHANGES", "DAY", "SERIES", "TRAFFIC", "delay", "false_changes", "slots"]

DAY = 1_440
SERIES = ("loss", "confidence", "latency", "error_rate")
#: name of a kind of traffic -> what it is
TRAFFIC = {
    "steady": "100 rows a slot",
    "daily": "20 to 180 rows a slot, in the course of a day",
    "thin": "7 rows a slot",
    "memory": "100 rows a slot; levels that keep half of a deviation from slot to slot",
    "rhythm": "100 rows a slot; levels that follow the time of day",
}
#: level, standard deviation of a row (None: of a share, as the level has it)
_LEVELS = {"loss": (0.10, None), "confidence": (0.85, 0.15), "latency": (np.log(0.05), 0.5), "error_rate": (0.01, None)}
#: what changes -> (series, level after)
CHANGES = {
    "latency 50 ms to 55 ms": ("latency", np.log(0.055)),
    "latency 50 ms to 65 ms": ("latency", np.log(0.065)),
    "confidence 0.85 to 0.83": ("confidence", 0.83),
    "confidence 0.85 to 0.80": ("confidence", 0.80),
    "wrong 10 % to 13 %": ("loss", 0.13),
    "wrong 10 % to 20 %": ("loss", 0.20),
    "failed 1 % to 2 %": ("error_rate", 0.02),
    "failed 1 % to 5 %": ("error_rate", 0.05),
}


def slots(
    series: str, traffic: str, count: int, seed: int, *, at: int = 0, after: float | None = None
) -> Iterator[Level]:
    """Yield *count* slots; from slot *at* on the level is *after*, if that is given."""
    rng = np.random.default_rng([seed, SERIES.index(series), list(TRAFFIC).index(traffic)])
    level, deviation = _LEVELS[series]
    phase = np.sin(2 * np.pi * np.arange(count) / DAY)
    expected = {"daily": 100 + 80 * phase, "thin": np.full(count, 7.0)}.get(traffic, np.full(count, 100.0))
    rows = np.maximum(rng.poisson(expected), 1)
    levels = np.full(count, level)
    if after is not None:
        levels[at:] = after
    # what a slot of 100 rows strays by chance is the unit of what else moves the level
    unit = (np.sqrt(level * (1 - level)) if deviation is None else deviation) / 10
    if traffic == "memory":
        levels += unit * _remembering(rng.standard_normal(count))
    if traffic == "rhythm":
        levels += unit * phase
    for n, mean in zip(rows.tolist(), levels.tolist(), strict=True):
        if deviation is None:
            share = rng.binomial(n, min(max(mean, 0.0), 1.0)) / n
            yield Level(n, share, share * (1 - share))
        else:
            yield Level(n, mean + rng.standard_normal() * deviation / np.sqrt(n), deviation**2)


def _remembering(noise: np.ndarray) -> np.ndarray:
    found = noise.copy()
    for place in range(1, len(found)):
        found[place] = 0.5 * found[place - 1] + np.sqrt(0.75) * noise[place]
    return found


def _found(detector: str, series: str, levels: Iterator[Level]) -> Iterator[tuple[int, int]]:
    """Yield each change: the slot in which it was found, and the slot since which it is."""
    watch = LevelWatch(LevelChangeSettings(detectors=(detector,)), 0.0)
    before = 0
    for slot, level in enumerate(levels):
        view = watch.take([(slot, {series: level})])
        count = sum(view[0].changes.values()) if view else 0
        if count > before and view[0].last is not None:
            before = count
            yield view[0].last.found // 60, view[0].last.since // 60


def false_changes(detector: str, series: str, traffic: str, *, streams: int, days: int, seed: int = 1) -> int:
    """Return how many changes are found in streams that have none."""
    found = 0
    for stream in range(streams):
        watch = LevelWatch(LevelChangeSettings(detectors=(detector,)), 0.0)
        levels = slots(series, traffic, days * DAY, seed + 1_000 * stream)
        (view,) = watch.take((slot, {series: level}) for slot, level in enumerate(levels))
        found += sum(view.changes.values())
    return found


def delay(detector: str, change: str, *, stream: int, before: int = 600, wait: int = 600) -> tuple[int, int] | None:
    """Return after how many slots a change is found and how far off its time is; None when it is not within *wait* slots."""
    series, after = CHANGES[change]
    levels = slots(series, "steady", before + wait, 7 + 1_000 * stream, at=before, after=float(after))
    for found, since in _found(detector, series, levels):
        if found >= before:
            return found - before + 1, since - before
    return None
