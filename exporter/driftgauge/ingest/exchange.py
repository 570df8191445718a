"""Exchange: the request and the response of one inference, observed from outside, to one batch.

For whoever sees a model server's traffic without being told: the KServe sink, and the transparent proxy. Both bodies may be
of the v1 protocol (`instances`, `predictions`), of v2 as JSON, or of v2 with binary tensors whose
`Inference-Header-Content-Length` was lost; what a body is tells the body, not its Content-Type.

Guarantee: nothing is raised. A body that cannot be used is in `Observed.refused` with its reason, and costs neither the
other body nor the count of the request, its latency and its failure. Rows follow the request; outputs of another number of
rows are left out and counted (`wrong_shape`). Cost: some 50 us for two small JSON bodies, 60-200 ns a value.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from driftgauge.batch import Batch, Requests
from driftgauge.errors import DecodeError
from driftgauge.failures import FAILURES
from driftgauge.ingest.compression import inflate
from driftgauge.ingest.excerpt import excerpt
from driftgauge.ingest.json_end import json_end
from driftgauge.ingest.open_inference import decode_open_inference, is_open_inference
from driftgauge.ingest.parse import parse
from driftgauge.ingest.predict import is_predict_request, is_predict_response, predict_request, predict_response
from driftgauge.ingest.reducing import NoReducer, Reducer
from driftgauge.ingest.result import Decoded, Limits

__all__ = ["REQUEST", "RESPONSE", "Exchange", "Observed", "decode_exchange", "joined_halves"]

REQUEST, RESPONSE = "request", "response"
_DEFAULTS = Limits()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One inference as it was seen.

    Attributes:
        request: body of the request, gzip or not; None where it is not known.
        response: body of the response; None where there was none.
        request_header_length: value of the request's `Inference-Header-Content-Length`; it is recovered where it is None.
        response_header_length: that of the response.
        latency_seconds: how long it took; None where that is not known.
        timestamp: event time of its rows in seconds since 1970; None for the time of arrival.
        failure: why it failed, one of `FAILURES`; None when it went well. A response that is an error body is a failure
            by itself.
    """

    request: bytes | None = None
    response: bytes | None = None
    request_header_length: int | None = None
    response_header_length: int | None = None
    latency_seconds: float | None = None
    timestamp: float | None = None
    failure: str | None = None

    def __post_init__(self) -> None:
        if self.failure is not None and self.failure not in FAILURES:
            raise ValueError(f"failure: expected one of {', '.join(FAILURES)}, got {self.failure!r}")


@dataclass(frozen=True, slots=True)
class Observed:
    """What an exchange holds.

    Attributes:
        batch: its rows and its one request; without rows when no body could be used.
        model: name of the model, when a body names it.
        version: its version, when a body names it.
        refused: `REQUEST` or `RESPONSE` -> why that body could not be used.
    """

    batch: Batch
    model: str | None = None
    version: str | None = None
    refused: Mapping[str, DecodeError] = field(default_factory=dict)


def decode_exchange(
    exchange: Exchange,
    *,
    prediction_output: str | None = None,
    limits: Limits = _DEFAULTS,
    reducer: Reducer | None = None,
) -> Observed:
    """Decode both bodies of an inference.

    Args:
        exchange: the bodies, and what was measured.
        prediction_output: name of the output that is the prediction, when the configuration says so.
        limits: bounds of each body.
        reducer: of this inference, knows what tensors of rank 3 and more are; without one they are left out and counted.

    >>> seen = decode_exchange(Exchange(b'{"instances": [[1.5, 2.0]]}', b'{"predictions": [1]}', latency_seconds=0.01))
    >>> seen.batch.rows, sorted(seen.batch.inputs), sorted(seen.batch.outputs)
    (1, ['instances[0]', 'instances[1]'], ['prediction'])
    """
    refused: dict[str, DecodeError] = {}
    sent = _Body(REQUEST, exchange.request, exchange.request_header_length, None, reducer)
    answered = _Body(RESPONSE, exchange.response, exchange.response_header_length, prediction_output, reducer)
    request, response = _half(sent, limits, refused), _half(answered, limits, refused)
    failure = exchange.failure or ("error" if response.failed else None)
    batch = joined_halves(request.batch, None if failure else response.batch)
    if failure and batch.rows:
        batch = replace(batch, failed=np.full(batch.rows, fill_value=True))
    if exchange.timestamp is not None and batch.timestamps is None and batch.rows:
        batch = replace(batch, timestamps=np.full(batch.rows, exchange.timestamp))
    return Observed(
        replace(batch, requests=_requests(exchange.latency_seconds, failure, batch.requests.tensor_rows)),
        response.model or request.model,
        response.version or request.version,
        refused,
    )


