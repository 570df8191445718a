"""Outputs: which output tensor is the prediction, which holds class scores.

The rule, in order: a matrix of floats whose columns have names is output columns; one whose rows sum to one within 0.001
is the probabilities; the first other one is the logits, unless there are probabilities; every other output is a column
under its own name. The prediction is the output that was configured, else the only single column, else the one called
`prediction`, `label` or `output_label`. Nothing is lost silently: what has no role is counted as `ambiguous`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Column, Flags, Floats
from driftgauge.ingest.assemble import without
from driftgauge.ingest.facts import Violations
from driftgauge.ingest.tensors import Tensor

__all__ = ["Outputs", "add_columns", "assign", "prediction_of"]

#: names of the prediction among several outputs; scikit-learn's ONNX converter writes the last one
_PREDICTIONS = ("prediction", "label", "output_label")
_TOLERANCE = 1e-3  # the sum of a thousand 16-bit probabilities is that far off


@dataclass(slots=True)
class Outputs:
    """Outputs by role."""

    columns: dict[str, Column] = field(default_factory=dict)
    probabilities: Floats | None = None
    logits: Floats | None = None

    def with_scores(self, scores: Mapping[str, Floats]) -> Outputs:
        """Return the outputs with class scores that are known to be `probabilities` or `logits`."""
        return Outputs(self.columns, scores.get("probabilities"), scores.get("logits")) if scores else self

    def without(self, failed: Flags | None) -> Outputs:
        """Return the outputs with the failed rows missing."""
        if failed is None:
            return self
        scores = [
            None if matrix is None else np.where(failed[:, None], np.nan, matrix)
            for matrix in (self.probabilities, self.logits)
        ]
        return Outputs({name: without(column, failed) for name, column in self.columns.items()}, *scores)


def assign(
    tensors: Sequence[Tensor], *, failed: Flags | None, prediction: str | None, violations: Violations
) -> Outputs:
    """Give every output its role; failed rows have no say in what looks like probabilities."""
    outputs = Outputs()
    scores: dict[str, Floats] = {}
    chosen = prediction_of([tensor.name for tensor in tensors if len(tensor.labels) == 1], prediction)
    for tensor in tensors:
        if isinstance(tensor.values, np.ndarray) and tensor.may_be_scores:
            violations[(tensor.name, "duplicate")] += tensor.name in scores
            scores.setdefault(tensor.name, tensor.values)
            continue
        columns = [("prediction" if tensor.name == chosen else name, column) for name, column in tensor.columns()]
        add_columns(outputs.columns, columns, violations)
    _assign_scores(outputs, scores, failed, violations)
    return outputs


def add_columns(columns: dict[str, Column], new: Iterable[tuple[str, Column]], violations: Violations) -> None:
    """Add columns; one whose name is taken is left out and counted."""
    given = list(new)
    added = dict(given)
    if len(added) == len(given) and columns.keys().isdisjoint(added):  # the usual case
        columns.update(added)
        return
    for name, column in given:
        if name in columns:
            violations[(name, "duplicate")] += 1
        else:
            columns[name] = column


def prediction_of(names: Sequence[str], configured: str | None) -> str | None:
    """Return which of some single columns is the prediction; None when nothing tells."""
    if configured in names:
        return configured
    return names[0] if len(names) == 1 else next((name for name in _PREDICTIONS if name in names), None)


def _assign_scores(
    outputs: Outputs, scores: Mapping[str, Floats], failed: Flags | None, violations: Violations
) -> None:
    probable = next((name for name, matrix in scores.items() if _are_probabilities(matrix, failed)), None)
    raw = [name for name in scores if name != probable]
    if probable is not None:
        outputs.probabilities = scores[probable]
    elif raw:
        outputs.logits = scores[raw.pop(0)]
    violations.update((name, "ambiguous") for name in raw)


def _are_probabilities(matrix: Floats, failed: Flags | None) -> bool:
    """Tell whether every row that is known sums to one."""
    rows = matrix if failed is None else matrix[~failed]
    with np.errstate(all="ignore"):
        sums = rows.sum(axis=1, dtype=np.float64)
    known = ~np.isnan(sums)
    if not known.any():
        return False
    return bool((np.abs(sums[known] - 1) <= _TOLERANCE).all() and (rows[known] >= 0).all())
