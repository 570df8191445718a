"""Specs: what an Open Inference Protocol v2 body says of its tensors, checked before a value is read.

Guarantee: after `read_specs` every shape is within the limits, every tensor has the body's number of rows (facts may have
one), and the binary part is divided exactly. Cost: about 1 us a tensor, nothing a value.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from driftgauge.errors import DecodeError
from driftgauge.ingest.excerpt import excerpt, short
from driftgauge.ingest.facts import Violations
from driftgauge.ingest.reducing import UNSUPPORTED, Deep, Reducer
from driftgauge.ingest.result import Limits
from driftgauge.ingest.tensors import Spec

__all__ = ["RESERVED", "Specs", "read_specs"]

#: tensors whose names begin so are facts of rows or of the request, not features
RESERVED = "driftgauge."

_ROLES = ("inputs", "outputs")
#: axes that a tensor which is looked into may have
_MOST_AXES = 8


@dataclass(slots=True)
class Specs:
    """The tensors of a body by role.

    Attributes:
        rows: number of rows of the body.
        inputs: tensors that hold features.
        outputs: tensors that hold predictions and class scores.
        facts: tensors with reserved names.
        opaque: tensors that are no tables: they say that rows were there, whatever becomes of their values.
        deep: those of them that may be looked into.
        problems: why tensors were left out.
    """

    rows: int = 0
    inputs: list[Spec] = field(default_factory=list)
    outputs: list[Spec] = field(default_factory=list)
    facts: list[Spec] = field(default_factory=list)
    opaque: int = 0
    deep: list[Deep] = field(default_factory=list)
    problems: list[DecodeError] = field(default_factory=list)

    def check(self, limits: Limits) -> None:
        """Raise `DecodeError` when the columns would be over a limit."""
        widths = [spec.shape[1] for spec in (*self.inputs, *self.outputs)]
        scores = [spec.shape[1] for spec in self.outputs if spec.may_be_scores]
        limits.check(rows=self.rows, columns=sum(widths) - sum(scores))
        limits.check_values(self.rows * (sum(widths) + sum(spec.shape[1] for spec in self.facts)))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One tensor as the body has it: its JSON, and its share of the binary part."""

    role: str
    name: str
    body: Mapping[str, Any]
    parameters: Mapping[str, Any]
    binary: memoryview | None = None

    def spec(self, shape: tuple[int, ...]) -> Spec:
        rows, width = (*shape, 1)[:2]
        datatype, data = self.body.get("datatype"), self.body.get("data")
        return Spec(self.name, (rows, width), len(shape), datatype, self.parameters, data, self.binary)


def read_specs(
    body: Mapping[str, Any], binary: memoryview | None, limits: Limits, violations: Violations, reducer: Reducer
) -> Specs:
    """Return the tensors of a body; those that cannot be used are counted and left out."""
    entries = [entry for role in _ROLES for entry in _entries_of(role, body.get(role))]
    limits.check(rows=1, columns=len(entries))
    if binary is not None:
        entries = list(_with_binary(entries, binary))
    specs = Specs()
    shapes = [_shape_of(entry, limits, specs, violations) for entry in entries]
    shaped = [
        (entry, shape if reducer.batched(entry.name) else (1, *shape))
        for entry, shape in zip(entries, shapes, strict=True)
        if shape is not None
    ]
    specs.rows = _rows_of(shaped, specs)
    limits.check(rows=specs.rows)
    for entry, shape in shaped:
        looked_into = len(shape) <= _MOST_AXES and math.prod(shape) <= limits.body_bytes
        deep = len(shape) > 2 or reducer.takes(entry.name)
        _place(entry, shape, specs, violations, deep=deep, looked_into=looked_into)
    specs.check(limits)
    return specs


