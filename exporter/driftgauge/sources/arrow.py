"""Arrow arrays as columns.

Dictionaries and text become categories through their codes, without a Python object a row; float32 stays float32;
integers and decimals become float64; booleans the categories "false" and "true"; timestamps, dates and durations
seconds. Nested and binary columns are errors that name the column.
Time: below 60 ns a value, the decoding of a Parquet file included. Nothing here imports pyarrow: a type is known by the word its name begins with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from driftgauge.batch import Categories, Column, Floats
from driftgauge.errors import SourceError
from driftgauge.sources.event_time import seconds
from driftgauge.sources.labels import labelled

__all__ = ["categories", "check", "column"]


def column(array: Any) -> Column:
    """Return an Arrow array of a type that `check` lets pass as a column."""
    return _KINDS[_kind(array.type)](array)


def categories(array: Any) -> Categories:
    """Return an Arrow array as categories, whatever its type."""
    return _dictionary(array if _kind(array.type) == "dictionary" else array.dictionary_encode())


def check(name: str, kind: Any) -> None:
    """Refuse a column of a type that no column can hold."""
    if _kind(kind) not in _KINDS:
        raise SourceError(
            f"column {name!r}: expected numbers, text, booleans or times, found {kind}; `ignore` leaves the column out"
        )


def _kind(kind: Any) -> str:
    """Return the first word of a type's name: `timestamp` of `timestamp[us, tz=UTC]`."""
    found = re.match(r"[a-z_]+", str(kind))
    return found[0] if found else ""


def _floats(array: Any) -> Floats:
    values: Floats = array.to_numpy(zero_copy_only=False)
    return values


def _halves(array: Any) -> Floats:
    return _floats(array).astype(np.float32)


def _numbers(array: Any) -> Floats:
    return _floats(array.cast("float64", safe=False))  # beyond 2^53: the nearest float


def _dictionary(array: Any) -> Categories:
    codes = array.indices.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False)
    return labelled(codes, array.dictionary.to_pylist())


def _texts(array: Any) -> Categories:
    return _dictionary(array.dictionary_encode())


def _flags(array: Any) -> Categories:
    return _dictionary(array.cast("string").dictionary_encode())


def _times(array: Any) -> Floats:
    return seconds(array.to_numpy(zero_copy_only=False))


def _times_of_day(array: Any) -> Floats:
    return _numbers(array.cast("time64[us]").cast("int64")) / 1e6


#: first word of a type's name, digits left out -> conversion
_KINDS: Mapping[str, Callable[[Any], Column]] = MappingProxyType(
    {
        "bool": _flags,
        "int": _numbers,
        "uint": _numbers,
        "halffloat": _halves,
        "float": _floats,
        "double": _floats,
        "decimal": _numbers,
        "string": _texts,
        "large_string": _texts,
        "string_view": _texts,
        "dictionary": _dictionary,
        "timestamp": _times,
        "date": _times,
        "duration": _times,
        "time": _times_of_day,
        "null": _numbers,
    }
)
