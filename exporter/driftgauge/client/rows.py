"""Rows: what callers logged, as blocks, and what it adds to the totals.

Runs in the thread, a chunk of entries at a time. Entries of one row that look alike (the same array shape, or
dictionaries) become columns together, and so do arrays alone (`arrays`); other tables are taken one by one. Guarantee: a request counts once and its latency is on
its first row only, however many rows or calls it has; an entry that cannot be read is counted as `invalid`, its request
still counts. Cost: 1 us a row of an array, 0.2 us a value of a dictionary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from driftgauge.batch import Categories, column_of
from driftgauge.client.arrays import alike, block_of_packed, block_of_tables, is_plain, shape_of_table
from driftgauge.client.block import INPUT, OUTPUT, Block
from driftgauge.client.copying import FIXED
from driftgauge.client.entries import Entry, Packed, is_packed, unpacked
from driftgauge.client.moments import moment_of
from driftgauge.client.stack import Stack
from driftgauge.client.tables import MATRIX, Columns, columns_of, features_of, predictions_of, scores_of
from driftgauge.client.tally import Tally
from driftgauge.client.texts import Words
from driftgauge.client.values import array_of, numbers_of, plain
from driftgauge.failures import failure_of

__all__ = ["blocks_of", "blocks_of_packed", "word_of"]

Note: TypeAlias = Callable[[str, str], None]

_SCALARS = FIXED | {str, Words}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def blocks_of(entries: Sequence[Entry | Packed], names: Sequence[str], tally: Tally, note: Note) -> Iterator[Block]:
    """Yield the rows of *entries* and count them in *tally*."""
    for packed, run in groupby(entries, is_packed):
        # mypy does not see that a run has one form
        make: Callable[..., Iterator[Block]] = blocks_of_packed if packed else _blocks_of
        yield from make(list(run), names, tally, note)


def blocks_of_packed(rows: Sequence[Packed], names: Sequence[str], tally: Tally, note: Note) -> Iterator[Block]:
    """Yield packed rows and count them."""
    for like in alike(rows):
        if is_plain(like):
            calls = len(like[0])
            yield from _usable(partial(block_of_packed, like, tally, note), calls, calls, tally, note)
        else:
            yield from _blocks_of(map(unpacked, zip(*like, strict=True)), names, tally, note)


def _blocks_of(entries: Iterable[Entry], names: Sequence[str], tally: Tally, note: Note) -> Iterator[Block]:
    for (form, _), run in groupby(entries, _shape_of):
        group = list(run)
        for part in [[entry] for entry in group] if form is _table else [group]:
            make = partial(_table, part[0], names) if form is _table else partial(form, part)
            yield from _usable(partial(make, tally, note), len(part), sum(entry[4] for entry in part), tally, note)


def _usable(make: Callable[[], Block], calls: int, requests: int, tally: Tally, note: Note) -> Iterator[Block]:
    try:
        block = make()
    except Exception as error:  # noqa: BLE001 - arguments are anything, and the thread must live
        note(f"arguments {type(error).__name__}", f"what was logged cannot be used: {error}")
        tally.dropped["invalid"] += calls
        tally.requests += requests
        return
    if block.rows and (block.inputs or block.outputs or block.matrices):
        yield block
    elif "latency_s" in block.facts:  # nothing to monitor in these rows: they are only counted
        latencies = array_of(block.facts["latency_s"])
        tally.latencies += latencies[np.isfinite(latencies) & (latencies >= 0)].tolist()


def _shape_of(entry: Entry) -> tuple[Callable[..., Block], Any]:
    """Return what makes entries blocks, and what those have in common that can be made one together."""
    if (shape := _shape_of_row(entry)) is not None:
        return _simple, shape
    shape = shape_of_table(entry)
    return (_table, None) if shape is None else (block_of_tables, shape)


def _shape_of_row(entry: Entry) -> Any:
    """Return what entries of one row have in common that can be made columns together; None for others."""
    features, prediction, proba, more, *_ = entry
    if type(prediction) not in _SCALARS or (more is not None and not _are_simple(more)):
        return None
    scores = None
    if proba is not None:
        if type(proba) is not np.ndarray or proba.ndim != 1 or proba.dtype.kind != "f" or len(proba) < 2:
            return None
        scores = (proba.dtype, proba.shape)
    if type(features) is np.ndarray:
        simple = features.ndim == 1 and features.dtype.kind in "fiub" and len(features)
        return (features.dtype, features.shape, scores) if simple else None
    if features is None:
        return None, scores
    return (dict, scores) if type(features) is dict and _SCALARS.issuperset(map(type, features.values())) else None


def _are_simple(facts: Mapping[str, Any]) -> bool:
    return _SIMPLE_FACTS.issuperset(facts) and all(
        type(value) in _SCALARS or (name == "segment" and _is_segment(value)) for name, value in facts.items()
    )


def _is_segment(value: Any) -> bool:
    return type(value) is dict and _SCALARS.issuperset(map(type, value.values()))


def _simple(entries: Sequence[Entry], tally: Tally, note: Note) -> Block:
    """Make a block of entries of one row that look alike."""
    features, predictions, proba, more, requests, _ = zip(*entries, strict=True)
    inputs: Columns = {}
    matrices: dict[tuple[str, str], Stack] = {}
    if type(features[0]) is dict:
        keys = dict.fromkeys(key for row in features for key in row)
        inputs = columns_of(((key, [row.get(key) for row in features]) for key in keys), note)
    elif features[0] is not None:
        matrices[INPUT, MATRIX] = Stack([array_of(np.array(features))])
    if proba[0] is not None:
        matrices[OUTPUT, "proba"] = Stack([array_of(np.array(proba))])
    outputs = (
        {} if all(value is None for value in predictions) else columns_of([("prediction", list(predictions))], note)
    )
    facts = _facts_of_rows([given or _NOTHING for given in more], requests, tally, note)
    return Block(len(entries), inputs, outputs, facts, matrices)


def _facts_of_rows(more: Sequence[Mapping[str, Any]], requests: Sequence[int], tally: Tally, note: Note) -> Columns:
    """Return the facts of rows that are each a request's, or a further row of the one before."""
    said = set[str]().union(*more)
    tally.requests += sum(requests)
    facts: Columns = {}
    if "status" in said:
        reasons = [failure_of(plain(given.get("status"))) for given in more]
        tally.predictions += reasons.count(None)
        tally.failures.update(r for r, first in zip(reasons, requests, strict=True) if r is not None and first)
        facts |= {"status": _column(reasons)} if any(reasons) else {}
    else:
        tally.predictions += len(more)
    if "latency_s" in said:
        pairs = zip(more, requests, strict=True)
        facts["latency_s"] = numbers_of([given.get("latency_s") if first else None for given, first in pairs], note)
    if "ts" in said:
        facts["ts"] = numbers_of([moment_of(given.get("ts"), note) for given in more], note, "ts")
    for name in ("id", "label"):
        if name in said:
            facts[name] = _column([word_of(given.get(name)) for given in more])
    if "segment" in said:
        facts |= _segments([given.get("segment") for given in more], note)
    return facts


