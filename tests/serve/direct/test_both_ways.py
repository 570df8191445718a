"""The same requests answered directly and through the web framework: the same answers and the same counters."""

from __future__ import annotations

import contextlib
import json
import re
import socket

import numpy as np
import pytest
from aiohttp import web

from driftgauge.serve import listeners
from driftgauge.serve.direct.connection import SCRATCH_BYTES
from tests.serve.certificates import Authority, client_context
from tests.serve.harness import SECONDS, Exporter, eventually, packed
from tests.serve.secured import TOKEN, Secured, basic, bearer

PATH = "/v1/models/fraud/observations"
ROW = {"features": {"age": 41.5, "city": "Bern"}, "prediction": 1}


def post(body=b"", path=PATH, kind="application/json", more="", length=None):
    """Return a request as bytes; *more* are lines of its head."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    length = len(body) if length is None else length
    fields = f"Host: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}"
    return f"POST {path} HTTP/1.1\r\n{fields}\r\n".encode() + body


def tensor(rows, **more):
    """Return a binary tensor of two columns."""
    data = np.arange(2 * rows, dtype="<f4").tobytes()
    given = {"name": "x", "datatype": "FP32", "shape": [rows, 2], "parameters": {"binary_data_size": len(data)} | more}
    head = json.dumps({"inputs": [given]}).encode()
    field = f"Inference-Header-Content-Length: {len(head)}\r\n"
    return post(head + data, kind="application/octet-stream", more=field)


#: requests that are answered directly
PLAIN = {
    "a row": post(ROW),
    "rows": post([ROW] * 20),
    "a model that the body names": post({**ROW, "model": "fraud"}, "/v1/observations"),
    "no model": post(ROW, "/v1/observations"),
    "some rows that cannot be used": post([ROW, 7, {}, ROW]),
    "rows with content that cannot be used": post([ROW | {"proba": "high", "latency": 1, "ts": 12}] * 2),
    "no row that can be used": post([7, {}]),
    "lines": post(b'{"prediction": 1}\n\n{"prediction"\n', kind="application/x-ndjson"),
    "no JSON": post(b"{"),
    "not UTF-8": post(b'{"prediction": "\xff"}'),
    "an empty body": post(),
    "too many rows": post([{"prediction": 1}] * 2_001),
    "a type that is unknown": post(ROW, kind="text/plain"),
    "no type": b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]" % PATH.encode(),
    "gzip": post(packed([ROW])),
    "gzip that is damaged": post(packed([ROW])[:-9]),
    "a tensor": tensor(10),
    "a tensor that is larger than what is read at a time": tensor(SCRATCH_BYTES // 8 + 10),
    "a tensor with a wrong size": tensor(10, binary_data_size=3),
    "a header length that is none": post(b"{}", kind="application/octet-stream", more="Inference-Header-Content-Length: x\r\n"),
    "JSON that is counted elsewhere": post([ROW, {"prediction": 1}] * 800),
    "JSON elsewhere that is wrong": post(json.dumps([ROW] * 1_500).encode() + b"]"),
    "a body with a key": post(ROW, more="Idempotency-Key: 1\r\n"),
    "the same key again": post([ROW, ROW], more="Idempotency-Key: 1\r\n"),
    "labels": post({"id": "a", "label": 1}, "/v1/models/fraud/labels"),
    "labels of the wrong type": post(b"", "/v1/labels", kind="application/octet-stream"),
    "an event": post({"instances": [[1, 2]]}, "/", more="ce-id: 7\r\nce-type: org.kubeflow.serving.inference.request\r\n"),
    "fields of many kinds": post(ROW, more="User-Agent: a/1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nX-A: \xe9\r\nConnection: Keep-Alive\r\n"),
    "a credential that nobody asked for": post(ROW, more="Authorization: Basic !\r\n"),
    # last, because it learns, and nothing is counted in the event loop from then on
    "a version": post(ROW, "/v1/models/fraud/versions/2.1-a_b~c/observations"),
}  # fmt: skip
#: requests that the framework answers, and on the same connection whatever comes behind them
FOREIGN = {
    "another path": post(ROW, "/v1/models/fraud/observation"),
    "an escaped name": post(ROW, "/v1/models/fr%61ud/observations"),
    "a query": post(ROW, PATH + "?a=b"),
    "a dot segment": post(ROW, "/v1/models/../observations"),
    "another method": b"PUT" + post(ROW)[4:],
    "health": b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n",
    "chunks": post(b"2\r\n[]\r\n0\r\n\r\n", length=0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"),
    "a browser on another site": post(ROW, more="Origin: http://a\r\n"),
    "a length over the limit": post(b" " * 300_000),
}
#: requests that are refused as no HTTP; the framework refuses with them what came in the same packet
MALFORMED = {
    "two lengths": post(ROW, more="Content-Length: 5\r\n"),
    "a field that is folded": post(ROW, more="X-A: b\r\n c\r\n"),
    "no host": post(ROW).replace(b"Host: x\r\n", b""),
    "no HTTP": b"POST\r\n\r\n",
    "lines that end otherwise": post(ROW).replace(b"\r\n", b"\n"),
    "no line that goes anywhere": b"POST \x01 HTTP/1.1\r\nHost: x\r\n",
}
CONFIG = "limits: {body_bytes: 200000, body_rows: 2000}\ndefaults: {reference: {learn_rows: 100}}\n"
LEARNED = post([{"features": {"age": number / 4, "city": "Bern"}, "prediction": number % 2} for number in range(150)])


@contextlib.contextmanager
def counted(monkeypatch, make, *, direct):
    """Open an exporter that answers *direct*ly, or does not; yield it and how many connections reached the framework."""
    taken = []
    made = listeners._Site._connection
    with monkeypatch.context() as patch:
        patch.setattr(listeners._Site, "_connection", lambda site: taken.append(site) or made(site))
        if not direct:
            patch.setattr(listeners, "DIRECT", web.AppKey("nothing", object))
        with make() as exporter:
            yield exporter, taken


def asked(port, *requests, pieces=1, tls=None):
    """Return the answers on one connection; the last request asks for it to be closed."""
    data = b"".join(requests)
    last = data.rindex(b"HTTP/1.1\r\n") + len(b"HTTP/1.1\r\n")
    data = data[:last] + b"Connection: close\r\n" + data[last:].replace(b"Connection: Keep-Alive\r\n", b"")
    size = -(-len(data) // pieces)
    plain = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
    with plain if tls is None else tls.wrap_socket(plain, server_hostname="localhost") as made:
        with contextlib.suppress(ConnectionError):  # what is refused need not be read to its end
            for start in range(0, len(data), size):
                made.sendall(data[start : start + size])
        got = b""
        with contextlib.suppress(ConnectionError):
            while part := made.recv(65_536):
                got += part
    return without_date(got)


def without_date(answer):
    return re.sub(rb"\r\nDate: [^\r]+", b"", answer)


def counts(engine, name="ingest"):
    """Return what has been counted, but for times."""
    health, events = engine.health, engine.events.view()
    listener = health.listener(name)
    return {
        "batches": dict(+health.batches),
        "rows": dict(+health.rows),
        "rejected": dict(+health.rejected),
        "dropped": dict(+health.dropped),
        "took": int(health.ingest_counts.sum()),
        "waiting": (health.waiting, health.queue_bytes),
        "refusals": [(reason, field) for _, reason, field in health.refusals],
        "events": (events.received, events.dropped),
        "guard": dict(listener.refused),
        "models": [_model(model.view(engine.clock())) for model in engine.registry.models],
    }


def _model(view):
    counters = view.counters
    told = counters.requests, counters.predictions, dict(counters.failures), dict(counters.violations)
    return view.name, view.version, view.state, told


def compare(monkeypatch, ask, make=lambda: Exporter(CONFIG), *, plain=True, name="ingest"):
    """Ask both ways, once the model has learned, and hold that nobody could tell them apart; return the answers."""
    found = []
    for direct in (True, False):
        with counted(monkeypatch, make, direct=direct) as (exporter, taken):
            answers = ask(exporter)
            found.append((answers, counts(exporter.engine, name)))
            assert bool(taken) == (not direct or not plain)
    assert found[0] == found[1]
    return found[0][0]


@pytest.mark.parametrize("pieces", [1, 7])
def test_plain_requests_are_answered_as_the_framework_answers_them(monkeypatch, pieces):
    """Good ones and bad ones, each on a connection of its own: status, every field, body, and counters."""
    answers = compare(
        monkeypatch, lambda exporter: [asked(exporter.port, request, pieces=pieces) for request in PLAIN.values()]
    )
    statuses = {name: int(answer[9:12]) for name, answer in zip(PLAIN, answers, strict=True)}
    assert statuses["a row"] == statuses["the same key again"] == statuses["a tensor"] == 202
    assert (statuses["no JSON"], statuses["a type that is unknown"], statuses["too many rows"]) == (400, 415, 413)


@pytest.mark.parametrize("name", FOREIGN)
def test_other_requests_are_the_frameworks_and_change_nothing_around_them(monkeypatch, name):
    """Behind a plain request and before one, sent at once."""
    requests = (PLAIN["a row"], FOREIGN[name], PLAIN["rows"])
    answer = compare(monkeypatch, lambda exporter: asked(exporter.port, *requests), plain=False)
    assert answer.startswith(b"HTTP/1.1 202 Accepted\r\n")


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_http_is_refused_by_the_framework(monkeypatch, name):
    """Behind a plain request that has been answered."""

    def ask(exporter):
        with socket.create_connection(("127.0.0.1", exporter.port), timeout=SECONDS) as made:
            made.sendall(PLAIN["a row"])
            first = made.recv(65_536)
            made.sendall(MALFORMED[name])
            return without_date(first), without_date(made.recv(65_536))

    _, answer = compare(monkeypatch, ask, plain=False)
    assert answer.startswith(b"HTTP/1.0 400 ")


@pytest.mark.parametrize("pieces", [1, 23])
def test_requests_that_are_sent_at_once_are_answered_in_order(monkeypatch, pieces):
    """All on one connection; some are counted elsewhere, and those behind them wait."""
    answer = compare(monkeypatch, lambda exporter: asked(exporter.port, *PLAIN.values(), pieces=pieces))
    assert answer.count(b"HTTP/1.1 ") == len(PLAIN)


def test_a_broken_connection_and_a_full_queue_count_the_same(monkeypatch):
    """Half a body, and bodies that nobody may send."""

    def ask(exporter):
        made = socket.create_connection(("127.0.0.1", exporter.port), timeout=SECONDS)
        made.sendall(PLAIN["rows"][:-50])
        made.close()
        eventually(lambda: exporter.engine.health.dropped["aborted"])
        exporter.engine.health.queue_bytes += 1 << 30
        answers = asked(exporter.port, PLAIN["a row"])
        exporter.engine.health.queue_bytes -= 1 << 30
        exporter.engine.health.counting = False
        return answers, asked(exporter.port, PLAIN["a row"]), asked(exporter.port, PLAIN["an event"])

    full, *unconfigured = compare(monkeypatch, ask)
    assert full.startswith(b"HTTP/1.1 429 ")
    assert all(answer.startswith(b"HTTP/1.1 503 ") for answer in unconfigured)


def test_a_fault_of_ours_is_answered_and_counted_the_same(monkeypatch):
    """In the event loop and in the thread."""

    def ask(exporter):
        exporter.engine._observe = None
        return [asked(exporter.port, PLAIN[name]) for name in ("a row", "gzip")]

    assert all(answer.startswith(b"HTTP/1.1 500 ") for answer in compare(monkeypatch, ask))


def test_encrypted_requests_are_answered_the_same(monkeypatch, tmp_path):
    """Also bodies that are larger than what is read at a time."""
    authority = Authority(tmp_path / "ca")
    cert, key = authority.issue("server")
    (tmp_path / "web.yaml").write_text(f"tls_server_config: {{cert_file: {cert}, key_file: {key}}}")
    context = client_context(str(authority.path))
    names = (
        "a row",
        "a tensor that is larger than what is read at a time",
        "JSON elsewhere that is wrong",
        "rows",
        "an event",
    )

    def ask(exporter):
        return asked(exporter.port("ingest"), *(PLAIN[name] for name in names), pieces=3, tls=context)

    answer = compare(monkeypatch, ask, lambda: Secured(f"ingest_web_config: '{tmp_path / 'web.yaml'}'"))
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [202, 202, 400, 202, 202]


def test_a_token_is_looked_at_the_same(monkeypatch, tmp_path):
    """The right one is let in directly; the guard refuses everything else, and adds the operator's fields."""
    (tmp_path / "tokens").write_text(TOKEN)
    (tmp_path / "web.yaml").write_text("http_server_config: {headers: {X-Frame-Options: SAMEORIGIN}}")
    listen = f"ingest_token_file: '{tmp_path / 'tokens'}', ingest_web_config: '{tmp_path / 'web.yaml'}'"

    def sent(credentials):
        return post(ROW, more="".join(f"{name}: {value}\r\n" for name, value in credentials.items()))

    for given, status in ((bearer(), 202), (bearer(TOKEN[:-1]), 401), (basic(), 401), ({}, 401)):
        answer = compare(
            monkeypatch,
            lambda exporter, given=given: asked(exporter.port("ingest"), sent(given), sent(given)),
            lambda: Secured(listen),
            plain=status == 202,
        )
        assert answer.count(b"HTTP/1.1 %d " % status) == 2
        assert answer.count(b"\r\nX-Frame-Options: SAMEORIGIN\r\n") == 2
