"""Decode: one body to a batch, by its content type.

Guarantee: a `Decoded` or a `DecodeError`, nothing else, for any bytes. The size is checked first, then gzip is undone
(whatever the headers say, two bytes tell), then the content type's row of `DECODERS` reads the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from driftgauge.errors import DecodeError
from driftgauge.ingest.arrow_stream import decode_arrow
from driftgauge.ingest.columns import decode_columns
from driftgauge.ingest.compression import inflate
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.observations import decode_lines, decode_observations
from driftgauge.ingest.open_inference import decode_open_inference, is_open_inference
from driftgauge.ingest.parse import parse
from driftgauge.ingest.reducing import Reducer
from driftgauge.ingest.result import Decoded, Limits
from driftgauge.ingest.uniform import decode_uniform, decode_uniform_lines

__all__ = ["DECODERS", "Body", "decode", "decode_alike"]

_DEFAULTS = Limits()


@dataclass(frozen=True, slots=True)
class Body:
    """A body that is to be decoded, and what its headers and the configuration say of it."""

    content: bytes | memoryview
    header_length: str | None
    prediction_output: str | None
    limits: Limits
    reducer: Reducer | None = None


def decode(
    body: bytes | memoryview,
    *,
    content_type: str,
    header_length: str | None = None,
    prediction_output: str | None = None,
    limits: Limits = _DEFAULTS,
    reducer: Reducer | None = None,
) -> Decoded:
    """Decode one body.

    Args:
        body: what was sent, gzip or not; columns of binary tensors are views of it.
        content_type: the header's value; parameters and case do not matter.
        header_length: the value of `Inference-Header-Content-Length`.
        prediction_output: name of the output tensor that is the prediction, when the configuration says so.
        limits: bounds of one body.
        reducer: of this body, knows what tensors of rank 3 and more are; without one they are left out and counted.

    >>> decode(b'[{"prediction": 1}, {"prediction": 0}]', content_type="application/json").batch.rows
    2
    """
    decoder = DECODERS.get(content_type.partition(";")[0].strip().lower())
    if decoder is None:
        raise DecodeError("content_type", f"expected one of {', '.join(DECODERS)}, got {excerpt(content_type)}")
    limits.check_bytes(len(body))
    content = inflate(body, limit=limits.body_bytes)
    return decoder(Body(content, header_length, prediction_output, limits, reducer))


def decode_alike(body: bytes | memoryview, *, content_type: str, limits: Limits = _DEFAULTS) -> Decoded | None:
    """Decode observations that all have the keys of the first one; None for every other body, found out in a fraction of its time.

    Args:
        body: what was sent, not compressed.
        content_type: the header's value; parameters and case do not matter.
        limits: bounds of one body.

    >>> decode_alike(b'{"columns": {"age": [41]}}', content_type="application/json") is None
    True
    """
    decoder = _ALIKE.get(content_type.partition(";")[0].strip().lower())
    if decoder is None or len(body) > limits.body_bytes:
        return None
    return decoder(bytes(body), limits)


def _decode_json(body: Body) -> Decoded:
    text = bytes(body.content)
    if (uniform := decode_uniform(text, body.limits)) is not None:
        return uniform
    value = parse(text)
    if is_open_inference(value):
        return decode_open_inference(value, None, body.limits, body.prediction_output, body.reducer)
    if isinstance(value, dict) and "columns" in value:
        return decode_columns(value, body.limits)
    return decode_observations(value if isinstance(value, list) else [value], body.limits)


def _decode_lines(body: Body) -> Decoded:
    text = bytes(body.content)
    uniform = decode_uniform_lines(text, body.limits)
    return decode_lines(text, body.limits) if uniform is None else uniform


def _decode_binary(body: Body) -> Decoded:
    length = _header_length(body)
    value = parse(bytes(body.content[:length]))
    if not is_open_inference(value):
        raise DecodeError("structure", f"expected an object with inputs or outputs, got {excerpt(value)}")
    binary = memoryview(body.content)[length:]
    return decode_open_inference(value, binary, body.limits, body.prediction_output, body.reducer)


def _decode_arrow(body: Body) -> Decoded:
    return decode_arrow(bytes(body.content), body.limits, body.prediction_output, body.reducer)


def _header_length(body: Body) -> int:
    text = (body.header_length or "").strip()
    length = int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else -1
    if 0 <= length <= len(body.content):
        return length
    message = f"Inference-Header-Content-Length must be 0..{len(body.content)}, got {excerpt(body.header_length)}"
    raise DecodeError("header_length", message)


#: content type -> decoder of a decompressed body
DECODERS: Mapping[str, Callable[[Body], Decoded]] = MappingProxyType(
    {
        "application/json": _decode_json,
        "application/x-ndjson": _decode_lines,
        "application/ndjson": _decode_lines,
        "application/jsonl": _decode_lines,
        "application/octet-stream": _decode_binary,
        "application/vnd.apache.arrow.stream": _decode_arrow,
    }
)
#: content type -> decoder of observations that are alike
_ALIKE: Mapping[str, Callable[[bytes, Limits], Decoded | None]] = MappingProxyType(
    {kind: decode_uniform_lines for kind, decoder in DECODERS.items() if decoder is _decode_lines}
    | {"application/json": decode_uniform}
)
