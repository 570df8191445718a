"""Uniform: observations that all have the keys of the first one, which is how one program writes them.

The rows are decoded as a type that is made from the first row, so that no dictionary is built and no key is hashed, and
all its numbers become one matrix at once. Guarantee: what is returned is what `decode_observations` returns for the same
text, except that a column of numbers is a row of that matrix. Where a row has a key that the first one lacks, a value of
another type, or anything that has to be refused, counted or explained, nothing is returned, and the general way is taken.

Memory: the 16 types used last, about 0.5 KB a column each. Time: about half of the general way; 1-2 ms for a type that is new.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import astuple

from driftgauge.batch import Floats
from driftgauge.errors import DecodeError
from driftgauge.ingest.assemble import Table, batch_of
from driftgauge.ingest.facts import FIELDS, Violations
from driftgauge.ingest.json_end import json_end
from driftgauge.ingest.observations import agree, outputs_of, transposed
from driftgauge.ingest.result import Decoded, Limits, Refusals
from driftgauge.ingest.segments import segments_of_rows
from driftgauge.ingest.times import timestamps_of
from driftgauge.ingest.warned import warned_of_table

__all__ = ["decode_uniform", "decode_uniform_lines"]

#: a type costs as much as decoding some hundred rows in the general way; it pays at the second or third such body
LEAST_ROWS = 8
#: keys in another order than the first row's are searched for: more of them would take quadratic time
MOST_FEATURES = 512
_KEPT = 16
_NAMES = {"model", "version"}
#: fields that are no facts
_APART = ("features", "prediction", "segment", "ts", "model", "version")
#: characters that the type of a row cannot have in a key
_UNUSUAL = frozenset('"\\').union(map(chr, range(32)))


def decode_uniform(text: bytes, limits: Limits) -> Decoded | None:
    """Decode the text of a list of observations; None where the general way must."""
    start = len(text) - len(text.lstrip(b" \t\r\n"))
    if text[start : start + 1] != b"[":
        return None
    return _decode(text, start + 1, limits, lambda decoders: decoders.rows.decode(text))


def decode_uniform_lines(text: bytes, limits: Limits) -> Decoded | None:
    """Decode observations, one a line; None where the general way must."""
    if text.count(b"\n") > limits.rows:
        return None
    # not `decode_lines`, which takes two rows of one line, and one row of two lines
    return _decode(
        text, 0, limits, lambda decoders: [decoders.row.decode(line) for line in text.split(b"\n") if line.strip()]
    )


@dataclass(frozen=True, slots=True)
class _Decoders:
    """Decoders of one row and of a list of rows."""

    row: msgspec.json.Decoder[Any]
    rows: msgspec.json.Decoder[list[Any]]


def _decode(text: bytes, start: int, limits: Limits, rows_of: Callable[[_Decoders], list[Any]]) -> Decoded | None:
    shape = _shape_of(text[start : len(text) // LEAST_ROWS])
    decoders = None if shape is None else _decoders_of(shape)
    if shape is None or decoders is None:
        return None
    try:
        return _decoded(shape, rows_of(decoders), limits)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, DecodeError, _NotUniformError):
        return None  # the general way finds the same, and says what and where


class _NotUniformError(Exception):
    """Something of the body needs the general way."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of a row: its fields, and its features with the kind of their values (`number`, `text`, `any`)."""

    fields: tuple[str, ...]
    features: tuple[tuple[str, str], ...]


def _shape_of(first: bytes) -> _Shape | None:
    """Return the shape of the row with which a text begins; None where it does not hold all of it."""
    row = _row_of(first) or {}
    features = row.get("features")
    if not isinstance(features, dict) or not 0 < len(features) <= MOST_FEATURES or not row.keys() <= FIELDS:
        return None
    return _Shape(tuple(row), tuple((name, _KINDS.get(type(value), "any")) for name, value in features.items()))


def _row_of(first: bytes) -> dict[str, Any] | None:
    """Return the object with which a text begins; None where it does not hold all of one."""
    for end in _ends(first):
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _OBJECT.decode(first[:end])
    return None


def _ends(first: bytes) -> Iterator[int]:
    """Yield where that object may end, which is so if it can be read: before the next one, and where its braces say."""
    if (border := _BORDER.search(first)) is not None:
        yield border.start() + 1
    if (end := json_end(first)) is not None:
        yield end


