"""Batch: the one value that ingest, sources and the client hand on.

A batch is columnar: every column has one entry per row. A column is an array of floats (NaN = missing), dictionary-coded
categories (-1 = missing), or, when a sender mixed numbers and text in one column, both side by side. Nothing here knows
a schema: which kind a column *should* have is decided where it is counted, and there a value of the wrong kind is a
data-quality fact, not an error.

Memory: a batch lives as long as its body is being counted; no row survives it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftgauge.generations import Generations, joined
from driftgauge.report import Report
from driftgauge.tokens import Texts, Tokens, joined_texts, joined_tokens

__all__ = [
    "MISSING",
    "Batch",
    "Categories",
    "Codes",
    "Column",
    "Counts",
    "Flags",
    "Floats",
    "Mixed",
    "Requests",
    "Texts",
    "Tokens",
    "column_of",
    "concatenate",
]

Floats: TypeAlias = NDArray[np.floating[Any]]
Counts: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Flags: TypeAlias = NDArray[np.bool_]

#: the code of a missing category
MISSING = -1


@dataclass(frozen=True, slots=True)
class Categories:
    """A dictionary-coded column: `vocabulary[codes[i]]` is the value of row i, a negative code a missing value."""

    codes: Codes
    vocabulary: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Mixed:
    """A column whose sender mixed numbers and text: each row has a number (else NaN) or a category (else -1)."""

    numbers: Floats
    categories: Categories

    def __len__(self) -> int:
        return len(self.numbers)


Column: TypeAlias = Floats | Categories | Mixed


@dataclass(frozen=True, slots=True)
class Requests:
    """The inference requests that a batch came from; one request may carry many rows.

    `latencies` holds seconds, one entry for each request whose duration is known; `failures` counts failed requests by
    reason (a bounded set, see `ingest.FAILURES`). `predictions` is the number of rows predicted where the sender says it,
    because not all of them are sent; None: those of the batch that did not fail.
    `generations` holds what language models generated for them, `tensor_rows` rows of reduced tensors by what became of them.
    """

    count: int = 0
    latencies: Floats = field(default_factory=lambda: np.empty(0))
    failures: Mapping[str, int] = field(default_factory=dict)
    predictions: int | None = None
    generations: Generations | None = None
    tensor_rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one model's inputs and outputs, with what is known of the requests that carried them.

    Attributes:
        rows: number of rows; every column has as many entries.
        inputs: feature columns by name.
        outputs: output columns by name; the prediction is called `prediction`.
        probabilities: class probabilities, shape [rows, classes], NaN rows where unknown.
        logits: raw class scores of the same shape, when the sender gave those instead.
        vectors: embeddings by name, float [rows, dimensions], NaN rows where unknown.
        tokens: tokens of texts by name.
        texts: texts that a reference may have counted by name; nothing but `derive.with_texts` looks at them.
        timestamps: event times in seconds since 1970, shape [rows]; None where the sender gave none.
        failed: rows whose inference failed: their inputs count, they have no outputs; None when none did.
        requests: counts and latencies of the requests.
        violations: (column, reason) -> values that no column can hold, found while decoding.
        report: what the sender says of itself; counted before rows are cut or joined.
        ids: what `/labels` will call the rows; None where none has a name.
        labels: the truth about the rows, as far as it is known already; None where none is.
        segments: which segment each row belongs to, by field, such as `country`.

    >>> batch = Batch(2, inputs={"age": np.array([41.0, 37.0])}, requests=Requests(2))
    >>> batch.take(np.array([True, False])).rows
    1
    """

    rows: int
    inputs: Mapping[str, Column] = field(default_factory=dict)
    outputs: Mapping[str, Column] = field(default_factory=dict)
    probabilities: Floats | None = None
    logits: Floats | None = None
    timestamps: Floats | None = None
    failed: Flags | None = None
    requests: Requests = field(default_factory=Requests)
    violations: Mapping[tuple[str, str], int] = field(default_factory=dict)
    report: Report | None = None
    vectors: Mapping[str, Floats] = field(default_factory=dict)
    tokens: Mapping[str, Tokens] = field(default_factory=dict)
    texts: Mapping[str, Texts] = field(default_factory=dict)
    ids: Categories | None = None
    labels: Column | None = None
    segments: Mapping[str, Categories] = field(default_factory=dict)

    def take(self, rows: NDArray[Any] | slice) -> Batch:
        """Return the chosen rows (a mask, indices or a slice); the facts of requests stay with the whole batch."""
        return replace(
            self,
            rows=len(np.arange(self.rows)[rows]),
            inputs={name: _take(column, rows) for name, column in self.inputs.items()},
            outputs={name: _take(column, rows) for name, column in self.outputs.items()},
            probabilities=_take_rows(self.probabilities, rows),
            logits=_take_rows(self.logits, rows),
            vectors={name: matrix[rows] for name, matrix in self.vectors.items()},
            tokens={name: tokens.take(rows) for name, tokens in self.tokens.items()},
            texts={
                name: tuple(np.array([*texts, None], dtype=object)[:-1][rows]) for name, texts in self.texts.items()
            },
            segments={name: Categories(c.codes[rows], c.vocabulary) for name, c in self.segments.items()},
            timestamps=_take_rows(self.timestamps, rows),
            failed=None if self.failed is None else self.failed[rows],
            requests=Requests(),
            violations={},
            report=None,
            ids=None if self.ids is None else Categories(self.ids.codes[rows], self.ids.vocabulary),
            labels=None if self.labels is None else _take(self.labels, rows),
        )

    @property
    def columns(self) -> Iterable[tuple[str, str, Column]]:
        """Every column as (role, name, values); role is `input` or `output`."""
        for role, columns in (("input", self.inputs), ("output", self.outputs)):
            for name, column in columns.items():
                yield role, name, column


