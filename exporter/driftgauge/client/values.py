"""Values: what Python, NumPy, pandas and PyTorch call a value, as numbers and texts.

Runs in the thread. Guarantee: any value becomes a number, a text or missing, never an error; those that are neither are
missing and counted by the caller. Times become seconds since 1970, durations seconds, booleans the texts "true" and
"false". Cost: 0.1 us a Python value, 2 ns a value of an array.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from types import NoneType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Categories, Column, column_of
from driftgauge.client.copying import OnDevice
from driftgauge.client.texts import Words

__all__ = ["UNUSABLE", "array_of", "column_from", "numbers_of", "plain"]

#: stands for a value that is neither a number nor a text; no column can hold it, so it is counted
UNUSABLE: list[Any] = []

_PLAIN = frozenset({float, int, str, bool, NoneType})
_NUMBERS = frozenset({float, int, NoneType})
#: longer texts are cut: a category is a word, not a document
_LONGEST = 1024
_BOOLEANS = ("false", "true")


def plain(value: Any) -> Any:
    """Return one value as a number, text, boolean or None; `UNUSABLE` for anything else."""
    if type(value) in _PLAIN:
        return value if type(value) is not str else value[:_LONGEST]
    if isinstance(value, np.generic | np.ndarray) and value.ndim == 0:
        return _plain_scalar(value)
    for kinds, convert in _CONVERSIONS:
        if isinstance(value, kinds):
            return convert(value)
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, OnDevice) or _is_tensor(value):
        return plain(array_of(value))
    if hasattr(value, "__array__") and np.size(value) == 1:
        return plain(np.asarray(value).reshape(()))
    return UNUSABLE


def array_of(value: Any) -> NDArray[Any]:
    """Return a tensor, an array or nested lists as an array; pandas objects keep their missing values."""
    if isinstance(value, OnDevice):
        value = value.fetch()
    if _is_tensor(value):
        value = value.detach()
        return _native(value.float().numpy() if str(value.dtype) == "torch.bfloat16" else value.numpy())
    if isinstance(value, np.ndarray):
        return _native(value)
    if isinstance(value, list):
        value = [array_of(item) if isinstance(item, OnDevice) or _is_tensor(item) else item for item in value]
        return _array_of_list(value)
    return _native(np.asarray(value))


def column_from(values: Any) -> tuple[Column, int]:
    """Return a column and how many of its values are neither numbers nor texts."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(values, pandas.Series | pandas.Index):
        return _column_of_series(values, pandas)
    if isinstance(values, list):
        if _NUMBERS.issuperset(map(type, values)):  # the same as below, without a call for each of them
            return column_of(values)
        return column_of([plain(value) for value in values])
    return _column_of_array(array_of(values))


def numbers_of(values: Sequence[Any], note: Callable[[str, str], None], name: str = "latency_s") -> NDArray[Any]:
    """Return latencies or times of that *name*; what is none is missing, and a mistake that is noted."""
    if {float}.issuperset(map(type, values)):
        return np.array(values, np.float64)
    numbers = [plain(value) for value in values]
    if any(isinstance(number, str | list) for number in numbers):
        given = next(value for value, number in zip(values, numbers, strict=True) if isinstance(number, str | list))
        note(f"number {name}", f"{name} is no number, but {type(given).__name__}; it is left out")
        numbers = [None if isinstance(number, str | list) else number for number in numbers]
    return np.array([np.nan if number is None else number for number in numbers], dtype=np.float64)


def _column_of_array(array: NDArray[Any]) -> tuple[Column, int]:
    kind = array.dtype.kind
    if kind == "f":
        return array, 0
    if kind in "iu":
        return array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64), 0
    if kind == "b":
        return Categories(array.astype(np.int32), _BOOLEANS), 0
    if kind in "mM":
        return _seconds_of(array), 0
    if kind == "c":
        return np.full(len(array), np.nan), len(array)
    return column_of([plain(value) for value in array.tolist()])


def _column_of_series(series: Any, pandas: Any) -> tuple[Column, int]:
    dtype = series.dtype
    if isinstance(dtype, pandas.CategoricalDtype):
        words = [plain(word) for word in dtype.categories.tolist()]
        if all(isinstance(word, str) for word in words):
            codes = series.cat.codes if isinstance(series, pandas.Series) else series.codes
            return Categories(np.asarray(codes, dtype=np.int32), tuple(words)), 0
    elif isinstance(dtype, pandas.DatetimeTZDtype):
        return _seconds_of(series.to_numpy(dtype="datetime64[ns]")), 0
    elif isinstance(dtype, np.dtype) and dtype.kind != "O":
        return _column_of_array(array_of(series.to_numpy()))
    return column_of([plain(value) for value in series.tolist()])


def _native(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array in the machine's byte order and in a precision that the protocol knows."""
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _array_of_list(values: Sequence[Any]) -> NDArray[Any]:
    try:
        array = np.array(values)
    except ValueError:  # rows of different lengths
        array = np.empty(len(values), dtype=object)
        array[:] = [plain(value) for value in values]
    if array.dtype.kind in "fiub":
        return _native(array)
    # a text beside numbers would make NumPy turn them all into texts
    return np.array(values, dtype=object) if array.ndim else array


def _seconds_of(array: NDArray[Any]) -> NDArray[np.float64]:
    unit = array.astype(f"{array.dtype.kind}8[us]")
    return np.where(np.isnat(unit), np.nan, unit.astype(np.int64) / 1e6)


def _plain_scalar(value: Any) -> Any:
    if value.dtype.kind in "mM":
        seconds = float(_seconds_of(np.atleast_1d(value))[0])
        return None if np.isnan(seconds) else seconds
    item = value.item()
    return plain(item) if not isinstance(item, np.generic) else float(item) if value.dtype.kind == "f" else UNUSABLE


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, getattr(torch, "Tensor", ()))


def _moment(value: datetime) -> float:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


def _day(value: date) -> float:
    return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()


def _missing_time(value: Any) -> Any:
    return None if type(value).__name__ == "NaTType" else _moment(value)


_CONVERSIONS: tuple[tuple[Any, Any], ...] = (
    (Words, str),
    (Enum, lambda value: plain(value.value)),
    (str, lambda value: str(value)[:_LONGEST]),
    (bytes, lambda value: value[:_LONGEST].decode("utf-8", "replace")),
    (int, int),
    (float, float),
    (Decimal | Fraction, float),
    (datetime, _missing_time),
    (date, _day),
    (timedelta, timedelta.total_seconds),
)
