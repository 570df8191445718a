"""Model of what Prometheus does with counters, in Python, for expectations: rate, and the chain of recorded windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tests.alerting.large_sample import evidence

__all__ = ["Counters", "rate", "scored", "window_counts"]

#: values of a counter at every minute; None where it was not scraped
Counter = Sequence[float | None]
#: per pod, per bin
Counters = Mapping[str, Sequence[Counter | None]]

RANGE = 300.0


def rate(counter: Counter, minute: int) -> float | None:
    """Return `rate(counter[5m])` as Prometheus 2 evaluates it: resets, then extrapolation to the ends of the range."""
    samples = [(at * 60.0, value) for at in range(max(minute - 5, 0), minute + 1) if (value := counter[at]) is not None]
    if len(samples) < 2:
        return None
    (first, start), (last, end) = samples[0], samples[-1]
    grown = end - start + sum(before for (_, before), (_, after) in pairwise(samples) if after < before)
    sampled = last - first
    spacing = sampled / (len(samples) - 1)
    to_start, to_end = first - (minute * 60 - RANGE), minute * 60 - last
    if grown > 0 and start >= 0:
        to_start = min(to_start, sampled * start / grown)
    reach = sampled + sum(gap if gap < 1.1 * spacing else spacing / 2 for gap in (to_start, to_end))
    return grown * reach / sampled / RANGE


def window_counts(pods: Counters, bins: int, minute: int, day_minutes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of the last hour and of the last *day_minutes*, as the rules record them every minute."""
    rates = np.zeros((minute + 1, bins))
    for at in range(minute + 1):
        for counters in pods.values():
            for number, counter in enumerate(counters):
                if counter is not None:
                    rates[at, number] += rate(counter, at) or 0.0
    hours = np.array([rates[max(at - 59, 0) : at + 1].sum(axis=0) * 60 for at in range(minute + 1)])
    return hours[minute], hours[max(minute - day_minutes + 1, 0) :].sum(axis=0) / 60


@dataclass(frozen=True, slots=True)
class Expected:
    """What the recorded series must say."""

    samples: float
    js_distance: float
    psi: float
    noise_floor: float
    debiased: float
    evidence: float


def scored(counts: np.ndarray, shares: np.ndarray, reference_rows: float, dispersion: float = 1.0) -> Expected:
    """Score counts against the shares of a reference, by definition."""
    n = counts.sum()
    p, q = counts / n, np.asarray(shares)
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log2(p / middle), 0) + np.where(q > 0, q * np.log2(q / middle), 0)
    divergence = max(float(terms.sum()) / 2, 0.0)
    low_p, low_q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    degrees, z = int(np.count_nonzero(p + q > 0)) - 1, 1 / n + 1 / reference_rows
    floor = degrees * z / (8 * np.log(2))
    return Expected(
        n,
        np.sqrt(divergence),
        float(((low_p - low_q) * np.log(low_p / low_q)).sum()),
        np.sqrt(floor),
        np.sqrt(max(divergence - floor, 0)),
        evidence(divergence / dispersion, degrees, z),
    )
