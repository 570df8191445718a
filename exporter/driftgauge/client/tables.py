"""Tables: what was logged as features, predictions or class scores, as columns and matrices.

Runs in the thread. A matrix of numbers stays whole; everything else becomes columns. Guarantee: the number of rows is
known or an error says what does not fit; a value that no column can hold is missing and noted as a mistake.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Column
from driftgauge.client.pictures import Pictures
from driftgauge.client.stack import Matrix
from driftgauge.client.values import array_of, column_from, plain

__all__ = ["MATRIX", "RESERVED", "Columns", "columns_of", "features_of", "predictions_of", "scores_of", "usable_name"]

#: names of features must not begin so: the protocol keeps them for facts
RESERVED = "driftgauge."
#: the tensor of features that are an array
MATRIX = "x"

Columns: TypeAlias = dict[str, Column]
Note: TypeAlias = Callable[[str, str], None]


def features_of(features: Any, names: Sequence[str], note: Note) -> tuple[int | None, Columns, Matrix | None]:
    """Return rows, columns and matrix of features; the rows are None when there are no features."""
    if features is None:
        return None, {}, None
    if isinstance(features, dict):
        return *_of_mapping(features, note), None
    if _is_pandas(features, "DataFrame"):
        pairs = ((name, features.iloc[:, j]) for j, name in enumerate(features.columns))
        return len(features), columns_of(pairs, note), None
    if _is_pandas(features, "Series"):
        return 1, columns_of(((name, [value]) for name, value in features.items()), note), None
    if isinstance(features, list) and features and all(isinstance(row, dict) for row in features):
        keys = dict.fromkeys(key for row in features for key in row)
        return len(features), columns_of(((key, [row.get(key) for row in features]) for key in keys), note), None
    return _of_array(array_of(features), names, note)


def _of_mapping(features: Mapping[Any, Any], note: Note) -> tuple[int, Columns]:
    lengths = {len(value) for value in features.values() if _is_sequence(value)}
    if len(lengths) > 1:
        raise ValueError(f"feature columns have different lengths: {sorted(lengths)[:4]}")
    rows = lengths.pop() if lengths else 1
    pairs = (
        (column, values if _is_sequence(values) else [values] * rows)
        for name, value in features.items()
        for column, values in _columns_in(name, value, rows)
    )
    return rows, columns_of(pairs, note)


def _columns_in(name: Any, value: Any, rows: int) -> Iterable[tuple[Any, Any]]:
    """Return a feature's columns: of pictures their facts, of anything else itself."""
    if not isinstance(value, Pictures):
        return [(name, value)]
    return [(fact, np.resize(values, rows)) for fact, values in value.columns(str(name))]


def _of_array(array: NDArray[Any], names: Sequence[str], note: Note) -> tuple[int, Columns, Matrix | None]:
    if array.ndim > 2:
        note("rank", f"features of shape {array.shape} are not monitored, only counted: log what was derived of them")
        return array.shape[0], {}, None
    matrix = array.reshape(1, -1) if array.ndim < 2 else array
    if matrix.dtype.kind in "fiub" and matrix.shape[1]:
        return len(matrix), {}, matrix
    labels = names if len(names) == matrix.shape[1] else _numbered(MATRIX, matrix.shape[1])
    return len(matrix), columns_of(((name, matrix[:, j]) for j, name in enumerate(labels)), note), None


def predictions_of(prediction: Any, rows: int | None, note: Note) -> tuple[int | None, Columns]:
    """Return rows and output columns; a list that goes with one row is that row's several outputs."""
    if prediction is None:
        return rows, {}
    if isinstance(prediction, dict):
        return _of_mapping(prediction, note)
    if _is_pandas(prediction, "DataFrame"):
        return features_of(prediction, (), note)[:2]
    if not _is_sequence(prediction):
        return 1, columns_of([("prediction", [prediction])], note)
    if not _is_pandas(prediction, "Series"):
        array = array_of(prediction)
        if array.ndim == 1 and rows == 1 and len(array) != 1:
            array = array.reshape(1, -1)
        if array.ndim == 2 and array.shape[1] != 1:
            labels = _numbered("prediction", array.shape[1])
            return len(array), columns_of(((name, array[:, j]) for j, name in enumerate(labels)), note)
        if array.ndim > 2:
            note("rank", f"predictions of shape {array.shape} are only counted")
            return len(array), {}
        prediction = array.reshape(-1)
    return len(prediction), columns_of([("prediction", prediction)], note)


