"""Observations: one object, a list of objects, or one object a line.

Guarantee: a row is refused only when nothing of it can be used, and its refusal names row, field and reason; the other
rows are not touched by it. Rows may have different keys: a column has every row, missing where the row lacks the key.
Each accepted row is one request. Cost: about 4 us a row and 100 ns a value, parsing included.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from driftgauge.errors import DecodeError
from driftgauge.failures import failure_of
from driftgauge.ingest.assemble import Table, batch_of
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.facts import EMBEDDING, FIELDS, TOLD, Violations, count_unknown, name_of
from driftgauge.ingest.parse import parse
from driftgauge.ingest.result import Decoded, Limits, Refusals
from driftgauge.ingest.segments import segments_of_rows
from driftgauge.ingest.times import seconds_of
from driftgauge.ingest.warned import warned_of_table

__all__ = ["agree", "decode_lines", "decode_observations", "outputs_of", "transposed"]

_FACTS = ("latency_s", "status", "proba", "logits", "id", "label", EMBEDDING, *TOLD)
_NAMES = ("model", "version")


def decode_lines(body: bytes, limits: Limits) -> Decoded:
    """Decode NDJSON; a line that is no JSON is a refused row, blank lines are none."""
    if body.count(b"\n") > limits.rows:  # before anything is split: a body of line ends alone is millions of lines
        limits.check(rows=body.count(b"\n"))
    return decode_observations([_parse_line(line) for line in body.split(b"\n") if line.strip()], limits)


def decode_observations(values: Sequence[Any], limits: Limits) -> Decoded:
    """Decode parsed observations; an entry that is a `DecodeError` is a row that was refused before."""
    limits.check(rows=len(values))
    refused = Refusals()
    violations: Violations = Violations()
    names: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    seconds: list[float] = []
    for index, value in enumerate(values):
        try:
            row = _object_of(value)
            moment = seconds_of(row.get("ts"))
            agree(names, row)
        except DecodeError as error:
            refused.add(index, error)
            continue
        rows.append(row)
        seconds.append(moment)
        if not row.keys() <= FIELDS:
            count_unknown(violations, [name for name in row if name not in FIELDS])
    refused.check(len(rows))
    table = _table_of(rows, seconds, limits, violations)
    batch = batch_of(table, limits, violations)
    warnings = warned_of_table(table, batch.violations, batch.texts)
    return refused.decoded(batch, model=names.get("model"), version=names.get("version"), warnings=warnings)


def _parse_line(line: bytes) -> Any:
    try:
        return parse(line)
    except DecodeError as error:
        return error


def _object_of(value: Any) -> dict[str, Any]:
    """Return an observation of which something can be used; raise `DecodeError` otherwise."""
    if isinstance(value, DecodeError):
        raise value
    if not isinstance(value, dict):
        raise DecodeError("structure", f"expected an observation (an object), got {excerpt(value)}")
    features = value.get("features")
    if not (features is None or isinstance(features, dict)):
        raise DecodeError("structure", f"expected an object, got {excerpt(features)}", field="features")
    if not (features or value.get(EMBEDDING) or _has_output(value) or failure_of(value.get("status"))):
        raise DecodeError("empty", "neither features nor a prediction")
    return value


def _has_output(row: Mapping[str, Any]) -> bool:
    prediction = row.get("prediction")
    usable = bool(prediction) if isinstance(prediction, list | dict) else prediction is not None
    scores = bool(row.get("proba") or row.get("logits"))
    return (usable and not isinstance(prediction, list)) or scores or any(row.get(name) is not None for name in TOLD)


def agree(names: dict[str, str], row: Mapping[str, Any]) -> None:
    """Note the model that a row names; raise when another row of the body named another one."""
    for field in _NAMES:
        name = name_of(row.get(field), field)
        if name is not None and names.setdefault(field, name) != name:
            message = f"one body holds rows of one {field}: {excerpt(names[field])} came before, got {excerpt(name)}"
            raise DecodeError("structure", message, field=field)


def _table_of(rows: list[dict[str, Any]], seconds: list[float], limits: Limits, violations: Violations) -> Table:
    return Table(
        rows=len(rows),
        requests=len(rows),
        inputs=transposed([row.get("features") or {} for row in rows], limits),
        outputs=transposed([outputs_of(row.get("prediction"), violations) for row in rows], limits),
        facts={name: [row.get(name) for row in rows] for name in _FACTS if any(name in row for row in rows)},
        timestamps=None if all(map(math.isnan, seconds)) else np.array(seconds),
        segments=segments_of_rows([row.get("segment") for row in rows], violations),
    )


def outputs_of(prediction: Any, violations: Violations) -> Mapping[str, Any]:
    """Return output columns of one row; a list is none, and counted."""
    if isinstance(prediction, dict):
        return prediction
    if isinstance(prediction, list):
        violations[("prediction", "wrong_type")] += 1
        return {}
    return {} if prediction is None else {"prediction": prediction}


def transposed(rows: Sequence[Mapping[str, Any]], limits: Limits) -> dict[str, Sequence[Any]]:
    """Return columns of rows; a column has every row, None where the row lacks the key."""
    names = list(rows[0])
    if all(list(row) == names for row in rows):  # the normal case: one client writes them all the same way
        return dict(zip(names, zip(*(row.values() for row in rows), strict=True), strict=True))
    union = _union(rows, limits)
    return {name: [row.get(name) for row in rows] for name in union}


def _union(rows: Iterable[Mapping[str, Any]], limits: Limits) -> dict[str, None]:
    union: dict[str, None] = {}
    for row in rows:
        union.update(dict.fromkeys(row))
    limits.check(rows=len(list(rows)), columns=len(union))
    return union
