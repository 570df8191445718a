"""Tensors: one tensor of an Open Inference Protocol v2 body to the columns it stands for.

Guarantee: a tensor that cannot be used raises `DecodeError` (`shape`, `datatype`) and hurts no other one; binary data that
is not of the promised size raises `tensor_size`, and the whole body goes, because nothing after it can be trusted.
16- and 32-bit floats keep their type; integers become float64 (float32 for 8 and 16 bits, which holds them exactly).
Cost: binary numbers are not copied (columns are views of the body), integers once; BYTES cost about 0.3 us a value.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import MISSING, Categories, Column, Flags, Floats, column_of
from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import excerpt, short
from driftgauge.ingest.facts import NUMBERS, Violations

__all__ = ["DATATYPES", "Spec", "Tensor", "read_numbers", "read_tensor"]


@dataclass(frozen=True, slots=True)
class Datatype:
    """A numeric datatype: what a binary tensor holds, what its columns hold, both by NumPy's names."""

    stored: str
    column: str
    kind: str


#: the numeric datatypes of the protocol; `BYTES` is the remaining one
DATATYPES: Mapping[str, Datatype] = MappingProxyType(
    {
        "BOOL": Datatype("<u1", "<u1", "boolean"),
        "INT8": Datatype("<i1", "<f4", "integer"),
        "INT16": Datatype("<i2", "<f4", "integer"),
        "INT32": Datatype("<i4", "<f8", "integer"),
        "INT64": Datatype("<i8", "<f8", "integer"),
        "UINT8": Datatype("<u1", "<f4", "integer"),
        "UINT16": Datatype("<u2", "<f4", "integer"),
        "UINT32": Datatype("<u4", "<f8", "integer"),
        "UINT64": Datatype("<u8", "<f8", "integer"),
        "FP16": Datatype("<f2", "<f2", "floating"),
        "BF16": Datatype("<u2", "<f4", "floating"),  # NumPy has no such type: the upper half of a float32
        "FP32": Datatype("<f4", "<f4", "floating"),
        "FP64": Datatype("<f8", "<f8", "floating"),
    }
)
_BOOLEANS = ("false", "true")
#: of the bytes that come with a tensor, how many times it may keep
_LEAST_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Spec:
    """A tensor as its body describes it, its shape checked.

    Attributes:
        name: its name.
        shape: rows and width; a tensor of rank 1 has width 1, one of more than 2 the product of all but the first.
        rank: number of dimensions that were given.
        datatype: name of the datatype, not checked yet.
        parameters: what else the sender says of it.
        data: its values as JSON has them.
        binary: its values as raw bytes instead; None in a JSON body.
    """

    name: str
    shape: tuple[int, int]
    rank: int
    datatype: Any
    parameters: Mapping[str, Any]
    data: Any = None
    binary: memoryview | None = None

    @property
    def size(self) -> int:
        """Number of values."""
        return self.shape[0] * self.shape[1]

    @property
    def may_be_scores(self) -> bool:
        """Whether an output of this kind is class scores: a matrix of floats without names for its columns."""
        datatype = DATATYPES.get(self.datatype) if isinstance(self.datatype, str) else None
        floating = datatype is not None and datatype.kind == "floating"
        return floating and self.shape[1] > 1 and "columns" not in self.parameters


@dataclass(frozen=True, slots=True)
class Tensor:
    """The values of a tensor: a matrix of floats, or categories column by column."""

    name: str
    labels: tuple[str, ...]
    values: Floats | tuple[Categories, ...]
    may_be_scores: bool = False

    def take(self, rows: Flags) -> Tensor:
        """Return the tensor with the chosen rows only."""
        if isinstance(self.values, tuple):
            return replace(self, values=tuple(Categories(c.codes[rows], c.vocabulary) for c in self.values))
        return replace(self, values=self.values[rows])

    def columns(self) -> Iterator[tuple[str, Column]]:
        """Every column with its name."""
        columns = self.values if isinstance(self.values, tuple) else self.values.T
        return zip(self.labels, columns, strict=True)


