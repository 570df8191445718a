"""Fuzz every decoder with coverage to guide it: any bytes give a result or a `DecodeError`, in bounded memory.

    make fuzz                             # ten minutes
    make fuzz FUZZ_ARGS='-runs=100000'    # libFuzzer's own options; a crash leaves its input in fuzz/crashes/
    python fuzz/decoders.py fuzz/crashes/crash-...   # that input again

The first byte chooses the decoder, the rest is the body. What is held: no other exception; rows, columns and values within
the limits; at most `MOST_BYTES_PER_BYTE` of memory for each byte that came (and what is allowed for any body). Time is libFuzzer's: an input that takes
more than ten seconds is a finding. The corpus begins with the valid bodies of `SEEDS`.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("fuzzing needs atheris, which has no build for every Python: pip install atheris")

with atheris.instrument_imports(include=["driftgauge"]):
    from driftgauge.errors import REASONS, DecodeError
    from driftgauge.ingest import DECODERS, Exchange, Limits, decode, decode_exchange
    from driftgauge.ingest.cloud_event import BATCH, STRUCTURED, read_events
    from driftgauge.ingest.openai import OPENAI_CALLS, Arrivals, OpenAICall, decode_openai
    from driftgauge.ingest.plain import plain_of, read_plain

HERE = Path(__file__).parent
LIMITS = Limits(body_bytes=200_000, rows=500, columns=100, values=20_000)
#: a value of JSON takes two bytes and becomes a Python object and a float
MOST_BYTES_PER_BYTE = 400
ANY_BODY = 8 * LIMITS.values + 200_000


def main() -> None:
    """Fuzz until libFuzzer's options say that it is enough."""
    corpus = HERE / "corpus"
    corpus.mkdir(exist_ok=True)
    (HERE / "crashes").mkdir(exist_ok=True)
    for number, seed in enumerate(SEEDS):
        (corpus / f"seed-{number:02d}").write_bytes(seed)
    given = any(not argument.startswith("-") for argument in sys.argv[1:])
    options = ["-timeout=10", "-max_len=4096", f"-artifact_prefix={HERE}/crashes/", *([] if given else [str(corpus)])]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:]], one)
    atheris.Fuzz()


def one(data: bytes) -> None:
    """Decode one input and hold the result to what is promised."""
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:])


def _body(content_type: str) -> Callable[[bytes], None]:
    def decode_one(body: bytes) -> None:
        length = str(body[0] | body[1] << 8) if len(body) > 1 else ""
        content = body[2:] if content_type == "application/octet-stream" else body
        try:
            decoded = decode(content, content_type=content_type, header_length=length, limits=LIMITS)
        except DecodeError as error:
            assert error.reason in REASONS
            return
        _hold(decoded.batch, len(body))

    return decode_one


def _exchange(body: bytes) -> None:
    middle = len(body) // 2
    for exchange in (Exchange(body, None), Exchange(None, body), Exchange(body[:middle], body[middle:])):
        seen = decode_exchange(exchange, limits=LIMITS)
        assert all(error.reason in REASONS for error in seen.refused.values())
        _hold(seen.batch, len(body))
        if (plain := plain_of(exchange, LIMITS)) is not None and (batch := read_plain([plain, plain])) is not None:
            assert not seen.refused
            assert batch.rows == 2 * seen.batch.rows
            _hold(batch, 2 * len(body))


