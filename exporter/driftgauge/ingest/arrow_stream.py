"""Arrow stream: record batches of Arrow's IPC format, written as tensors of the Open Inference Protocol and read as those.

So reserved names (`driftgauge.ts`, ...), roles, limits and violations are the protocol's own. A column is a tensor [rows]; a list of
numbers of one length is a vector, a tensor [rows, k]; dictionaries and texts are codes with their categories; times are
seconds. `prediction`, `proba`, `logits` and fields whose metadata says `role: output` are outputs. The schema's metadata may name
`model` and `version`. Guarantee: for any bytes a result or a `DecodeError`; what comes in is validated in full before a value
is read, and what compressed buffers would hold is known before they are unpacked. Memory: the body, unpacked, twice.
Cost: 5-10 ns a number, 60 ns a text. pyarrow is imported with the first body (50 MB).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import MISSING
from driftgauge.errors import DecodeError
from driftgauge.ingest.arrow_sizes import unpacked_bytes
from driftgauge.ingest.open_inference import decode_open_inference
from driftgauge.ingest.reducing import Reducer
from driftgauge.ingest.result import Decoded, Limits

__all__ = ["decode_arrow"]

_OUTPUTS = frozenset({"prediction", "proba", "logits"})
_UNITS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}
_DAY = 86_400.0
_DATATYPES = {"<f2": "FP16", "<f4": "FP32", "<f8": "FP64", "<i4": "INT32"}
#: values of one column, with the categories that they are codes of
Values = tuple[NDArray[Any], list[str] | None]


def decode_arrow(body: bytes, limits: Limits, prediction_output: str | None, reducer: Reducer | None = None) -> Decoded:
    """Decode a stream of record batches."""
    arrow = _pyarrow()
    try:
        table = _table(arrow, body, limits)
        described, binary = _tensors(arrow, table, limits)
    except (arrow.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
        raise DecodeError("structure", f"no stream of Arrow record batches: {str(error)[:120]}") from None
    return decode_open_inference(described, memoryview(binary), limits, prediction_output, reducer)


def _pyarrow() -> Any:
    try:
        importlib.import_module("pyarrow.compute")
        return importlib.import_module("pyarrow")
    except ImportError:
        raise DecodeError("content_type", 'Arrow bodies need pyarrow: pip install "driftgauge[arrow]"') from None


def _table(arrow: Any, body: bytes, limits: Limits) -> Any:
    """Return the batches as one table of one chunk, checked."""
    if (size := unpacked_bytes(arrow.ipc, body)) > limits.body_bytes:
        message = f"the buffers unpack to {size} bytes; limits.body_bytes is {limits.body_bytes}"
        raise DecodeError("too_large", message, field="body_bytes")
    batches, rows = [], 0
    with arrow.ipc.open_stream(arrow.py_buffer(body)) as stream:
        limits.check(rows=0, columns=len(stream.schema))
        for batch in stream:
            rows += batch.num_rows
            limits.check(rows=rows, columns=len(stream.schema))
            batch.validate(full=True)
            batches.append(batch)
        schema = stream.schema
    return arrow.Table.from_batches(batches, schema).unify_dictionaries().combine_chunks()


def _tensors(arrow: Any, table: Any, limits: Limits) -> tuple[Mapping[str, Any], bytes]:
    """Return the body that the table would be in the protocol, and its binary part."""
    roles: dict[str, list[dict[str, Any]]] = {"inputs": [], "outputs": []}
    parts: list[bytes] = []
    for field, column in zip(table.schema, table.columns, strict=True):
        # A table without rows has columns without chunks.
        array = column.chunk(0) if column.num_chunks else arrow.array([], field.type)
        values = _values(arrow, array, limits)
        role = "outputs" if field.name in _OUTPUTS or _said(field.metadata, "role") == "output" else "inputs"
        if values is None:  # of no kind that a column can hold: rows, but nothing of their values
            roles[role].append({"name": field.name, "shape": [table.num_rows, 1, 1], "datatype": "FP64"})
        else:
            roles[role].append(_tensor(field.name, *values, parts))
    # The protocol divides the binary part among the inputs first.
    ordered = [tensor for role in ("inputs", "outputs") for tensor in roles[role]]
    binary = b"".join(parts[tensor.pop("part")] for tensor in ordered if "part" in tensor)
    named = {name: text for name in ("model", "version") if (text := _said(table.schema.metadata, name))}
    return {"parameters": named, **{role: found for role, found in roles.items() if found}}, binary


def _said(metadata: Mapping[bytes, bytes] | None, name: str) -> str:
    return (metadata or {}).get(name.encode(), b"").decode("utf-8", "replace")


def _tensor(name: str, values: NDArray[Any], categories: list[str] | None, parts: list[bytes]) -> dict[str, Any]:
    raw = values.tobytes()
    parts.append(raw)
    parameters: dict[str, Any] = {"binary_data_size": len(raw)}
    if categories is not None:
        parameters["categories"] = categories
    datatype = _DATATYPES[values.dtype.str]
    return {
        "name": name,
        "shape": [*values.shape],
        "datatype": datatype,
        "parameters": parameters,
        "part": len(parts) - 1,
    }


def _values(arrow: Any, array: Any, limits: Limits) -> Values | None:
    """Return an array's values, None for a kind that no column can hold."""
    types = arrow.types
    if types.is_fixed_size_list(array.type) or types.is_list(array.type) or types.is_large_list(array.type):
        return _vectors(arrow, array, limits)
    if types.is_dictionary(array.type):
        if types.is_string(array.type.value_type) or types.is_large_string(array.type.value_type):
            return _codes(array)
        return _values(arrow, array.dictionary_decode(), limits) if _plain(types, array.type.value_type) else None
    for applies, read in _KINDS.items():
        if getattr(types, applies)(array.type):
            return read(array)
    return None