def read_tensor(spec: Spec, violations: Violations) -> Tensor:
    """Read one tensor; raise `DecodeError` when it cannot be used."""
    labels = _labels_of(spec, violations)
    if spec.datatype == "BYTES":
        return Tensor(spec.name, labels, _texts_of(spec))
    datatype = DATATYPES.get(spec.datatype) if isinstance(spec.datatype, str) else None
    if datatype is None:
        raise _unusable("datatype", spec, f"has the unknown datatype {excerpt(spec.datatype)}")
    numbers = _numbers_of_json(spec, datatype) if spec.binary is None else _numbers_of_binary(spec, datatype)
    numbers = numbers.reshape(spec.shape)
    if datatype.kind == "boolean":
        return Tensor(spec.name, labels, _booleans_of(numbers))
    if spec.parameters.get("categories") is not None and datatype.kind == "integer":
        return Tensor(spec.name, labels, _categories_of(spec, labels, numbers, violations))
    with np.errstate(all="ignore"):  # JSON numbers beyond the datatype become infinities
        floats = numbers.astype(datatype.column, copy=False)
    return Tensor(spec.name, labels, floats, spec.may_be_scores)


def read_numbers(spec: Spec) -> NDArray[Any]:
    """Read one numeric tensor in its own type (BF16 as float32), in the shape of *spec*; raise `DecodeError` when it cannot be used."""
    datatype = DATATYPES.get(spec.datatype) if isinstance(spec.datatype, str) else None
    if datatype is None:
        raise _unusable("datatype", spec, f"has the datatype {excerpt(spec.datatype)}, expected a numeric one")
    if spec.binary is not None:
        numbers = _numbers_of_binary(spec, datatype)
    else:
        numbers = _in_own_type(spec, _numbers_of_json(spec, datatype), datatype)
    return (numbers != 0 if datatype.kind == "boolean" else numbers).reshape(spec.shape)


def _in_own_type(spec: Spec, numbers: NDArray[Any], datatype: Datatype) -> NDArray[Any]:
    """Return numbers of JSON as a binary tensor would have held them."""
    if datatype.kind == "floating":
        with np.errstate(over="ignore"):
            return numbers.astype(datatype.column if spec.datatype == "BF16" else datatype.stored)
    bounds = np.iinfo(datatype.stored)
    if not ((numbers >= bounds.min) & (numbers <= bounds.max) & (numbers == np.trunc(numbers))).all():
        raise _unusable("datatype", spec, f"holds values that are not {spec.datatype}")
    with np.errstate(invalid="ignore"):  # the largest 64-bit integers, which are no float's
        return numbers.astype(datatype.stored)


def _unusable(reason: str, spec: Spec, what: str) -> DecodeError:
    return DecodeError(reason, f"tensor {short(spec.name)!r} {what}", field=short(spec.name))


def _labels_of(spec: Spec, violations: Violations) -> tuple[str, ...]:
    """Return the names of the columns."""
    width = spec.shape[1]
    given = spec.parameters.get("columns")
    if isinstance(given, list) and len(given) == width and set(map(type, given)) <= {str}:
        return tuple(given)
    if given is not None:
        violations[(spec.name, "wrong_shape")] += 1
    return (spec.name,) if width == 1 else tuple(f"{spec.name}[{j}]" for j in range(width))


def _numbers_of_binary(spec: Spec, datatype: Datatype) -> NDArray[Any]:
    assert spec.binary is not None
    stored = np.dtype(datatype.stored)
    if len(spec.binary) != spec.size * stored.itemsize:
        needed = f"needs {spec.size * stored.itemsize} bytes, binary_data_size is {len(spec.binary)}"
        raise _unusable("tensor_size", spec, needed)
    numbers = np.frombuffer(_kept(spec.binary), stored)
    return (numbers.astype("<u4") << 16).view("<f4") if spec.datatype == "BF16" else numbers


def _kept(part: memoryview) -> memoryview | bytes:
    """Return the bytes of a tensor: a view where it is most of what the body holds, which stays in memory as long as a view does."""
    return part if _LEAST_SHARE * memoryview(part.obj).nbytes <= len(part) else bytes(part)


