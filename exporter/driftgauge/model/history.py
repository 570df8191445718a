"""History of one column: its counts in a window, slot by slot, and how far each slot is from the reference.

For people who look, not for statuses: a slot's score is against the whole reference, or against the reference of the slot's
hour of day where that is known, without dispersion and without hysteresis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Counts
from driftgauge.drift import JensenShannon, jensen_shannon
from driftgauge.profile import DAY_SECONDS, HOUR_SECONDS, HOURS, Profile, Reference, Ring, Window

__all__ = ["ColumnHistory", "column_history", "history_of"]


@dataclass(frozen=True, slots=True, eq=False)
class ColumnHistory:
    """One column in one window.

    Attributes:
        number: of the column, in the order of the schema.
        window: which.
        profile: what the window holds, of all columns.
        times: begin of each slot that holds rows, seconds since 1970, [slots].
        scores: of each slot, arrays [slots].
        hours: rows in each hour of day (UTC), [24].
        reference_hours: the reference's; None where it does not know them.
        carried: share of the window's divergence that each bin carries, 0..1, [bins]; all 0 without any.
    """

    number: int
    window: Window
    profile: Profile
    times: NDArray[np.float64]
    scores: JensenShannon
    hours: Counts
    reference_hours: Counts | None
    carried: NDArray[np.float64]


def column_history(ring: Ring, reference: Reference, number: int, window: Window, now: float) -> ColumnHistory:
    """Return the history of column *number*."""
    times, profiles = ring.history(window, now)
    return history_of(reference, number, window, ring.window(window, now), (times, profiles))


def history_of(
    reference: Reference,
    number: int,
    window: Window,
    whole: Profile,
    slots: tuple[NDArray[np.float64], Sequence[Profile]],
) -> ColumnHistory:
    """Return the history of column *number* from the sum of a window, and its slots: when each begins, and its counts."""
    times, profiles = slots
    expected, by_hour = _counts(reference.profile, number), _strata(reference, number)
    # A file without event times has no slots.
    counts = np.array([_counts(profile, number) for profile in profiles]).reshape(len(profiles), len(expected))
    hours = (times % DAY_SECONDS // HOUR_SECONDS).astype(np.int64)
    against = expected if by_hour is None else by_hour[hours]
    return ColumnHistory(
        number,
        window,
        whole,
        times,
        jensen_shannon(against, counts) if len(times) else jensen_shannon(expected, np.zeros((0, len(expected)))),
        np.bincount(hours, weights=counts.sum(axis=1), minlength=HOURS).astype(np.int64),
        None if by_hour is None else by_hour.sum(axis=1),
        carried(expected, _counts(whole, number)),
    )


def carried(reference: Counts, current: Counts) -> NDArray[np.float64]:
    """Return the share of the Jensen-Shannon divergence of two histograms that each bin carries."""
    p, q = reference / max(reference.sum(), 1), current / max(current.sum(), 1)
    if not reference.sum() or not current.sum():
        return np.zeros(len(p))
    middle = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p > 0, p * np.log2(p / middle), 0.0) + np.where(q > 0, q * np.log2(q / middle), 0.0)
    # A bin's own terms may be negative in sum only by rounding: x log x is convex.
    terms = np.maximum(terms, 0.0)
    total: NDArray[np.float64] = terms / terms.sum() if terms.sum() > 0 else np.zeros(len(p))
    return total


def _counts(profile: Profile, number: int) -> Counts:
    """Return the counts of a column, its missing values last."""
    numeric = len(profile.spec.schema.numeric)
    counts = profile.histogram.counts if number < numeric else profile.categories.counts
    found: Counts = counts[number if number < numeric else number - numeric]
    return found


def _strata(reference: Reference, number: int) -> Counts | None:
    if reference.strata is None:
        return None
    numeric = len(reference.profile.spec.schema.numeric)
    strata = reference.strata.numeric if number < numeric else reference.strata.categorical
    found: Counts = strata[:, number if number < numeric else number - numeric]
    return found
