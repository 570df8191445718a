"""ASGI and WSGI middleware, with applications and servers written out."""

from __future__ import annotations

import asyncio
import io
import json
import struct

import numpy as np
import pytest

from tests.client.exporters import eventually

V2 = {
    "inputs": [
        {"name": "age", "datatype": "INT64", "shape": [2], "data": [41, 37]},
        {"name": "plan", "datatype": "BYTES", "shape": [2, 1], "data": ["a", "b"]},
        {"name": "x", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3, 4], "parameters": {"columns": ["u", "v"]}},
    ]
}
V2_ANSWER = {
    "outputs": [
        {"name": "label", "datatype": "INT64", "shape": [2], "data": [1, 0]},
        {"name": "p", "datatype": "FP64", "shape": [2, 2], "data": [0.25, 0.75, 0.5, 0.5]},
    ]
}
PATH = "/v2/models/flights/infer"


def asgi_app(answer, status=200, error=None):
    async def app(_, receive, send):
        while (await receive()).get("more_body"):
            pass
        if error is not None:
            raise error
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        half = len(answer) // 2
        await send({"type": "http.response.body", "body": answer[:half], "more_body": True})
        await send({"type": "http.response.body", "body": answer[half:]})

    return app


def call_asgi(app, path, body, headers=(), method="POST"):
    """Call an application as a server does; return what it sent."""
    half = len(body) // 2
    incoming = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
    ]
    sent = []

    async def receive():
        return incoming.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
    asyncio.run(app(scope, receive, send))
    return sent


def call_wsgi(app, path, body, headers=None):
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path, "wsgi.input": io.BytesIO(body), **(headers or {})}
    started = []
    chunks = app(environ, lambda *given: started.append(given))
    body = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    return started, body


def wsgi_app(answer, status="200 OK", error=None):
    def app(environ, start_response):
        environ["wsgi.input"].read()
        if error is not None:
            raise error
        start_response(status, [("Content-Type", "application/json")])
        return [answer[:5], answer[5:]]

    return app


def check_v2(exporter):
    assert exporter.column("age") == [41, 37]
    assert exporter.column("plan") == ["a", "b"]
    assert (exporter.column("u"), exporter.column("v")) == ([1, 3], [2, 4])
    assert exporter.column("prediction", "outputs") == [1, 0]
    assert exporter.batches[0].probabilities.tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert (exporter.total("requests"), exporter.total("predictions"), len(exporter.latencies())) == (1, 2, 1)


def test_asgi_passes_everything_on(monitor, exporter):
    """The messages of the application reach the server unchanged, and the rows reach the exporter."""
    body, answer = json.dumps(V2).encode(), json.dumps(V2_ANSWER).encode()
    plain = call_asgi(asgi_app(answer), PATH, body)
    assert call_asgi(monitor.asgi(asgi_app(answer)), PATH, body) == plain
    assert monitor.flush()
    check_v2(exporter)


def test_wsgi_passes_everything_on(monitor, exporter):
    """Status, headers and body are the application's, and the rows reach the exporter."""
    body, answer = json.dumps(V2).encode(), json.dumps(V2_ANSWER).encode()
    assert call_wsgi(monitor.wsgi(wsgi_app(answer)), PATH, body) == call_wsgi(wsgi_app(answer), PATH, body)
    assert monitor.flush()
    check_v2(exporter)


def test_binary_tensors(monitor, exporter):
    """The binary tensor extension is read in requests and responses."""
    numbers = np.array([[1.5, 2.5]], dtype="<f4")
    text = struct.pack("<I", 3) + "é!".encode()
    header = json.dumps(
        {
            "inputs": [
                {"name": "x", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}},
                {"name": "plan", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(text)}},
            ]
        }
    ).encode()
    answer = json.dumps({"outputs": [{"name": "y", "datatype": "INT32", "shape": [1], "data": [3]}]}).encode()
    length = str(len(header))
    body = header + numbers.tobytes() + text
    call_asgi(monitor.asgi(asgi_app(answer)), PATH, body, [(b"inference-header-content-length", length.encode())])
    call_wsgi(monitor.wsgi(wsgi_app(answer)), PATH, body, {"HTTP_INFERENCE_HEADER_CONTENT_LENGTH": length})
    assert monitor.flush()
    assert (exporter.column("x[1]"), exporter.column("plan")) == ([2.5, 2.5], ["é!", "é!"])
    assert exporter.column("prediction", "outputs") == [3, 3]


@pytest.mark.parametrize(
    ("path", "bodies", "columns"),
    [
        ("/v1/models/m:predict", ({"instances": [{"a": 1}, {"a": 2}]}, {"predictions": [0, 1]}), ([1, 2], [0, 1])),
        ("/predict", ({"a": 5, "plan": "x"}, {"prediction": "yes", "proba": [0.5, 0.5]}), ([5], ["yes"])),
        ("/invocations", ({"features": {"a": [1, 2, 3]}}, {"prediction": [1, 0, 1]}), ([1, 2, 3], [1, 0, 1])),
    ],
)
def test_other_forms(monitor, exporter, path, bodies, columns):
    """TensorFlow's v1 form and plain objects are read."""
    asked, answered = (json.dumps(body).encode() for body in bodies)
    call_asgi(monitor.asgi(asgi_app(answered)), path, asked)
    assert monitor.flush()
    assert (exporter.column("a"), exporter.column("prediction", "outputs")) == columns


