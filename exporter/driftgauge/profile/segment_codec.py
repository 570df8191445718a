"""Segments in the JSON of a profile: `"segments": {FIELD: {VALUE: [[counts of a column], ...]}}`.

The columns stand in the order of the profile's own, numeric ones first; the missing values (before them `other`, for
categories) come last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from driftgauge.batch import Counts
from driftgauge.errors import ProfileError
from driftgauge.profile.profile import ProfileSpec
from driftgauge.profile.reference import Reference
from driftgauge.profile.segments import SegmentProfiles

__all__ = ["read_segments", "segment_records"]

Record = Mapping[str, Any]


def segment_records(reference: Reference) -> dict[str, Record]:
    """Return the part of the header; nothing where there are no segments."""
    spec = reference.profile.spec
    records = {
        field: {
            value: [
                *(
                    counts[cells].tolist()
                    for counts, cells in zip(known.numeric[number], spec.histogram.valid, strict=True)
                ),
                *(
                    counts[cells].tolist()
                    for counts, cells in zip(known.categorical[number], spec.categories.valid, strict=True)
                ),
            ]
            for number, value in enumerate(known.values)
        }
        for field, known in reference.segments.items()
    }
    return {"segments": records} if records else {}


def read_segments(document: Record, spec: ProfileSpec) -> dict[str, SegmentProfiles]:
    """Read what `segment_records` wrote.

    Raises:
        ProfileError: it does not fit the columns.
    """
    return {str(field): _field(str(field), values, spec) for field, values in document.get("segments", {}).items()}


def _field(field: str, values: Record, spec: ProfileSpec) -> SegmentProfiles:
    empty = spec.zero()
    numeric = np.zeros((len(values), *empty.histogram.counts.shape), dtype=np.int64)
    categorical = np.zeros((len(values), *empty.categories.counts.shape), dtype=np.int64)
    valid = [*spec.histogram.valid, *spec.categories.valid]
    for number, (value, columns) in enumerate(values.items()):
        places: list[Counts] = [*numeric[number], *categorical[number]]
        if len(columns) != len(places):
            raise ProfileError(f"segment {field}={value}: expected {len(places)} columns, got {len(columns)}")
        for column, place, cells in zip(columns, places, valid, strict=True):
            counts = np.array(column)
            if counts.shape != (int(cells.sum()),) or counts.dtype != np.int64 or counts.min(initial=0) < 0:
                raise ProfileError(
                    f"segment {field}={value}: expected {int(cells.sum())} whole numbers >= 0 a column, got {column!r:.80}"
                )
            place[cells] = counts
    return SegmentProfiles(tuple(map(str, values)), numeric, categorical)
