"""Arrays: entries that hold only arrays and plain values, as blocks.

Two forms come often and in numbers, and both become columns without any Python for each value: packed rows (see `entries`)
and tables of numbers with one prediction a row. Everything else is left to `rows`, which gives the same of these two.
Cost: 0.3 us a packed row, 5 us a table. The values of a table are not copied again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np

from driftgauge.client.block import INPUT, OUTPUT, Block
from driftgauge.client.copying import FIXED
from driftgauge.client.entries import Entry, Packed
from driftgauge.client.stack import Stack
from driftgauge.client.tables import MATRIX, Columns, columns_of
from driftgauge.client.tally import Tally
from driftgauge.client.values import array_of, numbers_of

__all__ = ["alike", "block_of_packed", "block_of_tables", "is_plain", "shape_of_table"]

Note: TypeAlias = Callable[[str, str], None]
#: packed rows, transposed
Fields: TypeAlias = tuple[tuple[Any, ...], ...]
_NUMBERS = frozenset({float, int})
#: what is said of a table in this way: how long its request took
_LATENCY = frozenset({"latency_s"})


def alike(rows: Sequence[Packed]) -> Iterator[Fields]:
    """Yield runs of packed rows of one type, one width and one number of class scores, field by field."""
    fields: Fields = tuple(zip(*rows, strict=True))
    _, _, proba, _, types, sizes = fields
    # without class scores rows of one size have one width
    if all(field.count(field[0]) == len(rows) for field in (sizes, types)) and proba.count(None) == len(rows):
        yield fields
        return
    for _, run in groupby(rows, lambda row: (row[4], len(row[0]), row[2] and len(row[2]))):
        yield tuple(zip(*run, strict=True))


def is_plain(fields: Fields) -> bool:
    """Tell whether packed rows that are alike can be made a block here: they have values, and proper class scores."""
    data, _, proba, _, types, _ = fields
    dtype = types[0]
    return bool(data[0]) and (proba[0] is None or (dtype.kind == "f" and len(proba[0]) >= 2 * dtype.itemsize))


def block_of_packed(fields: Fields, tally: Tally, note: Note) -> Block:
    """Make a block of packed rows that are alike, each of them a request."""
    data, predictions, proba, latencies, (dtype, *_), _ = fields
    matrices = {(INPUT, MATRIX): _matrix(data, dtype)}
    if proba[0] is not None:
        matrices[OUTPUT, "proba"] = _matrix(proba, dtype)
    facts: Columns = {}
    if latencies.count(None) < len(data):
        facts["latency_s"] = numbers_of(latencies, note)
    outputs = _outputs(predictions, note)
    tally.requests += len(data)
    tally.predictions += len(data)
    return Block(len(data), {}, outputs, facts, matrices)


def _outputs(predictions: Sequence[Any], note: Note) -> Columns:
    if predictions.count(None) == len(predictions):
        return {}
    if _NUMBERS.issuperset(map(type, predictions)):
        with contextlib.suppress(OverflowError):  # an integer beyond any float
            return {"prediction": np.array(predictions, np.float64)}
    return columns_of([("prediction", list(predictions))], note)


def _matrix(rows: Sequence[bytes], dtype: np.dtype[Any]) -> Stack:
    """Return rows of bytes as a matrix: one copy of all, of 20 us for 100 KB."""
    return Stack([array_of(np.frombuffer(b"".join(rows), dtype).reshape(len(rows), -1))])


def shape_of_table(entry: Entry) -> Any:
    """Return what tables of numbers that can be joined have in common; None for anything else."""
    features, prediction, proba, more, *_ = entry
    if type(features) is not np.ndarray or features.ndim != 2 or features.dtype.kind not in "fiub":
        return None
    if proba is not None or not features.size:
        return None
    if more is not None and not (_LATENCY.issuperset(more) and type(more["latency_s"]) in FIXED):
        return None
    if prediction is None:
        return features.dtype, features.shape[1], None
    plain = type(prediction) is np.ndarray and prediction.dtype.kind in "fiu" and prediction.shape == features.shape[:1]
    # a table of one row takes a row of several predictions as well
    return (features.dtype, features.shape[1], prediction.dtype) if plain and len(features) > 1 else None


def block_of_tables(entries: Sequence[Entry], tally: Tally, note: Note) -> Block:
    """Make a block of tables of one shape; the latency of a request is on its first row."""
    tables, predictions, _, facts_of, requests, _ = zip(*entries, strict=True)
    sizes = [len(table) for table in tables]
    rows = sum(sizes)
    outputs = {} if predictions[0] is None else columns_of([("prediction", np.concatenate(predictions))], note)
    facts: Columns = {}
    if any(facts_of):
        said = [more["latency_s"] if more and first else None for more, first in zip(facts_of, requests, strict=True)]
        latencies = np.full(rows, np.nan)
        latencies[np.cumsum([0, *sizes[:-1]])] = numbers_of(said, note)
        facts["latency_s"] = latencies
    tally.requests += sum(requests)
    tally.predictions += rows
    return Block(rows, {}, outputs, facts, {(INPUT, MATRIX): Stack([array_of(table) for table in tables])})
