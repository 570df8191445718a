"""Ids and labels: what a row is called, and what was true about it.

An id is text; a number is the text of itself, so `42`, `42.0` and `"42"` are one id. Ids longer than `ID_CHARS` are cut, as
they are on both sides. A label is a class (text, a whole number, a boolean) or a number. Cost: about 60 ns a value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from driftgauge.batch import MISSING, Categories, Codes, Column, Flags, Mixed, column_of
from driftgauge.ingest.facts import Violations

__all__ = ["ID_CHARS", "as_ids", "id_of", "ids_of", "labels_of", "rows_of"]

#: longest id that is told from others; a UUID has 36 characters, a W3C trace context 55
ID_CHARS = 1_024


def id_of(value: Any) -> str | None:
    """Return an id as text; None for what can be none.

    >>> id_of(42.0), id_of("42"), id_of(True), id_of([1])
    ('42', '42', None, None)
    """
    if isinstance(value, str):
        return value[:ID_CHARS] or None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if isinstance(value, int) and value.bit_length() > 1_000:  # more digits than Python writes at once
        return None
    return str(int(value)) if float(value).is_integer() else str(value)


def ids_of(values: Sequence[Any], violations: Violations) -> Categories | None:
    """Return ids of rows; what can be none is missing and counted. None where no row has one."""
    ids = list(map(id_of, values))
    violations["id", "wrong_type"] += sum(
        found is None and value is not None for found, value in zip(ids, values, strict=True)
    )
    column, _ = column_of(ids)
    return column if isinstance(column, Categories) and column.vocabulary else None


def labels_of(values: Sequence[Any], violations: Violations) -> Column | None:
    """Return labels of rows; what can be none is missing and counted. None where no row has one."""
    column, wrong = column_of(values)
    violations["label", "wrong_type"] += wrong
    if isinstance(column, Categories):
        return column if column.vocabulary else None
    return column if isinstance(column, Mixed) or not np.isnan(column).all() else None


def as_ids(column: Column) -> Categories:
    """Return a column as ids; numbers by their text."""
    if isinstance(column, Categories):
        if all(0 < len(text) <= ID_CHARS for text in column.vocabulary):
            return column
        words = [id_of(text) for text in column.vocabulary]
        lookup = np.array([MISSING if word is None else code for code, word in enumerate(words)] + [MISSING], np.int32)
        return Categories(lookup[np.maximum(column.codes, MISSING)], tuple(word or "" for word in words))
    numbers = column.numbers if isinstance(column, Mixed) else column
    texts, _ = column_of([id_of(value) for value in numbers.tolist()])
    codes: Codes = texts.codes if isinstance(texts, Categories) else np.full(len(numbers), MISSING, np.int32)
    words_of_numbers = texts.vocabulary if isinstance(texts, Categories) else ()
    if isinstance(column, Mixed):
        given = as_ids(column.categories)
        codes = np.where(codes >= 0, codes + len(given.vocabulary), given.codes).astype(np.int32)
        words_of_numbers = given.vocabulary + words_of_numbers
    return Categories(codes, words_of_numbers)


def rows_of(column: Column, rows: Flags) -> Column:
    """Return the chosen rows of a column."""
    if isinstance(column, Categories):
        return Categories(column.codes[rows], column.vocabulary)
    if isinstance(column, Mixed):
        words = column.categories
        return Mixed(column.numbers[rows], Categories(words.codes[rows], words.vocabulary))
    return column[rows]
