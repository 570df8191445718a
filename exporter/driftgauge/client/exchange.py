"""Exchange: an inference request and its response, as they went over HTTP, to the arguments of `log`.

Runs in the thread, on copies. Read are Open Inference Protocol v2 (JSON and binary tensors), TensorFlow's v1
(`instances`, `predictions`) and plain objects: `features` or the object itself in, `prediction` (and `proba`) out.
Guarantee: nothing is guessed beyond these; what has another form is counted as a request without rows.
Cost: the JSON is parsed in one piece, about 1 ms for 100 KiB, which is why bodies are read up to a limit.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

__all__ = ["LIMIT_BYTES", "PATHS", "Extract", "Message", "read_exchange"]

#: larger bodies are counted, not read
LIMIT_BYTES = 128 * 1024
#: where inference happens, unless the user says otherwise
PATHS = re.compile(r"/v2/models/.+/infer$|/v1/models/[^/]+:predict$|/(invocations|predict|infer)$")

Extract: TypeAlias = Callable[[Any, Any], Mapping[str, Any] | None]

_TYPES: Mapping[str, str] = {
    "BOOL": "?", "INT8": "<i1", "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "UINT8": "<u1", "UINT16": "<u2",
    "UINT32": "<u4", "UINT64": "<u8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """A body and the length of its JSON part, when binary tensors follow it; None when it was too large to keep."""

    body: bytes | None
    header_length: str | None = None

    @property
    def parsed(self) -> Any:
        """Its JSON, tensors filled in; None for anything else."""
        if not self.body:
            return None
        length = int(self.header_length) if self.header_length else len(self.body)
        value = json.loads(self.body[:length])
        if self.header_length and isinstance(value, dict):
            for tensor, raw in _divided(value, memoryview(self.body)[length:]):
                tensor["data"] = raw
        return value


def read_exchange(request: Message, response: Message, extract: Extract | None) -> Mapping[str, Any] | None:
    """Return the arguments of `log`, None when there are none."""
    asked, answered = request.parsed, response.parsed
    if extract is not None:
        return extract(asked, answered)
    if not isinstance(asked, dict) or not isinstance(answered, dict):
        return None
    if isinstance(asked.get("inputs"), list) and isinstance(answered.get("outputs"), list):
        return {"features": dict(_columns_of(asked["inputs"])), **_outputs_of(answered["outputs"])}
    if isinstance(asked.get("instances"), list):
        return {"features": asked["instances"], **_predictions_of(answered.get("predictions"))}
    if "prediction" not in answered:
        return None
    return {
        "features": asked.get("features", asked),
        "prediction": answered["prediction"],
        "proba": answered.get("proba"),
    }


def _divided(body: Mapping[str, Any], binary: memoryview) -> Iterator[tuple[dict[str, Any], memoryview]]:
    """Yield each binary tensor with its bytes."""
    offset = 0
    for tensor in (*body.get("inputs", ()), *body.get("outputs", ())):
        size = tensor.get("parameters", {}).get("binary_data_size")
        if size is not None:
            yield tensor, binary[offset : offset + size]
            offset += size


def _values_of(tensor: Mapping[str, Any]) -> Any:
    """Return a tensor's values as [rows] or [rows, width]; None for a higher rank."""
    shape, data = tensor["shape"], tensor.get("data")
    if data is None or not 1 <= len(shape) <= 2:
        return None
    if tensor["datatype"] == "BYTES":
        texts = _texts_of(data) if isinstance(data, memoryview) else data
        return np.array(texts, dtype=object).reshape(shape)
    kind = np.dtype(_TYPES[tensor["datatype"]])
    values = np.frombuffer(data, kind) if isinstance(data, memoryview) else np.array(data, dtype=kind)
    return values.reshape(shape)


def _texts_of(raw: memoryview) -> list[str]:
    texts = []
    offset = 0
    while offset + 4 <= len(raw):
        (length,) = struct.unpack_from("<I", raw, offset)
        texts.append(str(raw[offset + 4 : offset + 4 + length], "utf-8", "replace"))
        offset += 4 + length
    return texts


def _columns_of(tensors: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield the columns of tensors, named as the exporter names them."""
    for tensor in tensors:
        values = _values_of(tensor)
        if values is None:
            continue
        width = 1 if values.ndim == 1 else values.shape[1]
        given = tensor.get("parameters", {}).get("columns")
        names = given if given and len(given) == width else [f"{tensor['name']}[{j}]" for j in range(width)]
        yield from zip(
            [tensor["name"]] if width == 1 and not given else names, values.reshape(-1, width).T, strict=True
        )


def _outputs_of(tensors: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return prediction and class scores by the exporter's rule: a float matrix is scores, all else is columns."""
    found: dict[str, Any] = {}
    others = []
    for tensor in tensors:
        values = _values_of(tensor)
        named = tensor.get("parameters", {}).get("columns")
        if values is not None and values.ndim == 2 and values.shape[1] > 1 and values.dtype.kind == "f" and not named:
            found.setdefault(_kind_of(values), values)
        else:
            others.append(tensor)
    columns = dict(_columns_of(others))
    if columns:
        found["prediction"] = next(iter(columns.values())) if len(columns) == 1 else columns
    return found


def _predictions_of(predictions: Any) -> Mapping[str, Any]:
    if not isinstance(predictions, list) or not predictions:
        return {}
    if all(isinstance(row, dict) for row in predictions):
        return {"prediction": {name: [row.get(name) for row in predictions] for name in predictions[0]}}
    if all(isinstance(row, list) and len(row) > 1 for row in predictions):
        scores = np.array(predictions, dtype=np.float64)
        return {_kind_of(scores): scores}
    return {"prediction": predictions}


def _kind_of(scores: Any) -> str:
    return "proba" if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-3) else "logits"
