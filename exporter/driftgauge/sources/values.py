"""Values: NumPy arrays and lists of Python objects, as columns.

float32 and float64 stay what they are; integers become float64 (beyond 2^53 the nearest one); booleans become the
categories "false" and "true"; datetimes seconds since 1970; text and mixtures what `batch.column_of` makes of them.
A value that no column can hold, such as a list, is an error that names the column.
Time a value: 1 ns for numbers, 12 ns for datetimes, 70 ns for arrays of text, 120 ns for objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Categories, Column, Floats, Mixed, column_of
from driftgauge.errors import SourceError
from driftgauge.sources.event_time import seconds, seconds_of
from driftgauge.sources.labels import coded, label, labelled

__all__ = ["categories", "column"]

#: types that `column_of` knows
_PLAIN = frozenset({float, int, str, bool, type(None)})


def column(name: str, values: NDArray[Any] | Sequence[Any]) -> Column:
    """Return values as the column that fits their type.

    >>> column("open", np.array([True, False])).vocabulary
    ('false', 'true')
    """
    if not isinstance(values, np.ndarray):
        return _objects(name, values)
    convert = _KINDS.get(values.dtype.kind)
    return _objects(name, values.tolist()) if convert is None else convert(values)


def categories(name: str, values: NDArray[Any] | Sequence[Any]) -> Categories:
    """Return values as categories, whatever their type.

    >>> categories("zip", [501, None, 10115.0]).vocabulary
    ('501', '10115')
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in _SORTABLE:
        found, codes = np.unique(values, return_inverse=True)
        return labelled(codes, found)
    try:
        return coded([label(value) for value in values])
    except SourceError as error:
        raise SourceError(f"column {name!r}: {error}; `ignore` leaves the column out") from error


def _floats(values: NDArray[Any]) -> Floats:
    return (
        values if values.dtype in (np.float32, np.float64) else values.astype(_WIDER.get(values.itemsize, np.float64))
    )


def _numbers(values: NDArray[Any]) -> Floats:
    return values.astype(np.float64)


def _flags(values: NDArray[Any]) -> Categories:
    return Categories(values.astype(np.int32), ("false", "true"))


def _texts(values: NDArray[Any]) -> Categories:
    return coded(values.tolist())


#: bytes of a float, of foreign byte order or half precision -> what holds it
_WIDER: Mapping[int, type[np.floating[Any]]] = MappingProxyType({2: np.float32, 4: np.float32})
_SORTABLE = frozenset("iufbU")
_KINDS: Mapping[str, Callable[[NDArray[Any]], Column]] = MappingProxyType(
    {
        "f": _floats,
        "i": _numbers,
        "u": _numbers,
        "b": _flags,
        "M": seconds,
        "m": seconds,
        "U": _texts,
    }
)


def _objects(name: str, values: Sequence[Any]) -> Column:
    known = values if _PLAIN.issuperset(map(type, values)) else [_plain(value) for value in values]
    made, unusable = column_of(known)
    if unusable:
        found = next(type(value).__name__ for value in known if type(value) not in _PLAIN)
        raise SourceError(
            f"column {name!r}: expected numbers, text or nothing, found a {found}; `ignore` leaves the column out"
        )
    # text whose missing values are NaN, as pandas has it, is text
    return made.categories if isinstance(made, Mixed) and np.isnan(made.numbers).all() else made


def _plain(value: Any) -> Any:
    for kind, convert in _CONVERSIONS:
        if isinstance(value, kind):
            return convert(value)
    return value


def _moment(value: datetime) -> float | None:
    return seconds_of(value) if value == value else None  # noqa: PLR0124 - pandas.NaT is a datetime and not itself


def _tick(value: np.datetime64 | np.timedelta64) -> float:
    return float(seconds(np.array([value]))[0])


#: in this order: a datetime is a date, too
_CONVERSIONS: Sequence[tuple[type | tuple[type, ...], Callable[[Any], Any]]] = (
    ((np.datetime64, np.timedelta64), _tick),
    (np.generic, lambda value: value.item()),
    (Decimal, float),
    (datetime, _moment),
    (date, lambda value: seconds_of(datetime(value.year, value.month, value.day))),  # noqa: DTZ001 - naive is UTC
    (timedelta, timedelta.total_seconds),
)