@dataclass(frozen=True, slots=True)
class _Body:
    """One body as it came, with what is said of it."""

    role: str
    content: bytes | None
    header_length: int | None
    prediction_output: str | None
    reducer: Reducer | None


@dataclass(frozen=True, slots=True)
class _Half:
    """One body, read."""

    batch: Batch | None = None
    model: str | None = None
    version: str | None = None
    failed: bool = False


def _half(body: _Body, limits: Limits, refused: dict[str, DecodeError]) -> _Half:
    if body.content is None:
        return _Half()
    try:
        return _read(body, body.content, limits)
    except DecodeError as error:
        refused[body.role] = error
        return _Half()


def _read(body: _Body, content: bytes, limits: Limits) -> _Half:
    limits.check_bytes(len(content))
    role = body.role
    text, binary = _divided(inflate(content, limit=limits.body_bytes), body.header_length)
    value = parse(text)
    if role == REQUEST and is_predict_request(value):
        return _Half(predict_request(value, limits, body.reducer or NoReducer()))
    if role == RESPONSE and _is_error(value):
        return _Half(failed=True)
    if role == RESPONSE and is_predict_response(value):
        return _Half(predict_response(value, limits, body.prediction_output, body.reducer or NoReducer()))
    own = "inputs" if role == REQUEST else "outputs"
    if not (is_open_inference(value) and own in value):
        known = "instances or inputs" if role == REQUEST else "predictions, outputs or error"
        raise DecodeError("structure", f"expected an object with {known}, got {excerpt(value)}", field=role)
    # What a request says of outputs is a wish, what a response repeats of inputs is known already.
    value = {name: entry for name, entry in value.items() if name not in {"inputs", "outputs"} or name == own}
    decoded: Decoded = decode_open_inference(value, binary, limits, body.prediction_output, body.reducer)
    return _Half(decoded.batch, decoded.model, decoded.version)


def _divided(content: bytes, length: int | None) -> tuple[bytes, memoryview | None]:
    """Return the JSON of a body and its binary part, None without any."""
    if length is None:
        length = json_end(content)
        if length is None or not content[length:].strip():
            return content, None
    if not 0 <= length <= len(content):
        message = f"Inference-Header-Content-Length must be 0..{len(content)}, got {length}"
        raise DecodeError("header_length", message)
    return content[:length], memoryview(content)[length:]


def _is_error(value: Any) -> bool:
    """Tell whether a response says that the inference failed, as KServe, MLServer and Triton say it."""
    return isinstance(value, dict) and "error" in value and "outputs" not in value and "predictions" not in value


def joined_halves(request: Batch | None, response: Batch | None) -> Batch:
    """Return the inputs with the outputs beside them."""
    if request is None or response is None:
        return request or response or Batch(0)
    violations = Counter(request.violations)
    violations.update(response.violations)
    tensor_rows = Counter(request.requests.tensor_rows) + Counter(response.requests.tensor_rows)
    if request.rows != response.rows:
        violations["prediction", "wrong_shape"] += 1
        return replace(request, requests=Requests(tensor_rows=tensor_rows), violations=dict(violations))
    return replace(
        request,
        outputs=response.outputs,
        probabilities=response.probabilities,
        logits=response.logits,
        vectors={**request.vectors, **response.vectors},
        tokens={**request.tokens, **response.tokens},
        requests=Requests(tensor_rows=tensor_rows),
        violations=dict(violations),
    )


def _requests(latency: float | None, failure: str | None, tensor_rows: Mapping[str, int]) -> Requests:
    known = latency is not None and math.isfinite(latency) and latency >= 0
    latencies = np.array([latency] if known else [], np.float64)
    return Requests(1, latencies, {failure: 1} if failure else {}, tensor_rows=tensor_rows)
