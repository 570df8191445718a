"""The guard: passwords that are remembered, sites that may not ask, headers of answers."""

from __future__ import annotations

import socket

import pytest

from driftgauge.serve.guard.bucket import Bucket
from tests.serve.secured import HASH, PASSWORD, TOKEN, Secured, basic

OTHER = "a-token-of-the-tests-0003"


def status(exporter: Secured, headers: dict[str, str], listener: str = "metrics") -> int:
    return exporter.ask(listener, **headers).status


def test_a_right_password_is_hashed_once_and_a_wrong_one_each_time(tmp_path, monkeypatch):
    """A scrape each 15 s must not cost a bcrypt each; a changed hash is checked anew."""
    import bcrypt

    checked = []
    check = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *pair: checked.append(pair) or check(*pair))
    path = tmp_path / "web.yml"
    path.write_text(f"basic_auth_users: {{prom: '{HASH}'}}")
    with Secured(f"metrics_web_config: {path}") as exporter:
        assert [status(exporter, basic()) for _ in range(5)] == [200] * 5
        assert len(checked) == 1
        assert [status(exporter, basic(password="wrong")) for _ in range(3)] == [401] * 3
        assert len(checked) == 4
        assert status(exporter, basic("nobody")) == 401
        assert len(checked) == 5  # as long as a wrong password
        memory = exporter.guard("metrics")._passwords
        assert PASSWORD.encode() not in repr(vars(memory)).encode()
        path.write_text(f"basic_auth_users: {{prom: '{bcrypt.hashpw(b'another', bcrypt.gensalt(4)).decode()}'}}")
        exporter.refresh("metrics")
        assert [status(exporter, basic()), status(exporter, basic(password="another"))] == [401, 200]


def test_a_storm_of_wrong_passwords_is_bounded(tmp_path, monkeypatch):
    """Only so many wait for the one thread that hashes; the others are told to come back, and are counted."""
    monkeypatch.setattr("driftgauge.serve.guard.passwords.MOST_CHECKS", 0)
    (tmp_path / "web.yml").write_text(f"basic_auth_users: {{prom: '{HASH}'}}")
    with Secured(f"metrics_web_config: {tmp_path / 'web.yml'}") as exporter:
        answer = exporter.ask("metrics", **basic())
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        assert exporter.counted("refused", listener="metrics", reason="busy") == 1


def test_rate_limit_of_the_web_configuration_is_kept(tmp_path):
    (tmp_path / "web.yml").write_text("rate_limit: {interval: 1h, burst: 2}")
    with Secured(f"metrics_web_config: {tmp_path / 'web.yml'}") as exporter:
        assert [status(exporter, {}) for _ in range(4)] == [200, 200, 429, 429]
        assert exporter.ask("metrics", path="/-/healthy").status == 200
        assert exporter.counted("refused", listener="metrics", reason="rate_limit") == 2


def test_a_bucket_fills_with_time_and_no_further():
    now = [0.0]
    bucket = Bucket(0.5, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.6
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 400),
    ],
)
def test_a_page_of_another_site_changes_nothing(headers, wanted):
    """A browser on the machine reaches loopback for any page that it shows."""
    with Secured() as exporter:
        assert exporter.ask("ingest", "POST", "/-/reload", **headers).status == wanted
        assert exporter.counted("refused", listener="ingest", reason="cross_site") == (wanted == 403)


KEPT = {("nosniff", "no-store"), ("nosniff", "no-cache")}


@pytest.mark.parametrize("listener", ["metrics", "ingest"])
def test_every_answer_has_the_headers(listener):
    """Also one of an unknown path, and one to what is no HTTP; the server's version is nobody's business."""
    with Secured() as exporter:
        for method, path in [*exporter.routes(listener), ("GET", "/nowhere"), ("POST", "/")]:
            found = exporter.ask(listener, method, path).headers
            # The page's own files may be kept, and are asked for again by their digest.
            assert (found["X-Content-Type-Options"], found["Cache-Control"]) in KEPT
            assert found["Server"] == "driftgauge"
            assert "default-src 'none'" in found["Content-Security-Policy"]
            assert "unsafe" not in found["Content-Security-Policy"]
        with socket.create_connection(("127.0.0.1", exporter.port(listener))) as raw:
            raw.sendall(b"GIMME \x00\xff secret\r\n\r\n")
            answer = raw.makefile("rb").read()
        assert b"Server: driftgauge\r\n" in answer
        assert b"aiohttp" not in answer
        assert b"secret" not in answer
        assert exporter.counted("refused", listener=listener, reason="malformed") == 1


def test_the_web_configuration_adds_headers(tmp_path):
    (tmp_path / "web.yml").write_text(
        "http_server_config: {http2: true, headers: {Strict-Transport-Security: max-age=63072000, X-Frame-Options: sameorigin}}"
    )
    with Secured(f"metrics_web_config: {tmp_path / 'web.yml'}") as exporter:
        found = exporter.ask("metrics").headers
        assert (found["Strict-Transport-Security"], found["X-Frame-Options"]) == ("max-age=63072000", "sameorigin")


@pytest.mark.parametrize(
    ("listener", "method", "path", "hint"),
    [
        ("metrics", "POST", "/v1/models/fraud/observations", "this is the metrics listener; the ingest listener"),
        ("metrics", "POST", "/-/reload", "this is the metrics listener; the ingest listener"),
        ("ingest", "GET", "/metrics", "this is the ingest listener; the metrics listener"),
        ("ingest", "GET", "/api/v1/models", "this is the ingest listener; the metrics listener"),
        ("ingest", "GET", "/nowhere", "Not Found"),
    ],
)
def test_what_the_other_listener_answers_is_said(listener, method, path, hint):
    with Secured() as exporter:
        answer = exporter.ask(listener, method, path)
        assert answer.status == 404
        assert answer.json["detail"].startswith(hint)


def test_comparing_tokens_does_not_depend_on_what_they_share():
    """Only digests are compared, so a shared beginning tells nothing: measured as work, not as time."""
    from driftgauge.serve.guard import tokens

    compared = []
    original = tokens.hmac.compare_digest
    tokens_made = tokens.parse_tokens(f"{TOKEN}\n{OTHER}", "file")
    try:
        tokens.hmac.compare_digest = lambda a, b: compared.append((len(a), len(b))) or original(a, b)
        assert [tokens_made.match(text) for text in (TOKEN, OTHER, TOKEN[:-1], "")] == [True, True, False, False]
    finally:
        tokens.hmac.compare_digest = original
    assert compared == [(32, 32)] * 8
    assert TOKEN not in repr(vars(tokens_made))