def _entries_of(role: str, tensors: Any) -> Iterator[_Entry]:
    """Yield the tensors of one list, without outputs that a request only asks for: those hold nothing."""
    if not isinstance(tensors, list | None):
        raise DecodeError("structure", f"expected a list of tensors, got {excerpt(tensors)}", field=role)
    for index, tensor in enumerate(tensors or ()):
        if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
            raise DecodeError("structure", f"{role}[{index}] is no tensor: an object with a name", field=role)
        parameters = tensor.get("parameters")
        entry = _Entry(role, tensor["name"], tensor, parameters if isinstance(parameters, dict) else {})
        if (
            role == "inputs"
            or not tensor.keys().isdisjoint({"data", "shape"})
            or "binary_data_size" in entry.parameters
        ):
            yield entry


def _with_binary(entries: Sequence[_Entry], binary: memoryview) -> Iterator[_Entry]:
    """Divide the binary part among the tensors that say their size, in order."""
    offset = 0
    for entry in entries:
        size = entry.parameters.get("binary_data_size")
        if size is None:
            yield entry
            continue
        if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= len(binary) - offset:
            message = f"binary_data_size of tensor {short(entry.name)!r} is {excerpt(size)}"
            raise DecodeError(
                "tensor_size", f"{message}, {len(binary) - offset} bytes are left", field=short(entry.name)
            )
        yield _Entry(entry.role, entry.name, entry.body, entry.parameters, binary[offset : offset + size])
        offset += size
    if offset != len(binary):
        raise DecodeError("tensor_size", f"the binary part has {len(binary)} bytes, its tensors need {offset}")


def _shape_of(entry: _Entry, limits: Limits, specs: Specs, violations: Violations) -> tuple[int, ...] | None:
    """Return a tensor's shape; None, and the reason noted, when no body within the limits could hold it."""
    shape = entry.body.get("shape")
    if isinstance(shape, list) and all(_is_dimension(size, limits.body_bytes) for size in shape):
        sizes = tuple(shape) or (1,)
        if len(sizes) > 2 or sizes[0] * (*sizes, 1)[1] <= limits.body_bytes:  # no value takes less than a byte
            return sizes
    dimensions = ", ".join(map(excerpt, shape[:4])) if isinstance(shape, list) else excerpt(shape)
    message = f"tensor {short(entry.name)!r} has the unusable shape [{dimensions}]"
    specs.problems.append(DecodeError("shape", message, field=short(entry.name)))
    violations[(entry.name, "wrong_shape")] += 1
    return None


def _is_dimension(size: Any, most: int) -> bool:
    return isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= most


def _rows_of(shaped: Sequence[tuple[_Entry, tuple[int, ...]]], specs: Specs) -> int:
    """Return the first dimension that most inputs share, or outputs, or facts when there is nothing else."""
    first: dict[str, Counter[int]] = {role: Counter() for role in (*_ROLES, RESERVED)}
    for entry, shape in shaped:
        first[RESERVED if entry.name.startswith(RESERVED) else entry.role][shape[0]] += 1
    sizes = next(filter(None, first.values()), None)
    if sizes is None:
        raise specs.problems[0] if specs.problems else DecodeError("empty", "no tensor holds data")
    rows = sizes.most_common(1)[0][0]
    if not rows:
        raise DecodeError("empty", "the tensors hold no rows")
    return rows


def _place(
    entry: _Entry,
    shape: tuple[int, ...],
    specs: Specs,
    violations: Violations,
    *,
    deep: bool,
    looked_into: bool,
) -> None:
    fact = entry.name.startswith(RESERVED)
    if shape[0] != specs.rows and not (fact and shape[0] == 1):
        message = f"tensor {short(entry.name)!r} has {shape[0]} rows, the body has {specs.rows}"
        specs.problems.append(DecodeError("shape", message, field=short(entry.name)))
        violations[(entry.name, "wrong_shape")] += 1
    elif deep and (not looked_into or (fact and len(shape) > 2)):
        specs.opaque += 1
        violations[(entry.name, UNSUPPORTED)] += 1
    elif deep and not fact:
        specs.opaque += 1
        spec = replace(entry.spec((shape[0], math.prod(shape[1:]))), rank=len(shape))
        specs.deep.append(Deep(spec, shape, entry.role))
    else:
        place = specs.facts if fact else specs.inputs if entry.role == "inputs" else specs.outputs
        place.append(entry.spec(shape))
