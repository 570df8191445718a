"""The metrics listener over HTTP: formats, compression, and the read-only API."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess

import pytest

from tests.serve.harness import Exporter, request

NASTY = '<script>alert("x")</script>&{}'
ROWS = [
    {"features": {"age": 30 + i % 40, "plan": "ab"[i % 2]}, "prediction": i % 3, "latency_s": 0.01} for i in range(300)
]


@pytest.fixture(scope="module")
def exporter():
    """An exporter with a model that has been evaluated, and one with a nasty name that is learning."""
    with Exporter("defaults: {reference: {learn_rows: 100}}") as running:
        for _ in range(2):
            running.post(ROWS)
            running.tick()
            running.now += 60
        running.post([*ROWS[:3], {"features": {"age": float("nan"), "plan": "c"}}])
        running.tick()
        running.post(ROWS[0] | {"model": NASTY, "version": "v/1"}, "/v1/observations")
        yield running


def test_classic_text_is_the_default(exporter):
    answer = exporter.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.body.endswith(b"\n")
    assert b"# EOF" not in answer.body


def test_openmetrics_for_who_asks_for_it(exporter):
    """The header that Prometheus sends."""
    accept = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    answer = exporter.get("/metrics", Accept=accept)
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.body.endswith(b"# EOF\n")


def test_scrape_is_compressed_for_who_takes_it(exporter):
    answer = exporter.get("/metrics", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = gzip.decompress(answer.body)
    assert len(answer.body) < len(plain) / 4
    assert plain.startswith(b"# HELP driftgauge_requests_total")


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.0", "identity"])
def test_scrape_is_plain_for_who_does_not(exporter, accepted):
    assert "Content-Encoding" not in exporter.get("/metrics", Accept_Encoding=accepted).headers


def test_promtool_is_silent(exporter):
    promtool = shutil.which("promtool")
    assert promtool, "promtool is needed: install the package prometheus"
    body = exporter.get("/metrics").body
    assert body.count(b"driftgauge_drift_") > 100
    done = subprocess.run([promtool, "check", "metrics"], input=body, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_api_lists_the_models(exporter):
    models = exporter.get("/api/v1/models").json["models"]
    assert [(model["name"], model["version"], model["state"]) for model in models] == [
        (NASTY, "v/1", "learning"),
        ("fraud", "0", "ready"),
    ]


def test_api_tells_everything_of_a_version(exporter):
    """Strict JSON: neither NaN nor infinity, which other parsers refuse."""
    answer = exporter.get("/api/v1/models/fraud/versions/0")
    found = json.loads(answer.body, parse_constant=lambda name: pytest.fail(f"{name} in the answer"))
    assert answer.headers["Content-Type"].startswith("application/json")
    assert {column["feature"] for column in found["evaluation"]["columns"]} == {"age", "plan", "prediction"}


def test_api_takes_encoded_names(exporter):
    answer = exporter.get("/api/v1/models/%3Cscript%3Ealert%28%22x%22%29%3C%2Fscript%3E%26%7B%7D/versions/v%2F1")
    assert answer.json["name"] == NASTY


def test_api_names_the_known_models_when_it_knows_none(exporter):
    answer = exporter.get("/api/v1/models/nope/versions/1")
    assert (answer.status, answer.json["reason"]) == (404, "unknown_model")
    assert "fraud version 0" in answer.json["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_on_the_metrics_listener_changes_state(exporter, method):
    """Neither does any path of the ingest listener exist there."""
    for path in (
        "/",
        "/metrics",
        "/-/reload",
        "/-/ready",
        "/api/v1/models",
        "/v1/models/fraud/observations",
        "/v1/observations",
    ):
        answer = request(method, path, b"{}", port=exporter.metrics_port, Content_Type="application/json")
        assert answer.status in {404, 405}, path


def test_head_is_answered_without_a_body(exporter):
    answer = request("HEAD", "/metrics", port=exporter.metrics_port)
    assert (answer.status, answer.body) == (200, b"")


def test_failing_rendering_is_a_counted_problem(exporter, monkeypatch):
    monkeypatch.setattr("driftgauge.serve.metrics_app.ExporterView", None)
    answer = exporter.get("/metrics")
    monkeypatch.undo()
    assert (answer.status, answer.json["reason"]) == (500, "internal")
    assert exporter.scrape()["driftgauge_collect_errors_total"] == 1