def _segments(given: Sequence[Any], note: Note) -> Columns:
    """Return a fact for each field of the rows' segments."""
    parts = [part if isinstance(part, dict) else {} for part in given]
    if any(part is not None and not isinstance(part, dict) for part in given):
        note("segment", "a segment is a dictionary, such as {'country': 'de'}; it is left out")
    fields = dict.fromkeys(str(name) for part in parts for name in part)
    return {f"segment.{name}": _column([word_of(part.get(name)) for part in parts]) for name in fields}


def _table(entry: Entry, names: Sequence[str], tally: Tally, note: Note) -> Block:
    """Make a block of one entry, whatever it holds."""
    features, prediction, proba, more, first, _ = entry
    given = dict(more or {})
    rows, inputs, matrix = features_of(features, names, note)
    matrices = {} if matrix is None else {(INPUT, MATRIX): Stack([matrix])}
    sizes = {} if rows is None else {"features": rows}
    size, outputs = predictions_of(prediction, rows, note)
    if prediction is not None and size is not None:
        sizes["prediction"] = size
    for name, scores in (("proba", proba), ("logits", given.pop("logits", None))):
        if scores is not None:
            found = scores_of(scores, rows if size is None else size, probabilities=name == "proba")
            matrices[OUTPUT, name] = Stack([found])
            sizes[name] = len(found)
    if len(set(sizes.values())) > 1:
        raise ValueError("different numbers of rows: " + ", ".join(f"{name} has {n}" for name, n in sizes.items()))
    rows = next(iter(sizes.values()), 1)
    if not rows:
        return _empty(given, first, tally)
    facts = [_fact_of(given, row, rows) for row in range(rows)] if _by_row(given, rows) else _once(given, rows)
    requests = [first] * rows if _by_row(given, rows) and rows > 1 else [first, *[0] * (rows - 1)]
    return Block(rows, inputs, outputs, _facts_of_rows(facts, requests, tally, note), matrices)


def _empty(given: Mapping[str, Any], first: int, tally: Tally) -> Block:
    """Count a request whose tables have no rows."""
    reason, latency = failure_of(plain(given.get("status"))), plain(given.get("latency_s"))
    tally.requests += first
    if first and reason is not None:
        tally.failures[reason] += 1
    known = first and isinstance(latency, int | float)
    return Block(0, facts={"latency_s": np.array([latency], dtype=np.float64)} if known else {})


def _by_row(given: Mapping[str, Any], rows: int) -> bool:
    """Tell whether latencies or statuses are said of each row: then each row is a request."""
    said = [given[name] for name in ("latency_s", "status") if name in given]
    return any(np.ndim(values) == 1 and len(values) == rows for values in said)


def _once(given: Mapping[str, Any], rows: int) -> list[Mapping[str, Any]]:
    each = [name for name in given if name != "latency_s"]
    facts = [_fact_of({name: given[name] for name in each}, row, rows) for row in range(rows)]
    if "latency_s" in given:
        facts[0]["latency_s"] = given["latency_s"]
    return list(facts)


def _fact_of(given: Mapping[str, Any], row: int, rows: int) -> dict[str, Any]:
    return {
        name: {part: _pick(value[part], row, rows) for part in value}
        if name == "segment" and isinstance(value, dict)
        else _pick(value, row, rows)
        for name, value in given.items()
    }


def _pick(value: Any, row: int, rows: int) -> Any:
    if type(value) in _SCALARS or not np.ndim(value):
        return value
    if len(value) != rows:
        raise ValueError(f"a fact has {len(value)} values for {rows} rows")
    return value.iloc[row] if hasattr(value, "iloc") else value[row]


def word_of(value: Any) -> str | None:
    """Return an id or a label as text, 42.0 as 42; None for what is neither."""
    word = plain(value)
    if word is None or isinstance(word, list):
        return None
    if isinstance(word, float) and word.is_integer():
        word = int(word)
    return str(word).lower() if isinstance(word, bool) else str(word)


def _column(words: Sequence[str | None]) -> Categories:
    column, _ = column_of(words)
    return column if isinstance(column, Categories) else Categories(np.full(len(words), -1, np.int32), ())


_SIMPLE_FACTS = frozenset({"latency_s", "status", "id", "ts", "label", "segment"})
