"""Event times: RFC 3339 text or seconds since 1970, as float64 seconds since 1970.

Guarantee: nothing is guessed. A time without an offset, milliseconds, or a year outside 1970..2200 is an error, because a
row in the wrong window does more harm than a refused one. Cost: about 0.7 us a text, 2 ns a number in an array.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from driftgauge.batch import Floats
from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.result import Refusals

__all__ = ["seconds_of", "timestamps_of"]

_LATEST = 7_258_118_400.0  # 2200-01-01: milliseconds of today lie far beyond it
# RFC 3339 §5.6; `fromisoformat` alone would also take week dates and times without an offset
_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:)(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def seconds_of(value: Any) -> float:
    """Return one event time, NaN for a missing one; raise `DecodeError` for anything else."""
    if value is None:
        return math.nan
    seconds = _seconds_of_text(value) if isinstance(value, str) else _seconds_of_number(value)
    if seconds is None:
        message = f"expected RFC 3339 or seconds since 1970, got {excerpt(value)}"
        raise DecodeError("timestamp", message, field="ts")
    return seconds


def timestamps_of(values: Sequence[Any] | Floats, refused: Refusals) -> Floats:
    """Return the event times of rows; unusable ones are refused and infinite in the result."""
    if isinstance(values, np.ndarray):
        seconds = values.astype(np.float64)
        unusable = np.flatnonzero(~(np.isnan(seconds) | ((seconds >= 0) & (seconds <= _LATEST))))
    else:
        seconds = np.zeros(len(values))
        unusable = np.arange(len(values))
    for row in unusable.tolist():
        try:
            seconds[row] = seconds_of(_plain(values[row]))
        except DecodeError as error:
            refused.add(row, error)
            seconds[row] = math.inf
    return seconds


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _seconds_of_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and math.isnan(value):
        return value
    return float(value) if 0 <= value <= _LATEST else None


def _seconds_of_text(text: str) -> float | None:
    match = _RFC_3339.fullmatch(text) if len(text) <= 64 else None
    if match is None:
        return None
    date, minutes, second, fraction, offset = match.groups(default="")
    leap = second == "60"  # RFC 3339 §5.7: a leap second is the one after the 59th
    try:
        moment = datetime.fromisoformat(f"{date}T{minutes}{'59' if leap else second}{fraction}{offset.upper()}")
        seconds = moment.timestamp() + leap
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= _LATEST else None
