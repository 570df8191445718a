"""Tables in memory, NumPy arrays, lists and pandas data frames, as batches.

The table is cut into chunks and converted chunk by chunk, so a pass needs no second copy of it. Data frames are taken
by what they offer, pandas itself is never imported: a categorical column keeps its codes, nullable types become NaN or
missing categories, times become seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from driftgauge.batch import Categories, Column
from driftgauge.errors import SourceError
from driftgauge.sources import values
from driftgauge.sources.labels import labelled
from driftgauge.sources.roles import FEATURES_ONLY, Roles
from driftgauge.sources.source import CHUNK_ROWS, Part, Source, Table

__all__ = ["from_arrays", "from_frame"]

#: names of the types of pandas whose values are texts or missing
_TEXTS = frozenset({"str", "string"})


def from_arrays(
    columns: Mapping[str, ArrayLike], roles: Roles = FEATURES_ONLY, *, chunk_rows: int = CHUNK_ROWS
) -> Source:
    """Return the source of columns held as arrays or lists.

    >>> source = from_arrays({"age": [41, 37], "y": np.array([1, 0])}, Roles(prediction="y"))
    >>> next(source.batches()).inputs["age"]
    array([41., 37.])
    """
    held = {str(name): _sequence(str(name), column) for name, column in columns.items()}
    rows = _common_length(held)
    return Table("arrays", "arrays", partial(_read_arrays, held, rows, roles, chunk_rows), lambda: rows)


def from_frame(frame: Any, roles: Roles = FEATURES_ONLY, *, chunk_rows: int = CHUNK_ROWS) -> Source:
    """Return the source of a pandas data frame; its index is no column."""
    if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
        raise SourceError(f"expected a pandas data frame, found a {type(frame).__name__}")
    return Table("dataframe", "dataframe", partial(_read_frame, frame, roles, chunk_rows), lambda: len(frame))


def _read_arrays(held: Mapping[str, Any], rows: int, roles: Roles, chunk_rows: int) -> Iterator[Part]:
    wanted = roles.wanted(tuple(held))
    for start, stop in _cuts(rows, chunk_rows):
        columns = {name: _column(name, held[name][start:stop], roles) for name in wanted}
        yield roles.batch(stop - start, columns), stop / rows


def _read_frame(frame: Any, roles: Roles, chunk_rows: int) -> Iterator[Part]:
    names = [str(name) for name in frame.columns]
    places = {name: names.index(name) for name in roles.wanted(names)}
    for start, stop in _cuts(len(frame), chunk_rows):
        rows = frame.iloc[start:stop]
        series = [column for _, column in rows.items()]  # a third of the cost of choosing each by its place
        columns = {name: _series(name, series[place], roles) for name, place in places.items()}
        yield roles.batch(stop - start, columns), stop / len(frame)


def _cuts(rows: int, chunk_rows: int) -> Iterator[tuple[int, int]]:
    if chunk_rows < 1:
        raise SourceError(f"expected at least one row a chunk, found {chunk_rows}")
    for start in range(0, rows, chunk_rows):
        yield start, min(start + chunk_rows, rows)


def _column(name: str, held: NDArray[Any] | Sequence[Any], roles: Roles) -> Column:
    return values.categories(name, held) if name in roles.categorical else values.column(name, held)


def _series(name: str, series: Any, roles: Roles) -> Column:
    if series.dtype.name == "category":
        return labelled(series.cat.codes.to_numpy(), series.cat.categories)
    if series.dtype.kind in "Mm":  # times with a zone become UTC
        return _column(name, series.to_numpy(dtype=f"{series.dtype.kind}8[us]"), roles)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind != "O":
        return _column(name, series.to_numpy(), roles)
    if series.dtype.name in _TEXTS and (texts := _texts(series)) is not None:
        return texts
    if series.dtype.kind == "f":
        return _column(name, series.to_numpy(dtype=f"f{series.dtype.itemsize}", na_value=np.nan), roles)
    return _column(name, series.to_numpy(dtype=object, na_value=None).tolist(), roles)


def _texts(series: Any) -> Categories | None:
    """Return a column of nothing but texts, in order of appearance; None where every row is missing."""
    codes, found = series.factorize()
    return Categories(codes.astype(np.int32), tuple(found)) if len(found) else None


def _sequence(name: str, column: Any) -> NDArray[Any] | Sequence[Any]:
    if isinstance(column, np.ma.MaskedArray):
        column = column.tolist()  # what is masked becomes None
    held = column if isinstance(column, np.ndarray | list | tuple) else np.asarray(column)
    if isinstance(held, np.ndarray) and held.ndim != 1:
        raise SourceError(f"arrays: column {name!r}: expected one dimension, found the shape {held.shape}")
    return held


def _common_length(held: Mapping[str, NDArray[Any] | Sequence[Any]]) -> int:
    if not held:
        raise SourceError("arrays: expected at least one column")
    lengths = {name: len(column) for name, column in held.items()}
    first, rows = next(iter(lengths.items()))
    for name, length in lengths.items():
        if length != rows:
            raise SourceError(f"arrays: column {name!r} has {length} rows, column {first!r} has {rows}")
    return rows
