"""Confidence: what a classifier's scores say of its own certainty, one number a row, as output columns.

    confidence.top1     largest class probability
    confidence.top5     sum of the five largest
    confidence.margin   largest minus second largest
    confidence.entropy  entropy of the class probabilities over the logarithm of the number of classes, 0..1

Only what says something of its own is a column: with two classes margin and entropy are functions of the largest
probability, with up to five the five largest sum to one. Sequences (a class for each token) become the means over their
positions, so that a row stays a row. Undefined rows (nothing but ignored positions) are NaN.

Time: 0.4 us a row of 10 classes, 3 us of 100, 60 us of 1,000 (docs/model-health.md). Tensors are reduced on their device.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch, Column, Floats
from driftgauge.derive.torch_confidence import confidence_tensor

__all__ = [
    "CONFIDENCE",
    "ENTROPY",
    "IGNORE_INDEX",
    "MARGIN",
    "TOP1",
    "TOP5",
    "confidence_names",
    "confidence_of",
    "probabilities_of",
    "with_confidence_columns",
]

Float64s = NDArray[np.float64]

TOP1, TOP5, MARGIN, ENTROPY = "confidence.top1", "confidence.top5", "confidence.margin", "confidence.entropy"
CONFIDENCE = (TOP1, TOP5, MARGIN, ENTROPY)
#: the label that PyTorch's losses leave out unless told otherwise
IGNORE_INDEX = -100
#: how far the sum of probabilities may be from one: a thousand 16-bit ones are
_TOLERANCE = 1e-3
_TOP = 5
#: scores that are looked at in one go: temporary arrays of a megabyte each, which stay in the cache
_CHUNK = 128 * 1024


def confidence_names(classes: int) -> tuple[str, ...]:
    """Return the columns that a classifier of so many classes has, in the order of `CONFIDENCE`."""
    if classes < 2:
        return ()
    return (TOP1,) if classes == 2 else CONFIDENCE if classes > _TOP else (TOP1, MARGIN, ENTROPY)


def confidence_of(
    scores: Any, *, logits: bool | None = None, labels: Any = None, ignore_index: int = IGNORE_INDEX
) -> dict[str, Float64s]:
    """Return the confidence columns of class scores.

    Args:
        scores: an array or a tensor on any device, [n, classes] or [batch, sequence, classes].
        logits: whether a softmax is due; None: unless every known row is probabilities.
        labels: the true classes, [n] or [batch, sequence], only to tell which positions are not to count.
        ignore_index: the label of those positions.

    Returns:
        name -> values, [n] or [batch], NaN where nothing counts.

    Raises:
        ValueError: scores have another number of dimensions or no two classes, or labels another shape.

    >>> found = confidence_of(np.array([[0.7, 0.2, 0.1]]))
    >>> sorted(found), round(float(found["confidence.margin"][0]), 3)
    (['confidence.entropy', 'confidence.margin', 'confidence.top1'], 0.5)
    """
    _check(scores, labels)
    names = confidence_names(int(scores.shape[-1]))
    if is_tensor(scores):
        if logits is None:
            logits = not _are_probabilities(scores)
        table = confidence_tensor(scores, logits=logits, labels=labels, ignore_index=ignore_index)
        values = table.double().cpu().numpy()
        return {name: values[:, CONFIDENCE.index(name)] for name in names}
    given = np.asarray(scores)
    logits = not _are_probabilities(given) if logits is None else logits
    kept = np.ones(given.shape[:-1], dtype=bool) if labels is None else np.asarray(labels) != ignore_index
    return {name: _rows(values) for name, values in _by_position(given, names, kept, logits=logits).items()}


def _by_position(
    scores: NDArray[Any], names: tuple[str, ...], kept: NDArray[np.bool_], *, logits: bool
) -> dict[str, Float64s]:
    """Return the columns of every position that is kept, NaN at others; a share at a time, so that memory is bounded."""
    columns = {name: np.full(kept.shape, np.nan) for name in names}
    flat = scores.reshape(-1, scores.shape[-1])
    places, step = np.flatnonzero(kept), max(1, _CHUNK // scores.shape[-1])
    for at in range(0, len(places), step):
        chosen = places[at : at + step]
        whole = len(chosen) == len(flat)
        p = _probabilities(flat if whole else flat[chosen], logits=logits)
        for name, values in columns.items():
            values.reshape(-1)[chosen] = _COLUMNS[name](p)
    return columns


def with_confidence_columns(batch: Batch) -> Batch:
    """Return *batch* with the confidence of its probabilities or logits as outputs; columns that were sent stay.

    >>> batch = Batch(1, probabilities=np.array([[0.2, 0.8]]))
    >>> with_confidence_columns(batch).outputs["confidence.top1"].tolist()
    [0.8]
    """
    p = probabilities_of(batch)
    if p is None or p.shape[1] < 2:
        return batch
    columns: dict[str, Column] = {
        name: _COLUMNS[name](p) for name in confidence_names(p.shape[1]) if name not in batch.outputs
    }
    return replace(batch, outputs={**columns, **batch.outputs})


def probabilities_of(batch: Batch) -> Floats | None:
    """Return the class probabilities of *batch*, from its logits where it has no others; None without either."""
    if batch.probabilities is not None:
        return batch.probabilities.astype(np.float64, copy=False)
    return None if batch.logits is None else _probabilities(batch.logits, logits=True)


def is_tensor(value: Any) -> bool:
    """Tell whether *value* is a torch tensor; torch is not imported for that."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, getattr(torch, "Tensor", ()))


