"""Arrays: entries that hold only arrays and plain values, as blocks.

Two forms come often and in numbers, and both become columns without any Python for each value: packed rows (see `entries`)
and tables of numbers with one prediction a row. Everything else is left to `rows`, which gives the same of these two.
Cost: 0.3 us a packed row, 5 us a table. The values of a table are not copied again.
"""

from __future__ import annotations

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
#: what is said of a table in this way: how long its request took
_LATENCY = frozenset({"latency_s"})


def alike(rows: Sequence[Packed]) -> Iterator[Sequence[Packed]]:
    """Yield the rows in runs of one type, one width and one number of class scores."""
    data, _, proba, _, types, _ = zip(*rows, strict=True)
    scores = proba.count(None) == len(rows) or (None not in proba and len(set(map(len, proba))) == 1)
    if scores and len(set(map(len, data))) == len(set(types)) == 1:
        yield rows
        return
    for _, run in groupby(rows, lambda row: (row[4], len(row[0]), row[2] and len(row[2]))):
        yield list(run)


def is_plain(row: Packed) -> bool:
    """Tell whether a packed row, and those like it, can be made a block here: it has values, and proper class scores."""
    data, _, proba, _, dtype, _ = row
    return bool(data) and (proba is None or (dtype.kind == "f" and len(proba) >= 2 * dtype.itemsize))


def block_of_packed(rows: Sequence[Packed], tally: Tally, note: Note) -> Block:
    """Make a block of packed rows that are alike, each of them a request."""
    data, predictions, proba, latencies, (dtype, *_), _ = zip(*rows, strict=True)
    matrices = {(INPUT, MATRIX): _matrix(data, dtype)}
    if proba[0] is not None:
        matrices[OUTPUT, "proba"] = _matrix(proba, dtype)
    none = predictions.count(None) == len(rows)
    outputs = {} if none else columns_of([("prediction", list(predictions))], note)
    facts: Columns = {}
    if latencies.count(None) < len(rows):
        facts["latency_s"] = numbers_of(latencies, note)
    tally.requests += len(rows)
    tally.predictions += len(rows)
    return Block(len(rows), {}, outputs, facts, matrices)


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