def _openai(kind: str, content_type: str) -> Callable[[bytes], None]:
    def decode_one(body: bytes) -> None:
        request, _, response = body.partition(b"\0")
        arrivals = Arrivals((len(response) // 2, len(response)), (0.2, 0.3))
        call = OpenAICall(request=request, response=response, content_type=content_type, seconds=0.4, arrivals=arrivals)
        try:
            decoded = decode_openai(kind, call, LIMITS)
        except DecodeError as error:
            assert error.reason in REASONS
            return
        _hold(decoded.batch, len(body))

    return decode_one


def _events(kind: str) -> Callable[[bytes], None]:
    def read(body: bytes) -> None:
        found = read_events({"ce-id": body[:8].decode("latin-1"), "ce-type": "a.inference.request"}, kind, body)
        assert found
        assert sum(len(event.data) for event in found if not isinstance(event, DecodeError)) <= 20 * len(body) + 100

    return read


def _hold(batch: object, size: int) -> None:
    columns = [column for _, _, column in batch.columns]  # type: ignore[attr-defined]
    taken = sum(_bytes(column) for column in columns)
    assert taken <= MOST_BYTES_PER_BYTE * size + ANY_BODY, f"{taken} bytes of columns from {size}"


def _bytes(column: object) -> int:
    with contextlib.suppress(AttributeError):
        return int(column.nbytes)  # type: ignore[attr-defined]
    with contextlib.suppress(AttributeError):
        return int(column.codes.nbytes) + sum(map(len, column.vocabulary))  # type: ignore[attr-defined]
    return _bytes(column.numbers) + _bytes(column.categories)  # type: ignore[attr-defined]


#: in the order of the first byte
TARGETS: tuple[Callable[[bytes], None], ...] = (
    *(_body(content_type) for content_type in DECODERS),
    _exchange,
    *(_events(kind) for kind in (STRUCTURED, BATCH, "application/json")),
    *(_openai(kind, form) for kind in OPENAI_CALLS for form in ("application/json", "text/event-stream")),
)


def _seeds() -> list[bytes]:
    rows = {"features": {"age": 41, "plan": "a"}, "prediction": 1, "ts": "2026-09-14T08:01:02Z", "proba": [0.5, 0.5]}
    columns = {"columns": {"age": [1, None], "plan": ["a", 2]}, "prediction": [1, 0], "latency_s": 0.5, "status": "ok"}
    tensors = {"inputs": [{"name": "x", "shape": [2, 1], "datatype": "FP32", "parameters": {"binary_data_size": 8}}]}
    flat = {"outputs": [{"name": "y", "shape": [2], "datatype": "BYTES", "data": ["a", "b"]}], "model_name": "m"}
    event = {"id": "1", "type": "a.inference.request", "data": {"instances": [[1.5, 2]]}, "data_base64": "e30="}
    head = json.dumps(tensors).encode()
    texts = [json.dumps(value).encode() for value in (rows, columns, tensors, flat, event, [event], event["data"])]
    texts += [
        b'{"predictions": [[0.25, 0.75], {"x": [1, 2]}]}',
        head + bytes(8),
        len(head).to_bytes(2, "little") + head + bytes(8),
        *_generations(),
    ]
    with contextlib.suppress(ImportError):
        texts += _streams()
    return [bytes([number]) + text for number in range(len(TARGETS)) for text in texts]


def _generations() -> list[bytes]:
    """Return calls of language models: the request, a zero byte, the answer."""
    ask = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}).encode()
    scored = {"content": [{"token": "a", "logprob": -0.5, "top_logprobs": [{"token": "a", "logprob": -0.5}]}]}
    choice = {"index": 0, "message": {"content": "Hello"}, "logprobs": scored, "finish_reason": "stop"}
    usage = {"prompt_tokens": 2, "completion_tokens": 3}
    whole = {"model": "m", "choices": [choice], "usage": usage, "metrics": {"time_to_first_token_ms": 5}}
    old = {
        "choices": [{"text": "a", "logprobs": {"token_logprobs": [-1.5], "top_logprobs": [{"a": -1.5}]}}],
        "usage": usage,
    }
    parts = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in "ab"] + [
        {"choices": [], "usage": usage}
    ]
    stream = b"".join(b"data: %s\r\n\r\n" % json.dumps(part).encode() for part in parts) + b": ping\n\ndata: [DONE]\n\n"
    vectors = {"data": [{"embedding": [0.5, 1.5]}, {"embedding": "AAAAPwAAwD8="}], "usage": usage}
    answers = [json.dumps(answer).encode() for answer in (whole, old, vectors, {"error": {"code": 429}})]
    return [ask + b"\0" + answer for answer in (*answers, stream)]


def _streams() -> list[bytes]:
    import pyarrow as pa

    table = pa.table(
        {
            "x": [1, None],
            "p": pa.array(["a", "b"]).dictionary_encode(),
            "e": [[1.0, 2.0], None],
            "prediction": [True, None],
        }
    )
    found = []
    for codec in (None, "zstd", "lz4"):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
            writer.write_table(table)
        found.append(sink.getvalue().to_pybytes())
    return found


SEEDS = _seeds()

if __name__ == "__main__":
    main()