def _plain(types: Any, kind: Any) -> bool:
    return any(getattr(types, applies)(kind) for applies in _KINDS if applies != "is_null")


def _vectors(arrow: Any, array: Any, limits: Limits) -> Values | None:
    """Return lists of numbers of one length as a matrix; a row without a list is missing."""
    if not _is_number(arrow.types, array.type.value_type):
        return None
    lengths = arrow.compute.list_value_length(array).drop_null().unique()
    if len(lengths) != 1 or not 0 < (width := lengths[0].as_py()) <= limits.columns:
        return None
    limits.check(rows=len(array), columns=width)
    matrix = np.full((len(array), width), np.nan, _floats(array.type.value_type))
    known = array.is_valid().to_numpy(zero_copy_only=False)
    matrix[known] = _numbers(array.drop_null().flatten())[0].reshape(-1, width)
    return matrix, None


def _is_number(types: Any, kind: Any) -> bool:
    return bool(types.is_integer(kind) or types.is_floating(kind))


def _floats(kind: Any) -> str:
    return {"halffloat": "<f2", "float": "<f4"}.get(str(kind), "<f8")


def _numbers(array: Any) -> Values:
    target = _floats(array.type)
    plain = array if target != "<f8" else array.cast("float64", safe=False)  # beyond 2^53: the nearest float
    return plain.to_numpy(zero_copy_only=False).astype(target, copy=False), None


def _nothing(array: Any) -> Values:
    return np.full(len(array), np.nan), None


def _codes(array: Any) -> Values:
    codes = array.indices.cast("int64").fill_null(MISSING).to_numpy(zero_copy_only=False).astype("<i4")
    words = array.dictionary.to_pylist()
    absent = [code for code, word in enumerate(words) if word is None]
    if absent:
        codes[np.isin(codes, absent)] = MISSING
    return codes, [word or "" for word in words]


def _texts(array: Any) -> Values:
    return _codes(array.dictionary_encode())


def _flags(array: Any) -> Values:
    codes = array.cast("int8").fill_null(MISSING).to_numpy(zero_copy_only=False)
    return codes.astype("<i4"), ["false", "true"]


def _times(array: Any) -> Values:
    """Return seconds since 1970; a time without a zone is UTC."""
    return _numbers(array.cast("int64"))[0] / _UNITS[array.type.unit], None


def _days(array: Any) -> Values:
    return _numbers(array.cast("int32"))[0] * _DAY, None


def _milliseconds(array: Any) -> Values:
    return _numbers(array.cast("int64"))[0] / 1e3, None


#: name of the predicate in `pyarrow.types` -> how its values are read
_KINDS: Mapping[str, Callable[[Any], Values]] = MappingProxyType(
    {
        "is_integer": _numbers,
        "is_floating": _numbers,
        "is_decimal": _numbers,
        "is_boolean": _flags,
        "is_string": _texts,
        "is_large_string": _texts,
        "is_timestamp": _times,
        "is_duration": _times,
        "is_date32": _days,
        "is_date64": _milliseconds,
        "is_null": _nothing,
    }
)
