"""Columns: `{"columns": {name: [values]}, "prediction": [...], ...}`, the compact JSON form.

Guarantee: all lists have one length or the body is refused, because no row could be told from another. Facts are lists
(each row is a request) or single values (`latency_s`, `status`: the whole body is one request; `ts`: the time of every
row). Cost: about 60 ns a value, parsing included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np

from driftgauge.batch import Flags, Floats
from driftgauge.errors import DecodeError
from driftgauge.ingest.assemble import Table, batch_of
from driftgauge.ingest.excerpt import excerpt, short
from driftgauge.ingest.facts import EMBEDDING, FIELDS, TOLD, Violations, count_unknown, name_of
from driftgauge.ingest.result import Decoded, Limits, Refusals
from driftgauge.ingest.segments import segments_of
from driftgauge.ingest.times import seconds_of, timestamps_of
from driftgauge.ingest.warned import warned_of_table

__all__ = ["decode_columns"]

_KNOWN = (FIELDS - {"features"}) | {"columns"}
_ROW_FACTS = ("latency_s", "status", "proba", "logits", "id", "label", EMBEDDING, *TOLD)
_REQUEST_FACTS = ("latency_s", "status")  # these may also be said once, of the whole body


def decode_columns(body: Mapping[str, Any], limits: Limits) -> Decoded:
    """Decode a parsed body that has `columns`."""
    names = {name: name_of(body.get(name), name) for name in ("model", "version")}
    violations: Violations = Violations()
    count_unknown(violations, [name for name in body if name not in _KNOWN])
    inputs = _lists_of(body["columns"], violations)
    outputs = _lists_of(_outputs_of(body.get("prediction")), violations)
    facts = {name: body[name] for name in _ROW_FACTS if isinstance(body.get(name), list)}
    whole = _whole_of(body, violations)
    parts = _lists_of(body.get("segment") or {}, violations)
    rows = _rows_of(
        [("columns", inputs), ("prediction", outputs), ("facts", facts), ("segment", parts)], body.get("ts")
    )
    limits.check(rows=rows)
    refused = Refusals()
    moments = _moments_of(body.get("ts"), rows, refused)
    if refused.errors:
        keep = ~np.isinf(moments)
        inputs, outputs, facts, parts = (_chosen(lists, keep) for lists in (inputs, outputs, facts, parts))
        moments = moments[keep]
    refused.check(len(moments))
    one = bool(whole) and not any(name in facts for name in _REQUEST_FACTS)
    segments = segments_of(parts, len(moments), violations)
    table = Table(len(moments), 1 if one else len(moments), inputs, outputs, facts | whole, moments, segments)
    batch = batch_of(table, limits, violations)
    warnings = warned_of_table(table, batch.violations, batch.texts)
    return refused.decoded(batch, model=names["model"], version=names["version"], warnings=warnings)


def _outputs_of(prediction: Any) -> Any:
    if prediction is None:
        return {}
    return prediction if isinstance(prediction, dict) else {"prediction": prediction}


def _lists_of(columns: Any, violations: Violations) -> dict[str, list[Any]]:
    if not isinstance(columns, dict):
        raise DecodeError("structure", f"expected an object of lists, got {excerpt(columns)}", field="columns")
    lists = {name: values for name, values in columns.items() if isinstance(values, list)}
    violations.update((name, "wrong_type") for name in columns.keys() - lists.keys())
    return lists


def _whole_of(body: Mapping[str, Any], violations: Violations) -> dict[str, list[Any]]:
    """Return the facts that were said once, each as a list of one."""
    single = {name for name in _ROW_FACTS if not isinstance(body.get(name), list | None)}
    violations.update((name, "wrong_type") for name in single.difference(_REQUEST_FACTS))
    return {name: [body[name]] for name in _REQUEST_FACTS if name in single}


def _rows_of(groups: Sequence[tuple[str, Mapping[str, Sequence[Any]]]], ts: Any) -> int:
    """Return the common length of all lists; raise `DecodeError` when two differ or no column is there."""
    sizes = {f"{group} {short(name)!r}": len(values) for group, lists in groups for name, values in lists.items()}
    if not sizes:
        raise DecodeError("empty", "no column holds a list of values", field="columns")
    if isinstance(ts, list):
        sizes["facts 'ts'"] = len(ts)
    first, rows = next(iter(sizes.items()))
    for other, size in sizes.items():
        if size != rows:
            raise DecodeError("ragged", f"{first} has {rows} values, {other} has {size}", field=other.split("'")[1])
    return rows


def _moments_of(ts: Any, rows: int, refused: Refusals) -> Floats:
    if isinstance(ts, list):
        return timestamps_of(ts, refused)
    return np.full(rows, seconds_of(ts))


def _chosen(lists: Mapping[str, Sequence[Any]], rows: Flags) -> dict[str, list[Any]]:
    return {name: list(compress(values, rows)) for name, values in lists.items()}