def test_extract_reads_any_form(monitor, exporter):
    """A function of the user's finds the rows in bodies of his own form."""
    app = monitor.asgi(
        asgi_app(b'{"score": 0.75}'),
        paths=["/score"],
        extract=lambda asked, answered: {"features": asked["who"], "prediction": answered["score"]},
    )
    call_asgi(app, "/score", b'{"who": {"age": 3}}')
    assert monitor.flush()
    assert (exporter.column("age"), exporter.column("prediction", "outputs")) == ([3], [0.75])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b"\xff\xfe", b'{"inputs": [{"name": "x"}]}', b"null", b"{}" * 200_000]
)
def test_what_cannot_be_read_is_counted(monitor, exporter, body):
    """A body of any other form is a request without rows; the response is the application's."""
    sent = call_asgi(monitor.asgi(asgi_app(b'{"outputs": [{}]}')), PATH, body)
    assert sent[0]["status"] == 200
    assert monitor.flush()
    assert (exporter.total("requests"), exporter.rows, len(exporter.latencies())) == (1, 0, 1)


def test_failures_count_by_status_and_by_exception(monitor, exporter):
    """An error status and an exception both fail a request; the exception goes on."""
    call_asgi(monitor.asgi(asgi_app(b"{}", status=503)), PATH, b"{}")
    call_wsgi(monitor.wsgi(wsgi_app(b"{}", status="422 Unprocessable Entity")), PATH, b"{}")
    with pytest.raises(TimeoutError):
        call_asgi(monitor.asgi(asgi_app(b"", error=TimeoutError())), PATH, b"{}")
    with pytest.raises(KeyError):
        call_wsgi(monitor.wsgi(wsgi_app(b"", error=KeyError())), PATH, b"{}")
    assert monitor.flush()
    assert exporter.total("failures") == {"overloaded": 1, "invalid_input": 1, "timeout": 1, "error": 1}
    assert (exporter.total("requests"), monitor._sender.buffer.in_flight) == (4, 0)


@pytest.mark.parametrize(("path", "method"), [("/docs", "POST"), (PATH, "GET"), ("/v2/models/flights/ready", "POST")])
def test_other_calls_are_left_alone(monitor, exporter, path, method):
    """What is no inference is neither observed nor counted."""
    app = asgi_app(b"{}")
    assert call_asgi(monitor.asgi(app), path, b"{}", method=method) == call_asgi(app, path, b"{}", method=method)
    assert monitor.flush()
    assert exporter.attempts == []


def test_an_unfinished_wsgi_response_counts_once(monitor, exporter):
    """A client that goes away in the middle is one request."""
    app = monitor.wsgi(wsgi_app(b'{"outputs": []}'))
    chunks = app({"REQUEST_METHOD": "POST", "PATH_INFO": PATH, "wsgi.input": io.BytesIO(b"{}")}, lambda *_: None)
    next(iter(chunks))
    chunks.close()
    chunks.close()
    assert monitor.flush()
    assert exporter.total("requests") == 1


@pytest.mark.parametrize("end", ["complete", "failed"])
def test_what_waits_is_sent_when_the_application_shuts_down(make, exporter, end):
    """Rows and a last word are answered before the server goes on; an application that comes back is heard of again."""
    monitor = make(exporter, flush_seconds=30, shutdown_seconds=20)
    answered = []

    async def app(scope, receive, send):
        assert (scope["type"], await receive()) == ("lifespan", {"type": "lifespan.shutdown"})
        await send({"type": f"lifespan.shutdown.{end}"})

    async def receive():
        return {"type": "lifespan.shutdown"}

    async def send(_):
        answered.append([sent.facts.get("ended", False) for sent in exporter.sent])

    for rows in (1, 2):
        monitor.log(features=np.zeros(3), prediction=1)
        asyncio.run(monitor.asgi(app)({"type": "lifespan"}, receive, send))
        assert exporter.rows == rows
    assert answered == [[False, True], [False, True, False, True]]


def test_an_application_that_was_never_used_shuts_down_at_once(make, exporter):
    """There is nothing to send, and no last word of a process that was never heard of; what comes later is not parted from."""
    monitor = make(exporter, flush_seconds=0.02)

    async def app(_, __, send):
        await send({"type": "lifespan.shutdown.complete"})

    async def send(_):
        pass

    asyncio.run(monitor.asgi(app)({"type": "lifespan"}, None, send))
    monitor.log(features=np.zeros(3), prediction=1)
    assert monitor.flush(20)
    assert [sent.facts.get("ended", False) for sent in exporter.sent] == [False]


def test_a_shutdown_does_not_wait_for_the_next_attempt(make, exporter):
    """An exporter that was away and is back gets the last rows, however long the client had meant to leave it alone."""
    monitor = make(exporter, shutdown_seconds=20)
    exporter.answers, exporter.retry_after = [429], "30"
    monitor.log(features=np.zeros(3), prediction=1)
    eventually(lambda: exporter.attempts)

    async def app(_, __, send):
        await send({"type": "lifespan.shutdown.complete"})

    async def send(_):
        assert (exporter.rows, len(exporter.attempts) >= 2) == (1, True)

    asyncio.run(monitor.asgi(app)({"type": "lifespan"}, None, send))