def scores_of(scores: Any, rows: int | None, *, probabilities: bool) -> Matrix:
    """Return class scores as [rows, classes]; of two classes the second one's probability is enough."""
    matrix = array_of(_matrix_of_frame(scores))
    if matrix.dtype.kind not in "fiu":
        name = "proba" if probabilities else "logits"
        raise ValueError(f"{name}: class scores must be numbers, got {_kind_of(scores, matrix)}")
    if matrix.ndim == 1:
        matrix = matrix.reshape(-1, 1) if len(matrix) == rows and (rows > 1 or len(matrix) == 1) else matrix[None, :]
    matrix = matrix.reshape(1, 1) if matrix.ndim == 0 else matrix
    if matrix.ndim != 2 or not matrix.shape[1]:
        raise ValueError(f"class scores have the shape {matrix.shape}, expected [rows, classes]")
    if matrix.dtype.kind != "f":
        matrix = matrix.astype(np.float64)
    if matrix.shape[1] == 1:
        other = 1 - matrix if probabilities else np.zeros_like(matrix)  # softmax of [0, z] is the sigmoid of z
        matrix = np.concatenate([other, matrix], axis=1)
    return matrix


def _kind_of(scores: Any, matrix: NDArray[Any]) -> str:
    """Name the type of class scores, and of what is in them where that is no number."""
    odd = next((value for value in matrix.reshape(-1) if not isinstance(value, int | float | np.number)), None)
    inside = "" if odd is None or matrix.ndim == 0 else f" with {type(odd).__name__}"
    return f"{type(scores).__name__}{inside}"


def columns_of(pairs: Iterable[tuple[Any, Any]], note: Note) -> Columns:
    """Return named values as columns; the first of equal names stays."""
    columns: Columns = {}
    for given, values in pairs:
        name = usable_name(given)
        if name is None or name in columns:
            note(
                "name", f"column {str(given)[:64]!r} is left out: its name is taken, empty or begins with {RESERVED!r}"
            )
            continue
        columns[name], unusable = column_from(_flat(values))
        if unusable:
            note(
                "value", f"column {name[:64]!r} holds values that are neither numbers nor texts; they count as missing"
            )
    return columns


def usable_name(name: Any) -> str | None:
    """Return a column's name as text, None when there is no such column."""
    text = name if isinstance(name, str) else str(name)
    return None if not text or text.startswith(RESERVED) else text


def _flat(values: Any) -> Any:
    """Return a column's values in one dimension; [n, 1] is one, more is not."""
    if isinstance(values, list) or _is_pandas(values, "Series", "Index"):
        return values
    array = array_of(values)
    if array.ndim <= 1 or array.size == len(array):
        return array.reshape(-1)
    return [plain(row) for row in array]


def _numbered(name: str, count: int) -> Sequence[str]:
    return [name] if count == 1 else [f"{name}[{j}]" for j in range(count)]


def _matrix_of_frame(value: Any) -> Any:
    return value.to_numpy() if _is_pandas(value, "DataFrame", "Series") else value


def _is_sequence(value: Any) -> bool:
    if isinstance(value, list) or _is_pandas(value, "Series", "Index"):
        return True
    return not isinstance(value, str | bytes | np.generic) and bool(getattr(value, "ndim", 0))


def _is_pandas(value: Any, *names: str) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, tuple(getattr(pandas, name) for name in names))
