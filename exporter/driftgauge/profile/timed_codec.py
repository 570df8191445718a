"""What a reference knows of time, in its JSON: chunk figures and counts by hour of day, beside each column's other facts.

`"chunks": {"24h": [chunks, median, q95, q99, largest, dispersion]}` holds the figures of the leave-one-out scores of that
length, under `"stuck"` those of how long single values hold out, with 1 as the dispersion; `"hours"` 24 lists of the column's
counts, the missing values (before them `other`, for categories) last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import ProfileError
from driftgauge.profile.calibration import STUCK, Calibration
from driftgauge.profile.profile import ProfileSpec
from driftgauge.profile.reference import Reference
from driftgauge.profile.strata import HOURS, Strata
from driftgauge.profile.window import WINDOWS

__all__ = ["read_timed", "timed_records"]

Record = Mapping[str, Any]

#: digits that a figure is good for
_DIGITS = 4
_FIGURES = ("median", "q95", "q99", "most", "dispersion")


def timed_records(reference: Reference) -> Iterator[dict[str, Any]]:
    """Yield what is known of time of each column, numeric columns first; empty where nothing is."""
    hours = _hours(reference)
    for number in range(len(reference.profile.spec.schema.columns)):
        record: dict[str, Any] = {}
        if reference.calibration:
            record["chunks"] = {name: _figures(figures, number) for name, figures in reference.calibration.items()}
        if hours is not None:
            record["hours"] = next(hours)
        yield record


def read_timed(spec: ProfileSpec, records: Sequence[Record]) -> tuple[dict[str, Calibration], Strata | None]:
    """Read the records of all columns, numeric columns first.

    Raises:
        ProfileError: they are incomplete or contradict the columns.
    """
    lengths = (*(window.name for window in WINDOWS), STUCK)
    names = [name for name in lengths if any(name in record.get("chunks", {}) for record in records)]
    calibration = {name: _calibration([record.get("chunks", {}).get(name) for record in records]) for name in names}
    given = [record for record in records if "hours" in record]
    if not given:
        return calibration, None
    if len(given) < len(records):
        raise ProfileError("counts by hour of day are given for some columns only")
    strata = Strata(
        np.zeros((HOURS, *spec.zero().histogram.counts.shape), dtype=np.int64),
        np.zeros((HOURS, *spec.zero().categories.counts.shape), dtype=np.int64),
    )
    numeric = spec.histogram.columns
    for column, record in enumerate(records):
        target = strata.numeric[:, column] if column < numeric else strata.categorical[:, column - numeric]
        cells = spec.histogram.valid[column] if column < numeric else spec.categories.valid[column - numeric]
        target[:, cells] = _counts(record, int(cells.sum()))
    return calibration, strata


def _figures(figures: Calibration, column: int) -> list[float | None]:
    values = [float(getattr(figures, name)[column]) for name in _FIGURES]
    return [int(figures.chunks[column]), *(None if np.isnan(value) else round(value, _DIGITS) for value in values)]


def _calibration(figures: Iterable[Sequence[float | None] | None]) -> Calibration:
    """Join the columns' figures of one length; a column without them has no chunks."""
    rows = [[0, None, None, None, None, 1.0] if row is None else row for row in figures]
    if any(len(row) != len(_FIGURES) + 1 for row in rows):
        raise ProfileError(f"chunks: expected {len(_FIGURES) + 1} figures for every length")
    table: NDArray[np.float64] = np.array(rows, dtype=np.float64)  # None becomes NaN
    if not np.all(table[:, 0] >= 0) or not np.all(table[:, -1] >= 1):
        raise ProfileError("chunks: expected a number of chunks >= 0 first and a dispersion >= 1 last")
    return Calibration(table[:, 0].astype(np.int64), *table[:, 1:].T)


def _hours(reference: Reference) -> Iterator[list[list[int]]] | None:
    strata, spec = reference.strata, reference.profile.spec
    if strata is None:
        return None
    parts = ((strata.numeric, spec.histogram.valid), (strata.categorical, spec.categories.valid))
    return (counts[:, column][:, cells].tolist() for counts, valid in parts for column, cells in enumerate(valid))


def _counts(record: Record, cells: int) -> NDArray[np.int64]:
    hours = record["hours"]
    if len(hours) != HOURS or any(len(counts) != cells for counts in hours):
        raise ProfileError(f"column {record['name']!r}: expected {HOURS} lists of {cells} counts by hour of day")
    counts = np.array(hours)
    if counts.dtype != np.int64 or counts.min() < 0:
        raise ProfileError(f"column {record['name']!r}: counts by hour of day must be whole numbers >= 0")
    return counts
