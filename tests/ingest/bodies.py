"""Bodies as senders write them, and shorthands to decode them."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

from driftgauge.ingest import Decoded, decode

_NAMES = {"f2": "FP16", "f4": "FP32", "f8": "FP64", "b1": "BOOL"} | {
    f"{sign}{size}": f"{word}{8 * size}" for sign, word in (("i", "INT"), ("u", "UINT")) for size in (1, 2, 4, 8)
}


def decode_json(value: Any, **options: Any) -> Decoded:
    """Decode a value sent as application/json."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return decode(body, content_type="application/json", **options)


def decode_lines(*lines: Any) -> Decoded:
    """Decode values sent as NDJSON; bytes stand for themselves."""
    body = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return decode(body, content_type="application/x-ndjson")


def tensor(name: str, values: Any, **parameters: Any) -> dict[str, Any]:
    """Describe a tensor whose values are a NumPy array, or a list of texts for BYTES."""
    return {"name": name, "values": values, "parameters": parameters}


def binary(inputs: list[dict[str, Any]] = (), outputs: list[dict[str, Any]] = (), **body: Any) -> tuple[bytes, str]:
    """Write a body with the binary tensor extension; return it with the length of its JSON."""
    parts: list[bytes] = []
    for role, tensors in (("inputs", inputs), ("outputs", outputs)):
        if tensors:
            body[role] = [_described(entry, parts) for entry in tensors]
    header = json.dumps(body).encode()
    return header + b"".join(parts), str(len(header))


def decode_binary(*args: Any, options: dict[str, Any] | None = None, **body: Any) -> Decoded:
    """Decode what `binary` writes."""
    content, length = binary(*args, **body)
    return decode(content, content_type="application/octet-stream", header_length=length, **(options or {}))


def _described(entry: dict[str, Any], parts: list[bytes]) -> dict[str, Any]:
    values = entry["values"]
    if isinstance(values, np.ndarray):
        shape, datatype, raw = list(values.shape), _NAMES[values.dtype.str[1:]], values.tobytes()
    else:
        shape, datatype = [len(values)], "BYTES"
        raw = b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in values)
    parts.append(raw)
    parameters = entry["parameters"] | {"binary_data_size": len(raw)}
    return {"name": entry["name"], "shape": shape, "datatype": datatype, "parameters": parameters}
