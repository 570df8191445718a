"""Levels: what one slot says of the model as a whole, one value a series.

    loss         share of the labelled predictions that were wrong; of a regression their mean absolute error
    confidence   mean of the largest class probability
    latency      mean of ln(seconds) of the requests, so that a doubling is one step at any speed
    error_rate   share of the requests that failed

A level is additive: that of two slots is the merge of their levels. Rows, mean and variance of a row are what a detector needs to
know how far values of few and of many rows stray by chance. Latencies are read from buckets 9 % wide, at their middles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from driftgauge.derive.confidence import TOP1
from driftgauge.profile import NUMERIC, OUTPUT, Profile
from driftgauge.profile.outcomes import CONFUSION, ERRORS
from driftgauge.sketch import ExponentialHistogram

__all__ = ["Level", "SlotLevels", "levels_of", "presented"]


@dataclass(frozen=True, slots=True)
class Level:
    """Rows of one slot or more: their number, their mean, and the variance of a single one."""

    rows: int
    mean: float
    variance: float

    def merge(self, other: Level) -> Level:
        """Return the level of both."""
        rows = self.rows + other.rows
        share = other.rows / max(rows, 1)  # an empty side must weigh nothing
        gap = other.mean - self.mean
        within = self.variance * (1 - share) + other.variance * share
        return Level(rows, self.mean + gap * share, within + gap * gap * share * (1 - share))


#: number of a slot (time // seconds), and what it says of each series that it has rows of
SlotLevels = tuple[int, Mapping[str, Level]]


def levels_of(profile: Profile, outcomes: Mapping[str, Any], requests: tuple[int, int]) -> Mapping[str, Level]:
    """Return the levels of a slot.

    Args:
        profile: rows and latencies of the slot.
        outcomes: sketches of the labels that came in it, by name; empty without any.
        requests: requests, and those of them that failed.
    """
    found = {
        "loss": _loss(outcomes),
        "confidence": _confidence(profile),
        "latency": _latency(profile.latency),
        "error_rate": _share(requests[1], requests[0]),
    }
    return {name: level for name, level in found.items() if level.rows and math.isfinite(level.mean + level.variance)}


#: series -> what people read of its mean, where that is something else
_PRESENTED: Mapping[str, Callable[[float], float]] = MappingProxyType({"latency": math.exp})


def presented(series: str, mean: float) -> float:
    """Return a mean in the unit that is published: latencies in seconds."""
    return _PRESENTED.get(series, float)(mean)


_NONE = Level(0, 0.0, 0.0)


def _share(part: int, rows: int) -> Level:
    share = part / max(rows, 1)
    return Level(rows, share, share * (1 - share))


def _loss(outcomes: Mapping[str, Any]) -> Level:
    if CONFUSION in outcomes:
        counts = outcomes[CONFUSION]
        return _share(counts.total - counts.correct, counts.total)
    if ERRORS in outcomes and outcomes[ERRORS].total > 1:
        errors = outcomes[ERRORS]
        return Level(errors.total, errors.mean_absolute_error, errors.absolute_error_variance)
    return _NONE


def _confidence(profile: Profile) -> Level:
    for place, column in enumerate(profile.spec.schema.numeric):
        if column.name == TOP1 and column.role == OUTPUT and column.kind == NUMERIC:
            histogram = profile.histogram
            rows = int(histogram.finite[place])
            return Level(rows, float(histogram.mean[place]), float(histogram.stddev[place]) ** 2) if rows else _NONE
    return _NONE


def _latency(histogram: ExponentialHistogram) -> Level:
    counts = histogram.counts[0]
    rows = int(counts.sum())
    if not rows:
        return _NONE
    bounds = np.log(histogram.spec.bounds)
    # the middle of a bucket on the scale of logarithms; what counts as zero stands at its threshold
    middles = bounds - np.where(np.arange(len(bounds)) > 0, math.log(2) / 2 ** (histogram.spec.schema + 1), 0.0)
    mean = float(counts @ middles) / rows
    return Level(rows, mean, float(counts @ np.square(middles - mean)) / rows)
