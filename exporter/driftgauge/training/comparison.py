"""Compares the profiles of two data sets.

A score counts when it reaches its threshold and chance is ruled out: with evidence of 3 + log10(scores), so that of a
thousand comparisons without drift about one is called drift, however many scores there are. The plain thresholds alone do
not do: 49 % of pairs of 1,000 and 500 rows without drift exceed 0.1 at 20 bins (statistics.md 12.8).
Time: a few milliseconds for 100 columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from driftgauge.drift import UNDECIDED
from driftgauge.drift.profiles import scores as scores_of
from driftgauge.errors import ProfileError
from driftgauge.reference.compare import ColumnComparison, compared
from driftgauge.training.dataset_profile import DatasetProfile
from driftgauge.training.recount import in_same_bins, own_maps
from driftgauge.training.scores import Score, beside_columns, of_columns, of_means

__all__ = ["LEAST_ROWS", "DatasetComparison", "compare_profiles"]

#: rows of the smaller side below which nothing is judged
LEAST_ROWS = 50
#: false comparisons: one in a thousand
_EVIDENCE = 3.0
#: differences of floats that are none: (0.6 - 0.5) / 0.5 is a little less than 0.2
_ROUNDING = 1e-9
_ORDER = ("unknown", "ok", "warn", "alert")


@dataclass(frozen=True, slots=True)
class DatasetComparison:
    """What differs.

    Attributes:
        status: `ok`, `warn` (from 0.1), `alert` (from 0.2), or `unknown` where there are too few rows to judge anything.
        max_drift: the largest score that counts, on the scale on which 0.1 warns and 0.2 alerts; 0 where none does.
        scores: value of every score by its name (`training.scores` says which there are).
        drifted: names of the scores that warn or alert, the largest first.
        details: every score with its evidence and thresholds.
        columns: everything that is known of each column, such as `kl_bits`, by its name.
        not_compared: columns of one side only, and those that each side computed with a map of its own.
    """

    status: str
    max_drift: float
    scores: Mapping[str, float]
    drifted: tuple[str, ...]
    details: Mapping[str, Score] = field(repr=False)
    columns: Mapping[str, ColumnComparison] = field(repr=False)
    not_compared: tuple[str, ...] = ()


def compare_profiles(
    ref_profile: DatasetProfile, new_profile: DatasetProfile, *, naive: bool = False
) -> DatasetComparison:
    """Compare *new_profile* with *ref_profile*.

    Args:
        ref_profile: what is compared with.
        new_profile: of the same modality.
        naive: go by the plain scores and the thresholds alone, whatever chance does and however few rows there are.

    Raises:
        ProfileError: they are of different modalities, share no column, or have one of different kinds.
    """
    mine, theirs = ref_profile.task, new_profile.task
    if mine.modality != theirs.modality:
        raise ProfileError(
            f"profiles of different modalities cannot be compared: {mine.name!r} is {mine.modality}, "
            f"{theirs.name!r} is {theirs.modality}"
        )
    left_out = own_maps(ref_profile, new_profile)
    before, now = in_same_bins(ref_profile, new_profile)
    found = scores_of(before, now)
    columns = [
        column
        for column in compared(before, now, found, _undecided(len(found.score)))
        if column.column.name not in left_out
    ]
    details = {
        score.name: score
        for score in (
            *of_columns(columns, ref_profile.rows),
            *of_means(before, now),
            *beside_columns(ref_profile, new_profile),
        )
    }
    return _judged(details, columns, naive=naive, left_out=_lacking(ref_profile, new_profile) | left_out)


def _judged(
    details: Mapping[str, Score], columns: list[ColumnComparison], *, naive: bool, left_out: set[str]
) -> DatasetComparison:
    needed = _EVIDENCE + math.log10(max(len(details), 1))
    statuses = {name: _status(score, needed, naive=naive) for name, score in details.items()}
    values = {name: _value(score, naive=naive) for name, score in details.items()}
    sizes = {
        name: details[name].scaled(values[name]) for name, status in statuses.items() if _counts(status, naive=naive)
    }
    drifted = sorted((name for name, status in statuses.items() if status > 1), key=lambda name: (-sizes[name], name))
    return DatasetComparison(
        _ORDER[max(statuses.values(), default=0)],
        max(sizes.values(), default=0.0),
        values,
        tuple(drifted),
        details,
        {column.column.name: column for column in columns},
        tuple(sorted(left_out)),
    )


def _value(score: Score, *, naive: bool) -> float:
    return score.plain if naive else score.value


def _counts(status: int, *, naive: bool) -> bool:
    return naive or status > 1


def _status(score: Score, needed: float, *, naive: bool) -> int:
    """Return the place in `_ORDER` of one score."""
    if not naive and score.samples < LEAST_ROWS:
        return 0
    sure = naive or math.isnan(score.evidence) or score.evidence >= needed
    value = _value(score, naive=naive) + _ROUNDING * (score.alert == 2 * score.warn)
    return 3 if sure and value >= score.alert else 2 if sure and value >= score.warn else 1


def _lacking(reference: DatasetProfile, current: DatasetProfile) -> set[str]:
    mine, theirs = (
        {(column.role, column.name) for column in side.reference.profile.spec.schema.columns}
        for side in (reference, current)
    )
    return {name for _, name in mine ^ theirs}


def _undecided(columns: int) -> NDArray[np.int8]:
    return np.full(columns, UNDECIDED, dtype=np.int8)
