"""Jensen-Shannon distance (base 2) with its noise floor, debiased score and evidence.

Guarantee: 0 for identical proportions, 1 for disjoint ones, never NaN while both sides have counts. Under no drift the
floor is the exact expectation (within 1 %), and the evidence -log10 p is right to a factor 5 in p down to p = 1e-6
(12 for 30 samples against 1,000). Formulas: statistics.md 1.3; the law of the score is a Pearson III on three moments.
Time: 0.3 ms for 100 columns of 20 bins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.drift.null_law import null_mean, null_moments
from driftgauge.drift.pearson import pearson_evidence

__all__ = ["JensenShannon", "divergence_and_expectation", "jensen_shannon", "jensen_shannon_of_kinds"]

Float64s = NDArray[np.float64]

#: in place of zero, where a logarithm, or the third power of a quotient, has to be finite
_TINY = 1e-75


@dataclass(frozen=True, slots=True)
class JensenShannon:
    """Scores of every column; all arrays have the leading shape of the counts, NaN where a side is empty.

    Attributes:
        score: plug-in distance, 0..1.
        noise_floor: the score to be expected without any drift, from sample sizes alone.
        debiased: sqrt(max(0, divergence - its expectation)): the distance without the noise's share.
        evidence: -log10 of the probability of such a score without drift, 0..300.
        samples: rows of the window.
    """

    score: Float64s
    noise_floor: Float64s
    debiased: Float64s
    evidence: Float64s
    samples: Float64s


def jensen_shannon(
    reference: Floats | Counts,
    current: Floats | Counts,
    dispersion: Floats | float = 1.0,
    growth: tuple[float, float] = (1.0, 1.0),
) -> JensenShannon:
    """Score counts of shape [..., bins] against reference counts that broadcast to them.

    Args:
        reference: counts of the reference; float when it was re-weighted.
        current: counts of the window.
        dispersion: how much wider than independent rows the score scatters, >= 1, shape [...] (statistics.md 4.2).
        growth: factors by which the variance and the third moment of the divergence exceed those of independent rows, >= 1.

    >>> result = jensen_shannon(np.array([40.0, 60.0]), np.array([80.0, 20.0]))
    >>> round(float(result.score), 3), round(float(result.evidence), 1)
    (0.353, 8.0)
    """
    return _scored(_facts(reference, current), dispersion, growth)


def jensen_shannon_of_kinds(
    *kinds: tuple[Floats | Counts, Floats | Counts], dispersion: Floats | float = 1.0
) -> JensenShannon:
    """Score columns of several kinds, each a pair of counts as `jensen_shannon` takes them, beside one another.

    The evidence of all of them is worked out at once, which takes hardly longer than that of one kind.
    """
    facts = zip(*(_facts(reference, current) for reference, current in kinds), strict=True)
    return _scored([np.concatenate(parts, axis=-1) for parts in facts], dispersion)


def _facts(reference: Floats | Counts, current: Floats | Counts) -> Sequence[Float64s]:
    """Return the divergence of every column, its first three moments without drift, 0 or NaN where undefined, and samples."""
    r, c, n_r, n = _sides(reference, current)
    with np.errstate(divide="ignore", invalid="ignore"):
        divergence = _divergence(r / n_r[..., None], c / n[..., None])
        return (divergence, *_null(r + c, n_r, n), _undefined(n_r, n), n)


def _scored(
    facts: Sequence[Float64s], dispersion: Floats | float, growth: tuple[float, float] = (1.0, 1.0)
) -> JensenShannon:
    divergence, mean, variance, third, undefined, samples = facts
    with np.errstate(divide="ignore", invalid="ignore"):
        evidence = pearson_evidence(divergence / dispersion, mean, variance * growth[0], third * growth[1])
        debiased = np.sqrt(np.maximum(divergence - mean, 0.0))
        floor = np.sqrt(mean)
    return JensenShannon(
        np.sqrt(divergence) + undefined, floor + undefined, debiased + undefined, evidence + undefined, samples
    )


def divergence_and_expectation(
    reference: Floats | Counts, current: Floats | Counts
) -> tuple[Float64s, Float64s, Float64s]:
    """Return the squared score, its expectation without any drift and the rows of the window; NaN as `jensen_shannon`.

    What only needs these, such as hundreds of blocks of the past, need not pay for evidence: a third of the time.
    """
    r, c, n_r, n = _sides(reference, current)
    with np.errstate(divide="ignore", invalid="ignore"):
        divergence = _divergence(r / n_r[..., None], c / n[..., None])
        t, lam = _sizes(r + c, n_r, n)
        expectation = np.where(_used(t) > 1, np.vecdot(t, null_mean(lam)), 0.0)
    undefined = _undefined(n_r, n)
    return divergence + undefined, expectation + undefined, n


def _sides(reference: Floats | Counts, current: Floats | Counts) -> tuple[Float64s, Float64s, Float64s, Float64s]:
    """Return both sides as floats of one shape, and their totals."""
    r, c = np.broadcast_arrays(np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64))
    return r, c, _sum(r), _sum(c)


def _undefined(n_r: Float64s, n: Float64s) -> Float64s:
    """Return NaN where a side is empty, 0 elsewhere."""
    return np.where((n_r > 0) & (n > 0), 0.0, np.nan)


def _divergence(p: Float64s, q: Float64s) -> Float64s:
    middle = p + q
    middle *= 0.5
    terms = _bits(p, middle)
    terms += _bits(q, middle)
    divergence: Float64s = np.clip(_sum(terms) / 2, 0.0, 1.0)
    # Equal proportions give exactly 0: rounding must not look like drift.
    return np.where(divergence < 1e-15, 0.0, divergence)


def _bits(share: Float64s, middle: Float64s) -> Float64s:
    """Return share * log2(share / middle); 0 where there is no share, because then the logarithm is finite."""
    bits = share / middle
    np.fmax(bits, _TINY, out=bits)
    np.log2(bits, out=bits)
    bits *= share
    return bits


def _null(pooled: Float64s, n_r: Float64s, n: Float64s) -> tuple[Float64s, Float64s, Float64s]:
    """Return mean, variance and third central moment of the divergence under no drift."""
    size = n_r * n / (n_r + n)
    t, lam = _sizes(pooled, n_r, n)
    used = _used(t)
    h, v, cv, k3 = null_moments(lam)
    u = np.where(t > 0, 1 - t, 0.0)
    degrees, squared, u_squared = used - 1, t * t, u * u
    mean = np.vecdot(t, h)
    variance = (np.vecdot(squared, v) - np.vecdot(t, cv) ** 2 / size) * degrees / _sum(u_squared)
    third = np.vecdot(squared * t, k3) * degrees / np.vecdot(u_squared, u)
    # One bin with all the mass cannot differ: no noise either.
    return tuple(np.where(used > 1, moment, 0.0) for moment in (mean, variance, third))  # type: ignore[return-value]


def _sizes(pooled: Float64s, n_r: Float64s, n: Float64s) -> tuple[Float64s, Float64s]:
    """Return every bin's share t of both sides together, and lambda = n_e t / (1 - t); both are 0 for empty bins."""
    t = pooled / (n_r + n)[..., None]
    lam = (n_r * n / (n_r + n))[..., None] * t
    rest = 1 - t
    lam /= np.maximum(rest, _TINY, out=rest)
    return t, lam


def _used(t: Float64s) -> Counts:
    """Return how many bins have a share."""
    used: Counts = (t > 0).sum(axis=-1)
    return used


def _sum(values: Float64s) -> Float64s:
    """Return the sum of each row: as a product it takes a fifth of the time of a reduction along so short an axis."""
    total: Float64s = values @ np.ones(values.shape[-1])
    return total
