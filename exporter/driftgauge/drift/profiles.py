"""Drift of two profiles of the same spec: every measure of every column, in the order of the schema.

Numeric columns come first, categorical ones after them. Pure functions of counts and sums; what a kind of column does not
have (an order, for categories) is NaN there. Time: a few milliseconds for 100 columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift.chi_square import chi_square
from driftgauge.drift.divergence import kl_bits, psi
from driftgauge.drift.jensen_shannon import JensenShannon, jensen_shannon_of_kinds
from driftgauge.drift.kolmogorov_smirnov import kolmogorov_smirnov
from driftgauge.drift.mean_shift import mean_shift
from driftgauge.drift.wasserstein import wasserstein
from driftgauge.profile import Profile

__all__ = ["MEASURES", "missing_ratios", "numeric_only", "scores"]

Float64s = NDArray[np.float64]


def scores(reference: Profile, current: Profile) -> JensenShannon:
    """Return the Jensen-Shannon scores of every column, [columns]."""
    return jensen_shannon_of_kinds(
        (reference.histogram.counts, current.histogram.counts), (reference.categories.counts, current.categories.counts)
    )


def numeric_only(values: Float64s, profile: Profile) -> Float64s:
    """Pad a measure of ordered columns with undefined values for the categorical ones."""
    return np.concatenate([values, np.full(profile.spec.categories.columns, np.nan)])


def missing_ratios(profile: Profile) -> Float64s:
    """Return the share of missing values of every column."""
    return np.concatenate([profile.histogram.missing_ratio, profile.categories.missing_ratio])


def _psi(reference: Profile, current: Profile) -> Float64s:
    spec = reference.spec
    return np.concatenate(
        [
            psi(reference.histogram.counts, current.histogram.counts, spec.histogram.valid),
            psi(reference.categories.counts, current.categories.counts, spec.categories.valid),
        ]
    )


def _kl_bits(reference: Profile, current: Profile) -> Float64s:
    spec = reference.spec
    return np.concatenate(
        [
            kl_bits(reference.histogram.counts, current.histogram.counts, spec.histogram.valid),
            kl_bits(reference.categories.counts, current.categories.counts, spec.categories.valid),
        ]
    )


def _chi2(reference: Profile, current: Profile) -> Float64s:
    return np.concatenate(
        [
            chi_square(reference.histogram.counts, current.histogram.counts)[0],
            chi_square(reference.categories.counts, current.categories.counts)[0],
        ]
    )


def _ks(reference: Profile, current: Profile) -> Float64s:
    found = kolmogorov_smirnov(reference.histogram.counts[:, :-1], current.histogram.counts[:, :-1])
    return numeric_only(found.distance, reference)


def _wasserstein(reference: Profile, current: Profile) -> Float64s:
    r, c = reference.histogram, current.histogram
    found = wasserstein(r.counts[:, :-1], c.counts[:, :-1], r.bin_means, c.bin_means, r.stddev)
    return numeric_only(found.sigmas, reference)


def _mean_shift(reference: Profile, current: Profile) -> Float64s:
    r, c = reference.histogram, current.histogram
    return numeric_only(mean_shift(r.mean, r.stddev, r.finite, c.mean, c.finite).sigmas, reference)


#: measure -> its values for every column, by the names in `config.MEASURES`
MEASURES: Mapping[str, Callable[[Profile, Profile], Float64s]] = MappingProxyType(
    {
        "psi": _psi,
        "kl_bits": _kl_bits,
        "ks": _ks,
        "wasserstein_sigma": _wasserstein,
        "chi2": _chi2,
        "mean_shift_sigma": _mean_shift,
    }
)
