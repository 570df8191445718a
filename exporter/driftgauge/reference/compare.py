"""Comparison: what has changed between a reference and another profile, column by column, worst first.

A column is judged by its debiased score and its evidence (statistics.md 12.8). The plain score alone does not do: 49 % of
pairs of 1,000 and 500 rows without any drift exceed 0.1 at 20 bins. `naive=True` shows what it would have said.
Time: a few milliseconds for 100 columns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import UNDECIDED, JensenShannon, Rule, judge
from driftgauge.drift.profiles import MEASURES, missing_ratios
from driftgauge.drift.profiles import scores as scores_of
from driftgauge.profile import ColumnSchema, Profile, Reference
from driftgauge.reference.rebin import aligned

__all__ = ["ColumnComparison", "Comparison", "compare_profiles", "compared"]

_SHOWN = ("psi", "kl_bits", "ks", "wasserstein_sigma", "mean_shift_sigma")


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
    scores = scores_of(before, now)
    rule = rule or Rule()
    if naive:
        status = judge(replace(rule, evidence=0.0, least_samples=0), scores.score, scores.evidence, scores.samples)
    else:
        status = judge(rule, scores.debiased, scores.evidence, scores.samples)
    mine, theirs = reference.profile.spec.schema.columns, current.spec.schema.columns
    return Comparison(
        compared(before, now, scores, status), int(current.rows[0]), _lacking(mine, theirs), _lacking(theirs, mine)
    )


def compared(
    before: Profile, now: Profile, scores: JensenShannon, status: NDArray[np.int8]
) -> tuple[ColumnComparison, ...]:
    """Return all that is known of the columns of two profiles in the same bins, by severity, then by debiased score."""
    numbers = {
        **{name: getattr(scores, name) for name in ("score", "noise_floor", "debiased", "evidence")},
        **{name: MEASURES[name](before, now) for name in _SHOWN},
        "missing_ratio": missing_ratios(now),
        "reference_missing_ratio": missing_ratios(before),
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
    return tuple(sorted(columns, key=_severity))


def _severity(found: ColumnComparison) -> tuple[int, float, str, str]:
    drift = -1.0 if math.isnan(found.debiased) else found.debiased
    return -found.status, -drift, found.column.role, found.column.name


def _lacking(columns: tuple[ColumnSchema, ...], others: tuple[ColumnSchema, ...]) -> tuple[ColumnSchema, ...]:
    known = {(other.role, other.name) for other in others}
    return tuple(column for column in columns if (column.role, column.name) not in known)