def concatenate(batches: Sequence[Batch]) -> Batch:
    """Return the rows of all *batches* in order; a column that a batch lacks is missing there.

    Probabilities of different widths cannot stand in one array; those of other widths than the first count as missing.
    """
    if len(batches) == 1:
        return batches[0]
    rows = [batch.rows for batch in batches]
    failures = sum((Counter(batch.requests.failures) for batch in batches), Counter())
    violations = sum((Counter(batch.violations) for batch in batches), Counter())
    return Batch(
        sum(rows),
        inputs=_joined([batch.inputs for batch in batches], rows),
        outputs=_joined([batch.outputs for batch in batches], rows),
        probabilities=_joined_matrix([batch.probabilities for batch in batches], rows),
        logits=_joined_matrix([batch.logits for batch in batches], rows),
        vectors=_joined_vectors([batch.vectors for batch in batches], rows),
        tokens=joined_tokens([batch.tokens for batch in batches], rows),
        texts=joined_texts([batch.texts for batch in batches], rows),
        segments={n: c for n, c in _joined([b.segments for b in batches], rows).items() if isinstance(c, Categories)},
        timestamps=_joined_numbers([batch.timestamps for batch in batches], rows),
        failed=_joined_flags([batch.failed for batch in batches], rows),
        requests=Requests(
            sum(batch.requests.count for batch in batches),
            np.concatenate([batch.requests.latencies for batch in batches]),
            dict(failures),
            generations=joined(batch.requests.generations for batch in batches),
            tensor_rows=dict(sum((Counter(batch.requests.tensor_rows) for batch in batches), Counter())),
        ),
        violations=dict(violations),
        ids=None if all(batch.ids is None for batch in batches) else _joined_categories([b.ids for b in batches], rows),
        labels=_joined([{} if batch.labels is None else {"": batch.labels} for batch in batches], rows).get(""),
    )


def _joined(parts: Sequence[Mapping[str, Column]], rows: Sequence[int]) -> dict[str, Column]:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: _joined_column([part.get(name) for part in parts], rows) for name in names}


def _joined_column(parts: Sequence[Column | None], rows: Sequence[int]) -> Column:
    numbers = [part.numbers if isinstance(part, Mixed) else part for part in parts]
    words = [part.categories if isinstance(part, Mixed) else part for part in parts]
    plain = [part if isinstance(part, np.ndarray) else None for part in numbers]
    coded = [part if isinstance(part, Categories) else None for part in words]
    joined = _joined_numbers(plain, rows)
    if all(part is None for part in coded):
        return np.full(sum(rows), np.nan) if joined is None else joined
    categories = _joined_categories(coded, rows)
    return categories if joined is None else Mixed(joined, categories)


