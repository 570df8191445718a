"""What is said of a window beside its scores and measures: facts of the columns, shares of classes.

Each is a pure function of the reference and one window; an undefined value is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import rate_ratio
from driftgauge.drift.profiles import missing_ratios, numeric_only
from driftgauge.drift.rates import RARE, RateRatio
from driftgauge.model.evaluation import ClassShares
from driftgauge.profile import OUTPUT, Profile

__all__ = ["class_shares", "facts"]

Float64s = NDArray[np.float64]

#: longest name of a class; an output with longer ones holds free text
CLASS_CHARS = 64


def facts(reference: Profile, current: Profile) -> Mapping[str, Float64s]:
    """Return what can be said of the columns themselves in the window."""
    numeric, categorical = current.histogram, current.categories
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(reference.histogram.stddev > 0, numeric.stddev / reference.histogram.stddev, np.nan)
        mean, spread = (np.where(np.isfinite(part), part, np.nan) for part in (numeric.mean, spread))
    known = np.array(reference.spec.categories.complete, dtype=bool)
    return {
        "mean": numeric_only(mean, reference),
        "stddev_ratio": numeric_only(spread, reference),
        "missing_ratio": missing_ratios(current),
        "out_of_range_ratio": numeric_only(numeric.outside_ratio, reference),
        "unseen_ratio": np.concatenate(
            [
                np.full(reference.spec.histogram.columns, np.nan),
                np.where(known, categorical.unseen_ratio, np.nan),
            ]
        ),
    }


def class_shares(reference: Profile, current: Profile) -> tuple[ClassShares, ...]:
    """Return the shares of every categorical output's classes."""
    shares = []
    for i, column in enumerate(reference.spec.schema.categorical):
        # Free text is no class, and must not become a label.
        if column.role != OUTPUT or any(len(name) > CLASS_CHARS for name in reference.spec.categories.names[i]):
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
