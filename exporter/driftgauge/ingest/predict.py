"""Predict: bodies of the v1 protocol (`instances` and `predictions`), as KServe and TensorFlow Serving speak it.

An instance is an object (its keys are the columns), a list (`instances[0]`, `instances[1]`, ...) or a single value. A list
of numbers inside an object is a vector: `x[0]`, `x[1]`, .... TensorFlow's column form (`inputs` and `outputs` as objects of
lists) is read too. What is nested deeper than a vector is handed to a `Reducer` as a tensor of FP64, or of UINT8 where all of it is whole
numbers up to 255. Guarantee: a batch or a `DecodeError`; what nobody can use is counted
(`unsupported_rank`) and left out, rows of another length than most are missing (`wrong_shape`). Cost: 60-100 ns a value, in rows
of nothing but numbers 30 ns.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Column, Floats, Requests, column_of
from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.facts import NUMBERS, Violations
from driftgauge.ingest.outputs import Outputs, add_columns, assign, prediction_of
from driftgauge.ingest.reducing import UNSUPPORTED, Deep, NoReducer, Reduced, Reducer
from driftgauge.ingest.result import Limits
from driftgauge.ingest.tensors import Spec, Tensor

__all__ = ["is_predict_request", "is_predict_response", "predict_request", "predict_response"]

_INSTANCES, _PREDICTIONS = "instances", "predictions"
_BYTE = 255
_NO_REDUCER = NoReducer()


def is_predict_request(body: Any) -> bool:
    """Tell whether a parsed body is a v1 request."""
    return isinstance(body, dict) and (_INSTANCES in body or isinstance(body.get("inputs"), dict))


def is_predict_response(body: Any) -> bool:
    """Tell whether a parsed body is a v1 response."""
    if not isinstance(body, dict):
        return False
    outputs = body.get("outputs")
    return _PREDICTIONS in body or isinstance(outputs, dict) or (isinstance(outputs, list) and not _tensors(outputs))


def predict_request(body: Mapping[str, Any], limits: Limits, reducer: Reducer = _NO_REDUCER) -> Batch:
    """Return the inputs of a parsed v1 request; raise `DecodeError` when it holds no rows."""
    violations = Violations()
    table = _table_of(body, _Form(_INSTANCES, "inputs", reducer), limits, violations)
    inputs: dict[str, Column] = {}
    for name, values in table.columns.items():
        add_columns(inputs, [(name, _column(name, values, violations))], violations)
    for name, rows in table.vectors.items():
        add_columns(inputs, _vector_columns(name, rows, violations), violations)
    reduced = _reduced(table, "inputs", reducer, violations)
    add_columns(inputs, reduced.inputs.items(), violations)
    return Batch(
        table.rows,
        inputs=inputs if reduced.whole else {},
        vectors=reduced.vectors if reduced.whole else {},
        tokens=reduced.tokens if reduced.whole else {},
        requests=Requests(tensor_rows=dict(reduced.rows)),
        violations=dict(+violations),
    )


def predict_response(
    body: Mapping[str, Any], limits: Limits, prediction_output: str | None, reducer: Reducer = _NO_REDUCER
) -> Batch:
    """Return the outputs of a parsed v1 response; raise `DecodeError` when it holds no rows.

    Vectors of fractions are probabilities or logits by the rule of `outputs`; vectors of whole numbers are columns.
    """
    violations = Violations()
    table = _table_of(body, _Form(_PREDICTIONS, "outputs", reducer), limits, violations)
    columns = {name: _column(name, values, violations) for name, values in table.columns.items()}
    scores: list[Tensor] = []
    for name, rows in table.vectors.items():
        if _are_scores(rows):
            matrix = _matrix(name, rows, violations)
            scores.append(Tensor(name, tuple(map(str, range(matrix.shape[1]))), matrix, may_be_scores=True))
        else:
            columns.update(_vector_columns(name, rows, violations))
    outputs = assign(scores, failed=None, prediction=None, violations=violations)
    chosen = prediction_of([*columns], prediction_output)
    named = [("prediction" if name == chosen else name, column) for name, column in columns.items()]
    add_columns(outputs.columns, named, violations)
    reduced = _reduced(table, "outputs", reducer, violations)
    add_columns(outputs.columns, reduced.outputs.items(), violations)
    outputs = outputs.with_scores(reduced.scores) if reduced.answered else Outputs()
    return Batch(
        table.rows,
        outputs=outputs.columns,
        probabilities=outputs.probabilities,
        logits=outputs.logits,
        vectors=reduced.vectors,
        tokens=reduced.tokens,
        requests=Requests(tensor_rows=dict(reduced.rows)),
        violations=dict(+violations),
    )


@dataclass(slots=True)
class _Table:
    """Rows by column: plain values, lists of one length (None where a row has no such list), and what is nested deeper."""

    rows: int
    columns: dict[str, Sequence[Any]] = field(default_factory=dict)
    vectors: dict[str, list[list[Any] | None]] = field(default_factory=dict)
    deep: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Form:
    """Where the rows are, row by row and by column, and who knows what their tensors are."""

    rows: str
    columns: str
    reducer: Reducer


def _tensors(values: Sequence[Any]) -> bool:
    return all(isinstance(value, dict) and "name" in value for value in values)


def _table_of(body: Mapping[str, Any], form: _Form, limits: Limits, seen: Violations) -> _Table:
    """Return a body's values by column, whichever of the two forms it has."""
    rows_name, columns_name = form.rows, form.columns
    if rows_name in body:
        raw = _by_name(rows_name, _rows_of(rows_name, body[rows_name]), limits)
    else:
        given: Any = body[columns_name]
        named = given if isinstance(given, dict) else {columns_name: given}
        raw = {name: values if isinstance(values, list) else [values] for name, values in named.items()}
    sizes = Counter(map(len, raw.values()))
    rows = sizes.most_common(1)[0][0] if sizes else 0
    if not rows:
        raise DecodeError("empty", "the body holds no rows", field=rows_name)
    limits.check(rows=rows, columns=len(raw))
    table = _Table(rows)
    for name, values in raw.items():
        if len(values) == rows:
            _place(table, name, values, seen, wanted=form.reducer.takes(name))
        else:
            seen[name, "wrong_shape"] += 1
    limits.check(rows=rows, columns=len(table.columns) + sum(map(_width, table.vectors.values())))
    return table