def _joined_categories(parts: Sequence[Categories | None], rows: Sequence[int]) -> Categories:
    index: dict[str, int] = {}
    codes = []
    for part, count in zip(parts, rows, strict=True):
        if part is None:
            codes.append(np.full(count, MISSING, dtype=np.int32))
            continue
        table = [index.setdefault(word, len(index)) for word in part.vocabulary]
        codes.append(np.array([*table, MISSING], dtype=np.int32)[np.maximum(part.codes, MISSING)])
    return Categories(np.concatenate(codes), tuple(index))


def _joined_numbers(parts: Sequence[Floats | None], rows: Sequence[int]) -> Floats | None:
    present = [part.dtype for part in parts if part is not None]
    if not present:
        return None
    pairs = zip(parts, rows, strict=True)
    return np.concatenate([np.full(count, np.nan, present[0]) if part is None else part for part, count in pairs])


def _joined_matrix(parts: Sequence[Floats | None], rows: Sequence[int]) -> Floats | None:
    width = next((part.shape[1] for part in parts if part is not None), None)
    if width is None:
        return None
    fitting = [part if part is not None and part.shape[1] == width else None for part in parts]
    pairs = zip(fitting, rows, strict=True)
    return np.concatenate([np.full((count, width), np.nan) if part is None else part for part, count in pairs])


def _joined_vectors(parts: Sequence[Mapping[str, Floats]], rows: Sequence[int]) -> dict[str, Floats]:
    names = dict.fromkeys(name for part in parts for name in part)
    joined = {name: _joined_matrix([part.get(name) for part in parts], rows) for name in names}
    return {name: matrix for name, matrix in joined.items() if matrix is not None}


def _joined_flags(parts: Sequence[Flags | None], rows: Sequence[int]) -> Flags | None:
    if all(part is None for part in parts):
        return None
    pairs = zip(parts, rows, strict=True)
    return np.concatenate([np.zeros(count, dtype=bool) if part is None else part for part, count in pairs])


def _take(column: Column, rows: NDArray[Any] | slice) -> Column:
    if isinstance(column, Categories):
        return Categories(column.codes[rows], column.vocabulary)
    if isinstance(column, Mixed):
        return Mixed(column.numbers[rows], Categories(column.categories.codes[rows], column.categories.vocabulary))
    return column[rows]


def _take_rows(values: Floats | None, rows: NDArray[Any] | slice) -> Floats | None:
    return None if values is None else values[rows]


def column_of(values: Sequence[Any]) -> tuple[Column, int]:
    """Build a column from Python values and count the values that no column can hold (lists, dictionaries).

    Numbers become floats, text becomes categories, None is missing, booleans are the categories "true" and "false".
    Integers that no float64 can hold become infinities, so they land in the outer bins.
    """
    kinds = set(map(type, values))
    if kinds <= {float, int, type(None)}:
        return _floats(values), 0
    if kinds <= {str, type(None)}:
        return _categories(values), 0
    unusable = sum(not isinstance(value, str | int | float | bool | type(None)) for value in values)
    numbers = [value if isinstance(value, int | float) and not isinstance(value, bool) else None for value in values]
    texts = [_text(value) if isinstance(value, str | bool) else None for value in values]
    if not any(number is not None for number in numbers):
        return _categories(texts), unusable
    if not any(text is not None for text in texts):
        return _floats(numbers), unusable
    return Mixed(_floats(numbers), _categories(texts)), unusable


def _text(value: str | bool) -> str:  # noqa: FBT001 - a value of the sender's, not a switch
    return value if isinstance(value, str) else str(value).lower()


def _floats(values: Sequence[Any]) -> Floats:
    try:
        return np.array(values, dtype=np.float64)  # None becomes NaN
    except OverflowError:
        return np.array([_as_float(value) for value in values], dtype=np.float64)


def _as_float(value: float | None) -> float:
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.inf if value is not None and value > 0 else -np.inf


def _categories(values: Sequence[str | None]) -> Categories:
    index: dict[str, int] = {}
    codes = np.fromiter(
        (MISSING if value is None else index.setdefault(value, len(index)) for value in values), np.int32, len(values)
    )
    return Categories(codes, tuple(index))
