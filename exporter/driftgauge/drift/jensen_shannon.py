"""Jensen-Shannon distance (base 2) with its noise floor, debiased score and evidence.

Guarantee: 0 for identical proportions, 1 for disjoint ones, never NaN while both sides have counts. Under no drift the
floor is the exact expectation (within 1 %), and the evidence -log10 p is right to a factor 5 in p down to p = 1e-6
(12 for 30 samples against 1,000). Formulas: statistics.md 1.3; the law of the score is a Pearson III on three moments.
Time: 0.6 ms for 100 columns of 20 bins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts, Floats
from driftgauge.drift.null_law import null_mean, null_moments
from driftgauge.drift.pearson import pearson_evidence

__all__ = ["JensenShannon", "divergence_and_expectation", "jensen_shannon"]

Float64s = NDArray[np.float64]


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
    reference: Floats | Counts, current: Floats | Counts, dispersion: Floats | float = 1.0
) -> JensenShannon:
    """Score counts of shape [..., bins] against reference counts that broadcast to them.

    Args:
        reference: counts of the reference; float when it was re-weighted.
        current: counts of the window.
        dispersion: how much wider than independent rows the score scatters, >= 1, shape [...] (statistics.md 4.2).

    >>> result = jensen_shannon(np.array([40.0, 60.0]), np.array([80.0, 20.0]))
    >>> round(float(result.score), 3), round(float(result.evidence), 1)
    (0.353, 8.0)
    """
    r, c = np.broadcast_arrays(np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64))
    n_r, n = r.sum(axis=-1), c.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        divergence = _divergence(r / n_r[..., None], c / n[..., None])
        mean, variance, third = _null(r + c, n_r, n)
        floor = np.sqrt(mean)
        debiased = np.sqrt(np.maximum(divergence - mean, 0.0))
        evidence = pearson_evidence(divergence / dispersion, mean, variance, third)
    defined = (n_r > 0) & (n > 0)
    undefined = np.where(defined, 0.0, np.nan)
    return JensenShannon(
        np.sqrt(divergence) + undefined, floor + undefined, debiased + undefined, evidence + undefined, n
    )


def divergence_and_expectation(
    reference: Floats | Counts, current: Floats | Counts
) -> tuple[Float64s, Float64s, Float64s]:
    """Return the squared score, its expectation without any drift and the rows of the window; NaN as `jensen_shannon`.

    What only needs these, such as hundreds of blocks of the past, need not pay for evidence: a third of the time.
    """
    r, c = np.broadcast_arrays(np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64))
    n_r, n = r.sum(axis=-1), c.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        divergence = _divergence(r / n_r[..., None], c / n[..., None])
        t, lam = _sizes(r + c, n_r, n)[:2]
        expectation = np.where((t > 0).sum(axis=-1) > 1, (t * null_mean(lam)).sum(axis=-1), 0.0)
    undefined = np.where((n_r > 0) & (n > 0), 0.0, np.nan)
    return divergence + undefined, expectation + undefined, n


def _divergence(p: Float64s, q: Float64s) -> Float64s:
    middle = (p + q) / 2
    terms = np.where(p > 0, p * np.log2(p / middle), 0.0) + np.where(q > 0, q * np.log2(q / middle), 0.0)
    divergence: Float64s = np.clip(terms.sum(axis=-1) / 2, 0.0, 1.0)
    # Equal proportions give exactly 0: rounding must not look like drift.
    return np.where(divergence < 1e-15, 0.0, divergence)


def _null(pooled: Float64s, n_r: Float64s, n: Float64s) -> tuple[Float64s, Float64s, Float64s]:
    """Return mean, variance and third central moment of the divergence under no drift."""
    size = n_r * n / (n_r + n)
    t, lam, u = _sizes(pooled, n_r, n)
    used = (t > 0).sum(axis=-1)
    h, v, cv, k3 = null_moments(lam)
    degrees = used - 1
    mean = (t * h).sum(axis=-1)
    variance = ((t**2 * v).sum(axis=-1) - (t * cv).sum(axis=-1) ** 2 / size) * degrees / (u**2).sum(axis=-1)
    third = (t**3 * k3).sum(axis=-1) * degrees / (u**3).sum(axis=-1)
    # One bin with all the mass cannot differ: no noise either.
    return tuple(np.where(used > 1, moment, 0.0) for moment in (mean, variance, third))  # type: ignore[return-value]


def _sizes(pooled: Float64s, n_r: Float64s, n: Float64s) -> tuple[Float64s, Float64s, Float64s]:
    """Return every bin's share t of both sides together, lambda = n_e t / (1 - t), and 1 - t; shares of empty bins are 0."""
    size = n_r * n / (n_r + n)
    used = pooled > 0
    t = pooled / (n_r + n)[..., None]
    u = np.where(used, 1 - t, 0.0)
    lam = np.where(used & (u > 0), size[..., None] * t / np.where(u > 0, u, 1.0), 1.0)
    return np.where(used, t, 0.0), lam, u