_OBJECT: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])
_BORDER = re.compile(rb"\}\s*+,?\s*+\{")
_KINDS: Mapping[type, str] = {int: "number", float: "number", str: "text"}
_TYPES: Mapping[str, Any] = {"number": float | None, "text": str | None, "any": Any}


@lru_cache(_KEPT)
def _decoders_of(shape: _Shape) -> _Decoders | None:
    """Return what decodes such rows; a key that a row lacks is None, one that is new is an error. None for unusual keys."""
    if _UNUSUAL.intersection(chain.from_iterable(name for name, _ in shape.features)):
        return None
    features = [
        (f"f{number}", _TYPES[kind], msgspec.field(name=name, default=None))
        for number, (name, kind) in enumerate(shape.features)
    ]
    # Rows are gone when the body is, so that the garbage collector need not look at them.
    kind = msgspec.defstruct("Features", features, forbid_unknown_fields=True, gc=False)
    fields = [(name, kind) if name == "features" else (name, Any, None) for name in shape.fields]
    row = msgspec.defstruct("Row", fields, forbid_unknown_fields=True, gc=False, kw_only=True)
    return _Decoders(msgspec.json.Decoder(row), msgspec.json.Decoder(list[row]))  # type: ignore[valid-type] # made here


def _decoded(shape: _Shape, rows: Sequence[Any], limits: Limits) -> Decoded:
    """Turn rows into a batch; raise `_NotUniformError` or `DecodeError` where the general way has more to say."""
    limits.check(rows=len(rows), columns=len(shape.features))
    refused, violations = Refusals(), Violations()
    names: dict[str, str] = {}
    for row in rows if _NAMES & set(shape.fields) else ():
        agree(names, {field: getattr(row, field) for field in _NAMES.intersection(shape.fields)})
    moments = timestamps_of([row.ts for row in rows], refused) if "ts" in shape.fields else None
    if refused.errors:
        raise _NotUniformError
    table = Table(
        rows=len(rows),
        requests=len(rows),
        inputs=_inputs(shape, rows),
        outputs=_outputs([row.prediction for row in rows], limits, violations) if "prediction" in shape.fields else {},
        facts={name: [getattr(row, name) for row in rows] for name in shape.fields if name not in _APART},
        timestamps=None if moments is None or np.isnan(moments).all() else moments,
        segments=segments_of_rows([row.segment for row in rows], violations) if "segment" in shape.fields else {},
    )
    batch = batch_of(table, limits, violations)
    warnings = warned_of_table(table, batch.violations, batch.texts)
    return refused.decoded(batch, model=names.get("model"), version=names.get("version"), warnings=warnings)


def _inputs(shape: _Shape, rows: Sequence[Any]) -> Mapping[str, Sequence[Any] | Floats]:
    """Return the features by name."""
    values = [astuple(row.features) for row in rows]
    names = [name for name, _ in shape.features]
    numeric = [place for place, (_, kind) in enumerate(shape.features) if kind == "number"]
    columns: list[Sequence[Any] | Floats] = [] if len(numeric) == len(names) else list(zip(*values, strict=True))
    if not columns:
        matrix = _matrix(chain.from_iterable(values), len(rows), len(names)).T.copy()
        columns = list(matrix)
    else:
        matrix = _matrix(chain.from_iterable([columns[place] for place in numeric]), len(numeric), len(rows))
        for place, column in zip(numeric, matrix, strict=True):
            columns[place] = column
    for row in np.flatnonzero(np.isnan(matrix).all(axis=0)).tolist():
        if all(value is None for value in values[row]):  # nothing can be used of it, unless it is nulls that were sent
            raise _NotUniformError
    return dict(zip(names, columns, strict=True))


def _matrix(numbers: Iterable[float | None], rows: int, columns: int) -> Floats:
    """Return numbers as a matrix; None becomes NaN, which no number of strict JSON is."""
    return np.fromiter(numbers, np.float64, rows * columns).reshape(rows, columns)


def _outputs(predictions: list[Any], limits: Limits, violations: Violations) -> Mapping[str, Sequence[Any]]:
    kinds = set(map(type, predictions))
    if kinds <= {type(None)}:
        return {}
    if not kinds & {dict, list}:
        return {"prediction": predictions}
    return transposed([outputs_of(prediction, violations) for prediction in predictions], limits)
