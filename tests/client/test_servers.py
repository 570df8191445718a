"""Real servers with several workers: FastAPI under uvicorn, Flask under gunicorn with a preloaded application."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.client.exporters import DEADLINE_SECONDS, environment, eventually

REQUESTS = 200

FASTAPI = """
import os
from fastapi import FastAPI
import driftgauge

monitor = driftgauge.Monitor("flights", version="3", shutdown_seconds=10)
plain = FastAPI()

@plain.post("/predict")
async def predict(row: dict):
    return {"prediction": row["age"] % 2, "pid": os.getpid()}

app = monitor.asgi(plain)
"""

FLASK = """
import os
import numpy
from flask import Flask, request
import driftgauge

monitor = driftgauge.Monitor("flights", version="3", flush_seconds=0.05, shutdown_seconds=10)
monitor.log(features={"age": -1}, prediction=0)  # the thread runs before the fork
app = Flask(__name__)

@app.post("/predict")
def predict():
    row = request.get_json()
    with monitor.request() as logged:
        logged.log(features=row, prediction=row["age"] % 2)
    return {"prediction": row["age"] % 2, "pid": os.getpid()}
"""


@contextlib.contextmanager
def serving(command, folder, exporter, port):
    """Run a server until the block ends, then let it end in order."""
    # What is left is sent at the end, for as long as a slow machine needs.
    environ = environment(DRIFTGAUGE_CLIENT_ENDPOINT=exporter.endpoint, DRIFTGAUGE_CLIENT_SHUTDOWN_SECONDS="20")
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: answers(port))
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_SECONDS) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def predict(port, age):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
    try:
        connection.request("POST", "/predict", json.dumps({"age": age}), {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.status == 200
        return json.loads(response.read())
    finally:
        connection.close()


def predict_many(port):
    """Send requests over four connections at a time; return the processes that answered."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda age: predict(port, age), range(REQUESTS)))
    assert [answer["prediction"] for answer in found] == [age % 2 for age in range(REQUESTS)]
    return {answer["pid"] for answer in found}


def test_fastapi_under_uvicorn_with_workers(folder, exporter):
    """Two uvicorn workers behind the ASGI middleware: every request is counted once, with its rows."""
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    (folder / "app.py").write_text(FASTAPI)
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "app:app",
        "--workers",
        "2",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    with serving(command, folder, exporter, port):
        workers = predict_many(port)
    assert eventually(lambda: exporter.total("requests") == REQUESTS)
    assert sorted(exporter.column("age")) == list(range(REQUESTS))
    assert {sent.facts["pid"] for sent in exporter.observations} == workers
    assert len(exporter.latencies()) == REQUESTS
    # uvicorn ends by the signal that it got, after which nothing of Python runs
    assert {sent.facts["pid"] for sent in exporter.sent if sent.facts.get("ended")} == workers


def test_flask_under_gunicorn_with_preload(folder, exporter):
    """A monitor that was made and used before the fork works in both gunicorn workers."""
    pytest.importorskip("flask")
    pytest.importorskip("gunicorn")
    (folder / "app.py").write_text(FLASK)
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "app:app",
        "--preload",
        "--workers",
        "2",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    with serving(command, folder, exporter, port):
        workers = predict_many(port)
    assert eventually(lambda: exporter.total("requests") == REQUESTS + 1)
    assert sorted(exporter.column("age")) == [-1, *range(REQUESTS)]
    assert workers < {sent.facts["pid"] for sent in exporter.observations}