def _check(scores: Any, labels: Any) -> None:
    shape = tuple(np.shape(scores) if not is_tensor(scores) else scores.shape)
    if len(shape) not in {2, 3} or shape[-1] < 2:
        raise ValueError(f"scores have the shape {shape}, expected [n, classes] or [batch, sequence, classes]")
    if labels is not None and tuple(labels.shape) != shape[:-1]:
        raise ValueError(f"labels have the shape {tuple(labels.shape)}, expected {shape[:-1]}")


def _are_probabilities(scores: Any) -> bool:
    """Tell whether every row that is known sums to one."""
    sums = scores.sum(-1)
    known = sums == sums  # noqa: PLR0124 - not NaN, in NumPy and in torch
    fits = (abs(sums - 1) <= _TOLERANCE) & (scores >= 0).all(-1)
    return bool(known.any()) and bool((fits | ~known).all())


def _probabilities(scores: NDArray[Any], *, logits: bool) -> Float64s:
    values = scores.astype(np.float64, copy=False)
    if not logits:
        return values
    with np.errstate(invalid="ignore"):  # a row of infinities has no probabilities
        shifted = np.exp(values - values.max(axis=-1, keepdims=True))
        p: Float64s = shifted / shifted.sum(axis=-1, keepdims=True)
    return p


def _top1(p: Float64s) -> Float64s:
    largest: Float64s = p.max(axis=-1)
    return largest


def _top5(p: Float64s) -> Float64s:
    largest: Float64s = np.partition(p, p.shape[-1] - _TOP, axis=-1)[..., -_TOP:].sum(axis=-1)
    return largest


def _margin(p: Float64s) -> Float64s:
    two = np.partition(p, p.shape[-1] - 2, axis=-1)[..., -2:]
    margin: Float64s = two[..., 1] - two[..., 0]
    return margin


def _entropy(p: Float64s) -> Float64s:
    # of 0 x -inf the limit is 0
    logs = np.log(p, out=np.zeros_like(p), where=(p > 0) | np.isnan(p))
    entropy: Float64s = -np.einsum("...i,...i->...", p, logs) / math.log(p.shape[-1])
    return np.maximum(entropy, 0.0)


def _rows(values: Float64s) -> Float64s:
    """Return one value a row, of sequences the mean over the known positions."""
    if values.ndim == 1:
        return values
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        means: Float64s = np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1)
    return means


_COLUMNS: Mapping[str, Any] = {TOP1: _top1, TOP5: _top5, MARGIN: _margin, ENTROPY: _entropy}
