"""Segment profiles: what a reference knows of single segments of its data, the counts of every column.

Memory: a reference's counts for each segment, some 200 bytes a column.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from driftgauge.batch import Categories, Column, Counts
from driftgauge.profile.reading import as_categories

__all__ = ["SegmentProfiles", "segment_of"]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentProfiles:
    """The segments that one field makes.

    Attributes:
        values: of the field, most frequent first.
        numeric: int64 [values, columns, bins + 1].
        categorical: int64 [values, columns, width].
    """

    values: tuple[str, ...]
    numeric: Counts
    categorical: Counts


def segment_of(column: Column) -> Categories:
    """Return a column as the segments of its rows: words are themselves, numbers their text, missing ones -1."""
    found = as_categories(column)
    return Categories(np.asarray(found.codes, dtype=np.int32), found.vocabulary)
