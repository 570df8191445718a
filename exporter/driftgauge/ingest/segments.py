"""Segments: which part of the traffic a row belongs to, as senders say it.

    JSON       "segment": {"country": "de", "tenant": 7}, in columns lists of them
    tensors    driftgauge.segment.country, one value a row or one for all

Guarantee: words and numbers are segments, anything else is left out and counted; a number is its text. Which fields matter
the model's settings say; a body may name `MOST_FIELDS`. Cost: 60 ns a row and field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from driftgauge.batch import MISSING, Categories, Floats
from driftgauge.ingest.facts import Violations

__all__ = ["MOST_FIELDS", "SEGMENT", "segments_of", "segments_of_rows"]

#: what names of tensors with segments begin with, after the reserved part
SEGMENT = "segment."
MOST_FIELDS = 16


def segments_of_rows(rows: Sequence[Any], violations: Violations) -> dict[str, Categories]:
    """Return the segments of observations, given the value of each one's `segment`."""
    if not any(row is not None for row in rows):
        return {}
    violations["segment", "wrong_type"] += sum(not isinstance(row, dict | None) for row in rows)
    objects = [row if isinstance(row, dict) else {} for row in rows]
    fields = list(dict.fromkeys(name for row in objects for name in row))
    return segments_of({name: [row.get(name) for row in objects] for name in fields}, len(rows), violations)


def segments_of(
    values: Mapping[str, Sequence[Any] | Floats], rows: int, violations: Violations
) -> dict[str, Categories]:
    """Return segments by field, given each one's values, one a row or one for all."""
    for name in list(values)[MOST_FIELDS:]:
        violations[f"segment.{name}", "unknown_field"] += rows
    return {
        name: _column(f"segment.{name}", given, rows, violations) for name, given in list(values.items())[:MOST_FIELDS]
    }


def _column(name: str, given: Sequence[Any] | Floats, rows: int, violations: Violations) -> Categories:
    values = given.tolist() if isinstance(given, np.ndarray) else given
    index: dict[str, int] = {}
    codes = np.full(len(values), MISSING, dtype=np.int32)
    for row, value in enumerate(values):
        word = _word(value)
        if word is not None:
            codes[row] = index.setdefault(word, len(index))
        elif value is not None and value == value:  # noqa: PLR0124 - only NaN differs from itself
            violations[name, "wrong_type"] += 1
    if len(codes) != rows:
        codes = np.full(rows, codes[0] if len(codes) == 1 else MISSING, dtype=np.int32)
    return Categories(codes, tuple(index))


def _word(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return (str(int(value)) if value.is_integer() else str(value)) if np.isfinite(value) else None
    return str(value) if isinstance(value, int) and abs(value) < 2**63 else None