def _numbers_of_json(spec: Spec, datatype: Datatype) -> NDArray[Any]:
    values = _flat(spec)
    allowed = NUMBERS | {bool} if datatype.kind == "boolean" else NUMBERS
    if not set(map(type, values)) <= allowed:
        raise _unusable("datatype", spec, f"holds values that are not {spec.datatype}")
    if datatype.kind == "boolean":
        values = [None if value is None else float(bool(value)) for value in values]
    column, _ = column_of(values)
    assert isinstance(column, np.ndarray)
    return column


def _flat(spec: Spec) -> list[Any]:
    """Return the values in row-major order; the protocol allows nested lists beside the flat one."""
    values = spec.data if isinstance(spec.data, list) else []
    for _ in range(max(2, spec.rank - 1)):
        if values and isinstance(values[0], list):
            values = list(chain.from_iterable(row if isinstance(row, list) else [row] for row in values))
    if len(values) != spec.size:
        raise _unusable("shape", spec, f"of shape {list(spec.shape)[: spec.rank]} has {len(values)} values")
    return values


def _booleans_of(numbers: NDArray[Any]) -> tuple[Categories, ...]:
    codes = (numbers != 0).astype(np.int32)
    codes[np.isnan(numbers)] = MISSING
    return tuple(Categories(column, _BOOLEANS) for column in codes.T)


def _categories_of(
    spec: Spec, labels: Sequence[str], numbers: NDArray[Any], violations: Violations
) -> tuple[Categories, ...]:
    vocabularies = _vocabularies_of(spec)
    sizes = np.array([len(vocabulary) for vocabulary in vocabularies])
    known = (numbers >= 0) & (numbers < sizes)
    codes = np.full(spec.shape, MISSING, np.int32)
    np.copyto(codes, numbers, where=known, casting="unsafe")
    wrong = np.count_nonzero(~known & (numbers != MISSING) & ~np.isnan(numbers), axis=0)
    for label, count in zip(labels, wrong.tolist(), strict=True):
        violations[(label, "wrong_type")] += count
    return tuple(map(Categories, codes.T, vocabularies))


def _vocabularies_of(spec: Spec) -> list[tuple[str, ...]]:
    """Return one vocabulary a column: the sender gives a list of texts for all of them, or a list of such lists."""
    given = spec.parameters["categories"]
    nested = isinstance(given, list) and given[:1] and isinstance(given[0], list)
    lists = given if nested else [given]
    if not all(map(_is_vocabulary, lists)) or len(lists) not in {1, spec.shape[1]}:
        raise _unusable("datatype", spec, "has categories that are no list of texts")
    vocabularies = [tuple(texts) for texts in lists]
    return vocabularies if len(lists) == spec.shape[1] else vocabularies * spec.shape[1]


def _is_vocabulary(texts: Any) -> bool:
    return isinstance(texts, list) and all(isinstance(text, str) for text in texts)


def _texts_of(spec: Spec) -> tuple[Categories, ...]:
    texts = _flat(spec) if spec.binary is None else _texts_of_binary(spec)
    if not set(map(type, texts)) <= {str, type(None)}:
        raise _unusable("datatype", spec, "holds values that are not BYTES")
    width = spec.shape[1]
    return tuple(_column_of_texts(texts[j::width]) for j in range(width))


def _column_of_texts(texts: Sequence[str | None]) -> Categories:
    column, _ = column_of(texts)
    return column if isinstance(column, Categories) else Categories(np.full(len(texts), MISSING, np.int32), ())


def _texts_of_binary(spec: Spec) -> list[str]:
    """Read elements of four bytes of length and as many of text."""
    assert spec.binary is not None
    raw = spec.binary
    texts: list[str] = []
    offset = 0
    while offset + 4 <= len(raw) and len(texts) < spec.size:
        (length,) = struct.unpack_from("<I", raw, offset)
        offset += 4 + length
        texts.append(str(raw[offset - length : offset], "utf-8", "replace"))
    if offset != len(raw) or len(texts) != spec.size:
        message = f"needs {spec.size} elements that fill binary_data_size {len(raw)} exactly"
        raise _unusable("tensor_size", spec, message)
    return texts