def _rows_of(name: str, value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return value
    raise DecodeError("structure", f"expected a list of rows, got {excerpt(value)}", field=name)


def _by_name(name: str, rows: list[Any], limits: Limits) -> dict[str, list[Any]]:
    """Turn objects to columns; rows of lists or single values stay one column of the list's own name."""
    limits.check(rows=len(rows))
    if not any(isinstance(row, dict) for row in rows):
        return {name: rows}
    objects = [row if isinstance(row, dict) else {} for row in rows]
    names = dict.fromkeys(key for row in objects for key in row)
    limits.check(rows=len(rows), columns=len(names))
    return {key: [row.get(key) for row in objects] for key in names}


def _place(table: _Table, name: str, values: Sequence[Any], seen: Violations, *, wanted: bool) -> None:
    if not any(isinstance(value, list) for value in values):
        table.columns[name] = values
        return
    lists = [value if isinstance(value, list) else None for value in values]
    widths = Counter(len(value) for value in lists if value is not None)
    width = widths.most_common(1)[0][0]
    deep = any(isinstance(item, list | dict) for value in lists if value is not None for item in value)
    if (deep or wanted) and width and all(value is not None and len(value) == width for value in lists):
        table.deep[name] = lists
        return
    if deep or not width:
        seen[name, UNSUPPORTED if deep else "wrong_shape"] += 1
        return
    usable = [value if value is not None and len(value) == width else None for value in lists]
    wrong = sum(value is not None and kept is None for value, kept in zip(values, usable, strict=True))
    seen[name, "wrong_shape"] += wrong
    if width == 1:
        table.columns[name] = [None if value is None else value[0] for value in usable]
    else:
        table.vectors[name] = usable


def _reduced(table: _Table, role: str, reducer: Reducer, violations: Violations) -> Reduced:
    tensors = []
    for name, rows in table.deep.items():
        shape, values = _unnested(rows)
        kinds = set(map(type, values))
        if len(values) != math.prod(shape) or not kinds <= NUMBERS:
            violations[name, UNSUPPORTED] += 1
            continue
        whole = kinds == {int}
        datatype = "UINT8" if whole and min(values) >= 0 and max(values) <= _BYTE else "INT64" if whole else "FP64"
        spec = Spec(name, (shape[0], math.prod(shape[1:])), len(shape), datatype, {}, values)
        tensors.append(Deep(spec, shape, role))
    reduced = reducer.reduce(tensors)
    violations.update((error.field or "", reason) for reason, error in reduced.refused)
    return reduced


def _unnested(rows: list[Any]) -> tuple[tuple[int, ...], list[Any]]:
    """Return the shape of nested lists, as their first entries have it, and their values."""
    shape, values = [len(rows)], rows
    while values and isinstance(values[0], list):
        shape.append(len(values[0]))
        values = list(chain.from_iterable(entry if isinstance(entry, list) else [entry] for entry in values))
    return tuple(shape), values


def _width(rows: Iterable[list[Any] | None]) -> int:
    return next(len(row) for row in rows if row is not None)


def _column(name: str, values: Sequence[Any], violations: Violations) -> Column:
    column, wrong = column_of(values)
    violations[name, "wrong_type"] += wrong
    return column


def _vector_columns(name: str, rows: list[list[Any] | None], violations: Violations) -> list[tuple[str, Column]]:
    width = _width(rows)
    labels = [f"{name}[{number}]" for number in range(width)]
    blank: list[Any] = [None] * width
    filled = [blank if row is None else row for row in rows]
    if set(map(type, chain.from_iterable(filled))) <= NUMBERS:
        with contextlib.suppress(OverflowError):  # integers beyond every float: column by column
            return list(zip(labels, np.array(filled, np.float64).T, strict=True))
    columns = zip(*filled, strict=True)
    return [(label, _column(label, values, violations)) for label, values in zip(labels, columns, strict=True)]


def _are_scores(rows: Sequence[list[Any] | None]) -> bool:
    """Tell whether vectors hold numbers, and fractions among them."""
    kinds = {kind for row in rows if row is not None for kind in set(map(type, row))}
    return float in kinds and kinds <= NUMBERS


def _matrix(name: str, rows: list[list[Any] | None], violations: Violations) -> Floats:
    columns = [column for _, column in _vector_columns(name, rows, violations)]
    return np.stack([column for column in columns if isinstance(column, np.ndarray)], axis=1)
