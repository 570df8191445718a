"""Plain: small inferences that are nothing but numbers, read together as if their rows had come in one body.

Law: `read_plain` gives what reading each inference (`decode_exchange`) and joining the batches would (`joining.py`); where it could
not, it gives None. An inference is plain where both bodies are strict JSON, or JSON with binary tensors, of one of the forms
below, and nothing was left out of them; the form says what those that are read together have in common. Cost: 5 us a
body and 50 ns a value; `decode_exchange` takes ten times as much for a body.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

import msgspec
import numpy as np

from driftgauge.batch import Batch, Requests
from driftgauge.errors import DecodeError
from driftgauge.ingest.exchange import Exchange, joined_halves
from driftgauge.ingest.facts import NUMBERS
from driftgauge.ingest.json_end import json_end
from driftgauge.ingest.open_inference import decode_open_inference
from driftgauge.ingest.predict import predict_request, predict_response
from driftgauge.ingest.result import Limits
from driftgauge.ingest.specs import RESERVED
from driftgauge.ingest.tensors import DATATYPES

__all__ = ["Plain", "plain_of", "read_plain"]

#: larger bodies are read each by itself: they gain nothing
MOST_BYTES, MOST_VALUES = 16 * 1024, 1_000
#: how near to one, or how far from it, the sum of a row must be to tell that it is probabilities, whatever the rounding
_NEAR, _FAR = 0.9e-3, 1.1e-3
#: what is nearer to zero may be zero in another type
_TINY = 1e-6
#: numbers from which on it is a vector
_LEAST_WIDTH = 2
_ANY = 1 << 40
#: types of scores that are exact enough for that
_EXACT = frozenset({"FP32", "FP64"})

#: role -> key of the v1 protocol, key of v2
_KEYS = {"request": ("instances", "inputs"), "response": ("predictions", "outputs")}
#: what else a v2 body may say; none of it bears on its values
_SILENT = frozenset({"id", "inputs", "outputs", "model_name", "model_version"})
_TENSOR = frozenset({"name", "shape", "datatype", "data", "parameters"})
_PARAMETERS = frozenset({"binary_data_size", "columns", "content_type"})


class _Part(NamedTuple):
    """One body: its form, its rows, its columns, and its values, of v2 tensor by tensor."""

    form: tuple[Any, ...]
    rows: int
    columns: int
    values: Sequence[Any]

    @property
    def size(self) -> int:
        """Number of values."""
        return self.rows * self.columns


class Plain(NamedTuple):
    """One inference.

    Attributes:
        exchange: as it came.
        request: its rows.
        response: what was answered; None where that is not known.
    """

    exchange: Exchange
    request: _Part
    response: _Part | None

    @property
    def form(self) -> Hashable:
        """What those that may be read together have in common."""
        return self.request.form, None if self.response is None else self.response.form


def plain_of(exchange: Exchange, limits: Limits) -> Plain | None:
    """Return an inference as a plain one; None where it is not.

    >>> plain_of(Exchange(b'{"instances": [[1.5, 2.0]]}', b'{"predictions": [1]}'), Limits()).form
    (('instances', 2, ''), ('predictions', 0, ''))
    """
    if exchange.request is None or exchange.failure is not None or exchange.timestamp is not None:
        return None
    request = _part("request", exchange.request, limits)
    if request is None or exchange.response is None:
        return None if request is None else Plain(exchange, request, None)
    response = _part("response", exchange.response, limits)
    if response is None or response.rows != request.rows:
        return None
    return Plain(exchange, request, response)


def read_plain(plains: Sequence[Plain], *, prediction_output: str | None = None) -> Batch | None:
    """Return the rows of inferences of one form; None where they have to be read each by itself after all."""
    try:
        request = _read("request", [plain.request for plain in plains], prediction_output)
        responses = [plain.response for plain in plains if plain.response is not None]
        batch = joined_halves(request, _read("response", responses, prediction_output) if responses else None)
    except DecodeError:
        return None
    if batch.violations:  # counted once a body, not once for all
        return None
    latencies = [plain.exchange.latency_seconds for plain in plains]
    known = [value for value in latencies if value is not None and math.isfinite(value) and value >= 0]
    return replace(batch, requests=Requests(len(plains), np.array(known, np.float64), {}))


def _part(role: str, content: bytes, limits: Limits) -> _Part | None:
    if len(content) > min(MOST_BYTES, limits.body_bytes):
        return None
    found = _parsed(content)
    if found is None:
        return None
    body, binary = found
    v1, v2 = _KEYS[role]
    part = _rows(v1, body[v1]) if v1 in body and not binary else _tensors(v2, body, binary)
    if part is None or part.rows > limits.rows or part.columns > limits.columns or part.size > MOST_VALUES:
        return None
    return part


def _parsed(content: bytes) -> tuple[dict[str, Any], bytes] | None:
    """Return an object and what follows it."""
    try:
        body, rest = msgspec.json.decode(content), b""
    except msgspec.MsgspecError:
        end = json_end(content)
        if end is None:
            return None
        try:
            body, rest = msgspec.json.decode(content[:end]), content[end:]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
    except (UnicodeDecodeError, RecursionError):
        return None
    return (body, rest) if isinstance(body, dict) else None


def _rows(key: str, rows: Any) -> _Part | None:
    """Read the rows of v1: numbers, or lists of as many numbers."""
    if type(rows) is not list or not rows:
        return None
    if type(rows[0]) is not list:
        return _Part((key, 0, ""), len(rows), 1, rows) if set(map(type, rows)) <= NUMBERS else None
    width = len(rows[0])
    if width < _LEAST_WIDTH or any(type(row) is not list or len(row) != width for row in rows):
        return None
    kinds = set(map(type, chain.from_iterable(rows)))
    if not kinds <= NUMBERS:
        return None
    scores = _scores(rows) if key == "predictions" and float in kinds else ""
    return None if scores is None else _Part((key, width, scores), len(rows), width, rows)


def _scores(rows: Sequence[Sequence[Any]]) -> str | None:
    """Tell whether the rows of an output are probabilities or are not; None where it is hard to tell."""
    if any(value is None or -_TINY < value < 0 for row in rows for value in row):
        return None
    off = [abs(math.fsum(row) - 1) for row in rows]
    if max(off) <= _NEAR and all(min(row) >= 0 for row in rows):
        return "probabilities"
    return "logits" if max(off) >= _FAR or any(min(row) < 0 for row in rows) else None


def _tensors(key: str, body: Mapping[str, Any], binary: bytes) -> _Part | None:
    """Read the tensors of v2 that have as many rows, names of their own, and numbers."""
    tensors = body.get(key)
    if type(tensors) is not list or not tensors or not body.keys() <= _SILENT:
        return None
    if not all(type(body.get(name)) in {str, type(None)} for name in ("model_name", "model_version")):
        return None
    forms, values, rows, at = [], [], set(), 0
    for tensor in tensors:
        found = _tensor(key, tensor, binary[at:])
        if found is None:
            return None
        forms.append(found.form)
        values.append(found.values)
        rows.add(found.rows)
        at += len(found.values) if isinstance(found.values, bytes) else 0
    if len(rows) != 1 or at != len(binary) or len({form[0] for form in forms}) != len(forms):
        return None
    return _Part((key, *forms), rows.pop(), sum(form[3] for form in forms), values)


def _tensor(key: str, tensor: Any, binary: bytes) -> _Part | None:
    if not isinstance(tensor, dict) or not tensor.keys() <= _TENSOR:
        return None
    name, shape, given = tensor.get("name"), tensor.get("shape"), tensor.get("parameters") or {}
    datatype = DATATYPES.get(tensor["datatype"]) if type(tensor.get("datatype")) is str else None
    if type(name) is not str or name.startswith(RESERVED) or datatype is None or datatype.kind == "boolean":
        return None
    if not isinstance(given, dict) or not given.keys() <= _PARAMETERS:
        return None
    if type(shape) is not list or len(shape) not in {1, 2} or any(type(size) is not int or size < 1 for size in shape):
        return None
    rows, width = (*shape, 1)[:2]
    size = rows * width
    sized = "binary_data_size" in given
    values = _binary(given, size * int(datatype.stored[2]), binary) if sized else _flat(tensor.get("data"), size)
    if values is None or (sized and "data" in tensor):
        return None
    names = given.get("columns")
    if names is not None and not (type(names) is list and len(names) == width and set(map(type, names)) == {str}):
        return None
    scores: str | None = ""
    if key == "outputs" and datatype.kind == "floating" and width > 1 and "columns" not in given:
        scores = _tensor_scores(values, datatype.stored, width) if tensor["datatype"] in _EXACT else None
    form = name, tensor["datatype"], len(shape), width, sized, names and tuple(names), scores
    return None if scores is None else _Part(form, rows, width, values)


def _binary(given: Mapping[str, Any], size: int, binary: bytes) -> bytes | None:
    return binary[:size] if given["binary_data_size"] == size <= len(binary) else None


def _flat(data: Any, size: int) -> list[Any] | None:
    if type(data) is not list or not data:
        return None
    if type(data[0]) is list:
        if not all(type(row) is list for row in data):
            return None
        data = list(chain.from_iterable(data))
    return data if len(data) == size and set(map(type, data)) <= NUMBERS else None


def _tensor_scores(values: bytes | list[Any], stored: str, width: int) -> str | None:
    flat = np.frombuffer(values, stored).tolist() if isinstance(values, bytes) else values
    if not all(value is not None and math.isfinite(value) for value in flat):
        return None
    return _scores([flat[at : at + width] for at in range(0, len(flat), width)])


def _read(role: str, parts: Sequence[_Part], prediction_output: str | None) -> Batch:
    """Read the bodies of one role as one; each is within the limits by itself."""
    form, rows = parts[0].form, sum(part.rows for part in parts)
    limits = Limits(body_bytes=_ANY, rows=_ANY, columns=_ANY, values=_ANY)
    v1, _ = _KEYS[role]
    if form[0] == v1:
        body = {v1: list(chain.from_iterable(part.values for part in parts))}
        return predict_request(body, limits) if role == "request" else predict_response(body, limits, prediction_output)
    tensors, binary = [], b""
    for number, (name, datatype, rank, width, sized, names, _) in enumerate(form[1:]):
        parameters: dict[str, Any] = {} if names is None else {"columns": list(names)}
        tensor: dict[str, Any] = {"name": name, "datatype": datatype, "shape": [rows, width][:rank]}
        tensor["parameters"] = parameters
        if sized:
            share = b"".join(part.values[number] for part in parts)
            parameters["binary_data_size"] = len(share)
            binary += share
        else:
            tensor["data"] = list(chain.from_iterable(part.values[number] for part in parts))
        tensors.append(tensor)
    return decode_open_inference(
        {form[0]: tensors}, memoryview(binary) if binary else None, limits, prediction_output
    ).batch
