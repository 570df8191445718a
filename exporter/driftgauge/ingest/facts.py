"""Facts of rows and requests: statuses, latencies, class scores, and the names of all fields.

A field that is in no list is counted as `unknown_field`, under at most 32 distinct names
(the rest under `_other`), so that a sender of random keys cannot grow the counters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from driftgauge.batch import Categories, Flags, Floats, Mixed, Requests, column_of
from driftgauge.errors import DecodeError
from driftgauge.failures import failure_of
from driftgauge.ingest.excerpt import excerpt, short
from driftgauge.ingest.result import Limits

__all__ = [
    "EMBEDDING",
    "FIELDS",
    "NUMBERS",
    "TOLD",
    "Violations",
    "are_token_ids",
    "count_unknown",
    "name_of",
    "numbers_of",
    "requests_of",
    "scores_of",
]

#: (column, reason) -> values or fields that could not be used
Violations: TypeAlias = Counter[tuple[str, str]]

#: a vector of the row, such as what a model hands to its last layer
EMBEDDING = "embedding"
#: what is told of generations, see `told`
TOLD = ("tokens_in", "tokens_out", "ttft_s", "finish_reason")
#: fields of an observation
FIELDS = {EMBEDDING}.union(TOLD) | {
    "ts",
    "features",
    "prediction",
    "proba",
    "logits",
    "latency_s",
    "status",
    "segment",
    "model",
    "version",
    "id",
    "label",
}
#: the types of a JSON number, or of a missing one
NUMBERS = frozenset({int, float, type(None)})

_UNKNOWN_NAMES = 32


def are_token_ids(value: Any) -> bool:
    """Tell whether a value is a list of whole numbers, as tokens of a text are; an empty one is a text without any."""
    return isinstance(value, list) and set(map(type, value)) <= {int} and all(abs(token) < 2**63 for token in value)


def count_unknown(violations: Violations, names: Iterable[str]) -> None:
    """Count fields that no version knows."""
    counted = {name for name, reason in violations if reason == "unknown_field"}
    for name in map(short, names):
        if len(counted) < _UNKNOWN_NAMES:
            counted.add(name)
        violations[(name if name in counted else "_other", "unknown_field")] += 1


def name_of(value: Any, field: str) -> str | None:
    """Return a model's name or version as text; None where it is absent."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    raise DecodeError("structure", f"expected {field} to be text, got {excerpt(value)}", field=field)


def requests_of(
    *, rows: int, count: int, latency: Sequence[Any] | Floats, status: Sequence[Any], violations: Violations
) -> tuple[Requests, Flags | None]:
    """Return the requests behind some rows and which rows failed.

    Args:
        rows: rows of the body.
        count: requests that carried them: `rows`, or one.
        latency: seconds, one for each request that gave them.
        status: one for each request, one for all of them, or none.
        violations: where values that are no status or latency are counted.
    """
    if not len(status) and not len(latency):
        return Requests(count), None
    unusable = sum(isinstance(value, list | dict) for value in status)
    violations[("status", "wrong_type")] += unusable
    reasons = [None if isinstance(value, list | dict) else failure_of(value) for value in status]
    if len(reasons) == 1:
        reasons *= count
    failures = Counter(reason for reason in reasons if reason)
    requests = Requests(count, _latencies_of(latency, violations), dict(failures))
    if not failures:
        return requests, None
    failed = np.array([reason is not None for reason in reasons])
    return requests, failed if len(failed) == rows else np.full(rows, fill_value=True)


def _latencies_of(values: Sequence[Any] | Floats, violations: Violations) -> Floats:
    seconds, wrong = numbers_of(values)
    usable = np.isfinite(seconds) & (seconds >= 0)
    violations[("latency_s", "wrong_type")] += wrong + int(np.count_nonzero(~usable & ~np.isnan(seconds)))
    return seconds[usable].astype(np.float64)


def numbers_of(values: Sequence[Any] | Floats) -> tuple[Floats, int]:
    """Return numbers, NaN where there is none, and how many values are something else."""
    if isinstance(values, np.ndarray):
        return values, 0
    column, wrong = column_of(values)
    if isinstance(column, Mixed):
        return column.numbers, wrong + int(np.count_nonzero(column.categories.codes >= 0))
    if isinstance(column, Categories):
        return np.full(len(column), np.nan), wrong + int(np.count_nonzero(column.codes >= 0))
    return column, wrong


def scores_of(values: Sequence[Any], field: str, limits: Limits, violations: Violations) -> Floats | None:
    """Return class scores, or an embedding, as [rows, width], NaN where a row gives none of the usual length; None without any."""
    if not values:
        return None
    widths = Counter(len(row) for row in values if isinstance(row, list) and len(row) >= 2)
    width = widths.most_common(1)[0][0] if widths else -1
    usable = np.array([_is_score_row(row, width) for row in values], dtype=bool)
    violations[(field, "wrong_type")] += sum(row is not None for row in values) - int(np.count_nonzero(usable))
    if not usable.any():
        return None
    limits.check(rows=len(values), columns=width)
    scores = np.full((len(values), width), np.nan)
    flat = list(chain.from_iterable(row for row, good in zip(values, usable, strict=True) if good))
    scores[usable] = numbers_of(flat)[0].reshape(-1, width)
    return scores


def _is_score_row(row: Any, width: int) -> bool:
    return isinstance(row, list) and len(row) == width and set(map(type, row)) <= NUMBERS
