"""Assemble: named Python values, row by row in step, to a batch.

Both JSON forms, observations and columns, end here: a `Table` holds lists of equal length, `batch_of` turns each list
into a column. Guarantee: limits are checked before the first column is built. Cost: 20-30 ns a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from driftgauge.batch import MISSING, Batch, Categories, Column, Flags, Floats, Mixed, Texts, column_of
from driftgauge.ingest.facts import EMBEDDING, Violations, are_token_ids, requests_of, scores_of
from driftgauge.ingest.result import Limits
from driftgauge.ingest.told import told
from driftgauge.ingest.truth import ids_of, labels_of

__all__ = ["Table", "batch_of", "without"]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of Python values and the facts that go with them.

    Attributes:
        rows: length of every column.
        requests: number of requests that carried the rows.
        inputs: feature columns; numbers alone may be an array already.
        outputs: output columns.
        facts: values of `proba`, `logits`, `embedding`, `id`, `label` and what is told of generations, one a row; of `latency_s` and
            `status`, one a row or one.
        timestamps: event times, NaN where a row has none.
        segments: segments of the rows by field.
    """

    rows: int
    requests: int
    inputs: Mapping[str, Sequence[Any] | Floats]
    outputs: Mapping[str, Sequence[Any]]
    facts: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    timestamps: Floats | None = None
    segments: Mapping[str, Categories] = field(default_factory=dict)


def batch_of(table: Table, limits: Limits, violations: Violations) -> Batch:
    """Build the batch of a table."""
    limits.check(rows=table.rows, columns=len(table.inputs) + len(table.outputs))
    requests, failed = requests_of(
        rows=table.rows,
        count=table.requests,
        latency=table.facts.get("latency_s", ()),
        status=table.facts.get("status", ()),
        violations=violations,
    )
    generated = told(table.facts, violations)
    requests = replace(requests, generations=generated.generations)
    inputs = {**generated.inputs, **_columns_of(table.inputs, violations)}
    outputs = {**generated.outputs, **_columns_of(table.outputs, violations)}
    scores = {name: scores_of(table.facts.get(name, ()), name, limits, violations) for name in ("proba", "logits")}
    vectors = scores_of(table.facts.get(EMBEDDING, ()), EMBEDDING, limits, violations)
    ids, labels = (table.facts.get(name) for name in ("id", "label"))
    truth = (
        None if ids is None else ids_of(ids, violations),
        None if labels is None else labels_of(labels, violations),
    )
    known = table.timestamps is not None and not np.isnan(table.timestamps).all()
    return Batch(
        table.rows,
        inputs=inputs,
        outputs=outputs if failed is None else {name: without(column, failed) for name, column in outputs.items()},
        probabilities=_scores_without(scores["proba"], failed),
        logits=_scores_without(scores["logits"], failed),
        timestamps=table.timestamps if known else None,
        failed=failed,
        requests=requests,
        violations=dict(+violations),
        ids=truth[0],
        labels=truth[1],
        segments=table.segments,
        vectors={} if vectors is None else {EMBEDDING: vectors},
        texts=_token_ids_of(table.inputs, violations),
    )


def _token_ids_of(values: Mapping[str, Sequence[Any] | Floats], violations: Violations) -> dict[str, Texts]:
    """Return the columns of lists of whole numbers: they are texts where the reference says so, and unusable anywhere else."""
    unusable = [name for name, reason in violations if reason == "wrong_type" and name in values]
    return {
        name: tuple(row if isinstance(row, str) or are_token_ids(row) else None for row in values[name])
        for name in unusable
        if any(map(are_token_ids, values[name]))
    }


def without(column: Column, rows: Flags) -> Column:
    """Return the column with the chosen rows missing: a failed inference has no outputs, whatever was sent for it."""
    if isinstance(column, Mixed):
        return Mixed(
            np.where(rows, np.nan, column.numbers),
            Categories(np.where(rows, np.int32(MISSING), column.categories.codes), column.categories.vocabulary),
        )
    if isinstance(column, Categories):
        return Categories(np.where(rows, np.int32(MISSING), column.codes), column.vocabulary)
    return np.where(rows, np.nan, column)


def _scores_without(scores: Floats | None, failed: Flags | None) -> Floats | None:
    return scores if scores is None or failed is None else np.where(failed[:, None], np.nan, scores)


def _columns_of(values: Mapping[str, Sequence[Any] | Floats], violations: Violations) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name, rows in values.items():
        if isinstance(rows, np.ndarray):
            columns[name] = rows
            continue
        columns[name], wrong = column_of(rows)
        if wrong:
            violations[(name, "wrong_type")] += wrong
    return columns
