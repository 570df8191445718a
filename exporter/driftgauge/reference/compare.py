"""Comparison: what has changed between a reference and another profile, column by column, worst first.

A column is judged by its debiased score and its evidence (statistics.md 12.8). The plain score alone does not do: 49 % of
pairs of 1,000 and 500 rows without any drift exceed 0.1 at 20 bins. `naive=True` shows what it would have said.
Time: a few milliseconds for 100 columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import (
    UNDECIDED,
    JensenShannon,
    Rule,
    jensen_shannon,
    judge,
    kl_bits,
    kolmogorov_smirnov,
    mean_shift,
    psi,
    wasserstein,
)
from driftgauge.profile import ColumnSchema, Profile, Reference
from driftgauge.reference.rebin import aligned

__all__ = ["ColumnComparison", "Comparison", "compare_profiles"]

Float64s = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ColumnComparison:
    """One column of both sides; NaN where a measure is undefined, as ordered ones are for categories.

    Attributes:
        column: name, role and kind.
        status: `drift.UNDECIDED`, `OK`, `WARN` or `ALERT`.
        score: Jensen-Shannon distance, 0..1.
        noise_floor: the score to be expected from chance alone.
        debiased: the score without chance's share.
        evidence: -log10 of the probability of such a score without drift.
        samples: current rows of the column.
        psi: population stability index.
        kl_bits: KL(reference || current).
        ks: Kolmogorov-Smirnov distance.
        wasserstein_sigma: Wasserstein distance in standard deviations of the reference.
        mean_shift_sigma: shift of the mean in standard deviations of the reference.
        missing_ratio: current share of missing values.
        reference_missing_ratio: the reference's.
    """

    column: ColumnSchema
    status: int
    score: float
    noise_floor: float
    debiased: float
    evidence: float
    samples: int
    psi: float
    kl_bits: float
    ks: float
    wasserstein_sigma: float
    mean_shift_sigma: float
    missing_ratio: float
    reference_missing_ratio: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What has changed.

    Attributes:
        columns: the columns that both sides have, by severity, then by debiased score.
        rows: current rows.
        only_in_reference: columns that the current profile lacks; not compared.
        only_in_current: columns that the reference lacks; not compared.
    """

    columns: tuple[ColumnComparison, ...]
    rows: int
    only_in_reference: tuple[ColumnSchema, ...]
    only_in_current: tuple[ColumnSchema, ...]

    @property
    def status(self) -> int:
        """The worst status of all columns."""
        return max((found.status for found in self.columns), default=UNDECIDED)


def compare_profiles(
    reference: Reference, current: Profile, rule: Rule | None = None, *, naive: bool = False
) -> Comparison:
    """Compare *current* with *reference*.

    Args:
        reference: what is compared with.
        current: counted with the reference's spec, or a profile of its own (see `rebin`).
        rule: thresholds; the defaults of `Rule` when None.
        naive: judge the plain score, without evidence and however few samples there are.

    Raises:
        ProfileError: the two were counted with bins that cannot be made equal.
    """
    before, now = aligned(reference.profile, current)
    scores = _scores(before, now)
    rule = rule or Rule()
    if naive:
        status = judge(replace(rule, evidence=0.0, least_samples=0), scores.score, scores.evidence, scores.samples)
    else:
        status = judge(rule, scores.debiased, scores.evidence, scores.samples)
    numbers = {
        **{name: getattr(scores, name) for name in ("score", "noise_floor", "debiased", "evidence")},
        **_measures(before, now),
    }
    columns = [
        ColumnComparison(
            column,
            int(status[place]),
            samples=int(scores.samples[place]),
            **{name: float(values[place]) for name, values in numbers.items()},
        )
        for place, column in enumerate(before.spec.schema.columns)
    ]
    mine, theirs = reference.profile.spec.schema.columns, current.spec.schema.columns
    return Comparison(
        tuple(sorted(columns, key=_severity)),
        int(current.rows[0]),
        _lacking(mine, theirs),
        _lacking(theirs, mine),
    )


def _severity(found: ColumnComparison) -> tuple[int, float, str, str]:
    drift = -1.0 if math.isnan(found.debiased) else found.debiased
    return -found.status, -drift, found.column.role, found.column.name


def _lacking(columns: tuple[ColumnSchema, ...], others: tuple[ColumnSchema, ...]) -> tuple[ColumnSchema, ...]:
    known = {(other.role, other.name) for other in others}
    return tuple(column for column in columns if (column.role, column.name) not in known)


def _scores(reference: Profile, current: Profile) -> JensenShannon:
    numeric = jensen_shannon(reference.histogram.counts, current.histogram.counts)
    categorical = jensen_shannon(reference.categories.counts, current.categories.counts)
    return JensenShannon(
        *(
            np.concatenate([getattr(numeric, name), getattr(categorical, name)])
            for name in ("score", "noise_floor", "debiased", "evidence", "samples")
        )
    )


def _measures(reference: Profile, current: Profile) -> Mapping[str, Float64s]:
    """Return the further measures of every column, numeric ones first."""
    r, c = reference.histogram, current.histogram
    bins, cells = reference.spec.histogram.valid, reference.spec.categories.valid
    words_r, words_c = reference.categories, current.categories
    none = np.full(reference.spec.categories.columns, np.nan)
    present_r, present_c = r.counts[:, :-1], c.counts[:, :-1]
    distance = wasserstein(present_r, present_c, r.bin_means, c.bin_means, r.stddev).sigmas
    shift = mean_shift(r.mean, r.stddev, r.finite, c.mean, c.finite).sigmas
    parts = {
        "psi": (psi(r.counts, c.counts, bins), psi(words_r.counts, words_c.counts, cells)),
        "kl_bits": (kl_bits(r.counts, c.counts, bins), kl_bits(words_r.counts, words_c.counts, cells)),
        "ks": (kolmogorov_smirnov(present_r, present_c).distance, none),
        "wasserstein_sigma": (distance, none),
        "mean_shift_sigma": (shift, none),
        "missing_ratio": (c.missing_ratio, words_c.missing_ratio),
        "reference_missing_ratio": (r.missing_ratio, words_r.missing_ratio),
    }
    return {name: np.concatenate(both) for name, both in parts.items()}
