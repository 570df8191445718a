"""Reading a batch's column as what the schema says it is.

A value of the wrong kind is missing and counted, never an error: text in a numeric column is `wrong_type`, a number in a
categorical column is the category of its text (class labels come as integers). Booleans are 1 and 0 in numeric columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from driftgauge.batch import MISSING, Categories, Codes, Column, Floats, Mixed
from driftgauge.sketch import CategorySpec

__all__ = ["as_categories", "present_values", "read_codes", "read_numbers", "word"]

_BOOLEANS = {"true": 1.0, "false": 0.0}


def word(number: Any) -> str:
    """Return the category that a number stands for: 1 and 1.0 are both "1"."""
    return str(int(number)) if np.isfinite(number) and float(number).is_integer() else str(number)


def as_categories(column: Column) -> Categories:
    """Return *column* as categories, numbers by their text, NaN as missing."""
    if isinstance(column, Categories):
        return column
    if isinstance(column, Mixed):
        numbers, given = as_categories(column.numbers), column.categories
        shifted = np.where(numbers.codes >= 0, numbers.codes + len(given.vocabulary), given.codes)
        return Categories(shifted.astype(np.int32), given.vocabulary + numbers.vocabulary)
    values, place = np.unique(column, return_inverse=True)
    known = values[~np.isnan(values)]
    codes = np.where(place < len(known), place, MISSING).astype(np.int32)  # NaN sorts last
    return Categories(codes, tuple(map(word, known)))


def present_values(column: Column) -> int:
    """Return how many rows carry a value."""
    if isinstance(column, Mixed):
        return int(np.count_nonzero(~np.isnan(column.numbers) | (column.categories.codes >= 0)))
    if isinstance(column, Categories):
        return int(np.count_nonzero(column.codes >= 0))
    return int(np.count_nonzero(~np.isnan(column)))


def read_numbers(column: Column, edges: Floats, precision: type[np.floating[Any]]) -> tuple[Floats, int]:
    """Return *column* as floats of *precision*, and how many of its values were of the wrong type."""
    if isinstance(column, Categories):
        return _booleans(column, precision)
    if isinstance(column, Mixed):
        numbers, _ = read_numbers(column.numbers, edges, precision)
        texts, wrong = _booleans(column.categories, precision)
        return np.where(np.isnan(numbers), texts, numbers), wrong
    if column.dtype == precision:
        return column, 0
    if column.dtype.itemsize < np.dtype(precision).itemsize:
        return _snapped(column, edges, precision), 0
    with np.errstate(over="ignore"):  # beyond float32 a value is infinite: the outer bins
        return column.astype(precision, copy=False), 0


def read_codes(column: Column, spec: CategorySpec, number: int) -> Codes:
    """Return *column* as codes of column *number* of *spec*."""
    categories = as_categories(column)
    table, codes = spec.table(number, categories.vocabulary), categories.codes
    return table.take(codes if codes.min(initial=-1) == -1 else np.maximum(codes, -1))  # -1 takes the last entry


def _booleans(column: Categories, precision: type[np.floating[Any]]) -> tuple[Floats, int]:
    table = np.array([_BOOLEANS.get(text, np.nan) for text in (*column.vocabulary, "")], dtype=precision)
    values = table[np.maximum(column.codes, -1)]
    return values, int(np.count_nonzero(np.isnan(values) & (column.codes >= 0)))


def _snapped(values: Floats, edges: Floats, precision: type[np.floating[Any]]) -> Floats:
    """Widen *values*, moving those that equal an edge in their own narrower precision onto that edge.

    So a value is on the same side of an edge as it was before the sender narrowed it. Of edges that are one in that
    precision it takes the last: a value with a bin of its own has an edge just before it.
    """
    wide = values.astype(precision)
    if not len(edges):
        return wide
    with np.errstate(over="ignore"):
        narrow = edges.astype(values.dtype)
    place = np.maximum(np.searchsorted(narrow, values, side="right") - 1, 0)
    hit = narrow[place] == values
    wide[hit] = edges[place[hit]]
    return wide
