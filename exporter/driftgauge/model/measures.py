"""What is said of a window beside its score: further measures, facts of the columns, shares of classes.

Each is a pure function of the reference and one window; an undefined value is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import chi_square, kl_bits, kolmogorov_smirnov, mean_shift, psi, rate_ratio, wasserstein
from driftgauge.drift.rates import RARE, RateRatio
from driftgauge.model.evaluation import ClassShares
from driftgauge.profile import OUTPUT, Profile

__all__ = ["MEASURES", "class_shares", "facts"]

Float64s = NDArray[np.float64]


def _both(numeric: Float64s, categorical: Float64s) -> Float64s:
    return np.concatenate([numeric, categorical])


def _numeric(values: Float64s, profile: Profile) -> Float64s:
    """Pad a measure of ordered columns with undefined values for the categorical ones."""
    return _both(values, np.full(profile.spec.categories.columns, np.nan))


def _psi(reference: Profile, current: Profile) -> Float64s:
    spec = reference.spec
    return _both(
        psi(reference.histogram.counts, current.histogram.counts, spec.histogram.valid),
        psi(reference.categories.counts, current.categories.counts, spec.categories.valid),
    )


def _kl_bits(reference: Profile, current: Profile) -> Float64s:
    spec = reference.spec
    return _both(
        kl_bits(reference.histogram.counts, current.histogram.counts, spec.histogram.valid),
        kl_bits(reference.categories.counts, current.categories.counts, spec.categories.valid),
    )


def _chi2(reference: Profile, current: Profile) -> Float64s:
    return _both(
        chi_square(reference.histogram.counts, current.histogram.counts)[0],
        chi_square(reference.categories.counts, current.categories.counts)[0],
    )


def _ks(reference: Profile, current: Profile) -> Float64s:
    distance = kolmogorov_smirnov(reference.histogram.counts[:, :-1], current.histogram.counts[:, :-1]).distance
    return _numeric(distance, reference)


def _wasserstein(reference: Profile, current: Profile) -> Float64s:
    r, c = reference.histogram, current.histogram
    return _numeric(wasserstein(r.counts[:, :-1], c.counts[:, :-1], r.bin_means, c.bin_means, r.stddev).sigmas, reference)


def _mean_shift(reference: Profile, current: Profile) -> Float64s:
    r, c = reference.histogram, current.histogram
    return _numeric(mean_shift(r.mean, r.stddev, r.finite, c.mean, c.finite).sigmas, reference)


#: measure -> its values for every column, by the names in `config.MEASURES`
MEASURES: Mapping[str, Callable[[Profile, Profile], Float64s]] = MappingProxyType({
    "psi": _psi,
    "kl_bits": _kl_bits,
    "ks": _ks,
    "wasserstein_sigma": _wasserstein,
    "chi2": _chi2,
    "mean_shift_sigma": _mean_shift,
})


def facts(reference: Profile, current: Profile) -> Mapping[str, Float64s]:
    """Return what can be said of the columns themselves in the window."""
    numeric, categorical = current.histogram, current.categories
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(reference.histogram.stddev > 0, numeric.stddev / reference.histogram.stddev, np.nan)
    known = np.array(reference.spec.categories.complete, dtype=bool)
    return {
        "mean": _numeric(numeric.mean, reference),
        "stddev_ratio": _numeric(spread, reference),
        "missing_ratio": _both(numeric.missing_ratio, categorical.missing_ratio),
        "out_of_range_ratio": _numeric(numeric.outside_ratio, reference),
        "unseen_ratio": _both(
            np.full(reference.spec.histogram.columns, np.nan), np.where(known, categorical.unseen_ratio, np.nan)
        ),
    }


def class_shares(reference: Profile, current: Profile) -> tuple[ClassShares, ...]:
    """Return the shares of every categorical output's classes."""
    shares = []
    for i, column in enumerate(reference.spec.schema.categorical):
        if column.role != OUTPUT:
            continue
        names = reference.spec.categories.names[i]
        before, now = (
            np.append(counts[i, : len(names)], counts[i, -2])
            for counts in (reference.categories.counts, current.categories.counts)
        )
        rates = rate_ratio(before, now)
        common = before >= RARE * before.sum()
        with np.errstate(invalid="ignore"):
            ratios = now / now.sum()
        shares.append(
            ClassShares(
                column,
                (*names, "_other"),
                ratios,
                RateRatio(np.where(common, np.nan, rates.ratio), np.where(common, np.nan, rates.evidence)),
            )
        )
    return tuple(shares)
