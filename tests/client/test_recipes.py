"""The recipes of docs/client.md for MLServer and BentoML, with the real servers, where these are installed.

Neither is among the packages for development, because each brings some hundred others: `pip install mlserver scikit-learn`
(or bentoml) into an environment of its own, and run this file there.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.client.exporters import DEADLINE_SECONDS, environment, eventually

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text("utf-8")
#: a server that starts workers, each of which imports half of Python
START_SECONDS = 90.0
TRAIN = """
import joblib, numpy as np
from sklearn.linear_model import LogisticRegression
rows = np.random.default_rng(0).normal(size=(200, 3))
joblib.dump(LogisticRegression().fit(rows, (rows[:, 0] > 0).astype(int)), "model.joblib")
"""
MLSERVER = "from mlserver.cli import main; main()"
ROWS = [[1, 2, 3], [-4, 5, 6]]


def needs(*packages):
    lacking = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(lacking), reason=f"not installed: {', '.join(lacking)}")


def recipe(word):
    """Return the code of the page that imports *word*, with what every recipe takes for granted."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (block,) = [block for block in blocks if re.search(rf"^(import|from) {word}\b", block, re.MULTILINE)]
    return block


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(port, path, body):
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=DEADLINE_SECONDS) as answer:
        return json.loads(answer.read())


@contextlib.contextmanager
def serving(command, folder, exporter, answers):
    """Run a server until the block ends, then let it and its workers end in order."""
    subprocess.run([sys.executable, "-c", TRAIN], cwd=folder, check=True, env=environment())
    environ = environment(DRIFTGAUGE_CLIENT_ENDPOINT=exporter.endpoint, BENTOML_DO_NOT_TRACK="True")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            try:
                eventually(lambda: reaches(answers), START_SECONDS)
            except AssertionError:
                pytest.fail((folder / "server.log").read_text("utf-8", "replace")[-3_000:])
            yield
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(DEADLINE_SECONDS)


def reaches(answers):
    with contextlib.suppress(OSError):
        return answers()
    return None


def counted(exporter, requests):
    """Wait for the last body; return what the exporter has counted of the model."""
    labels = {"model": "flight-delay", "version": "3"}
    eventually(lambda: exporter.counter("driftgauge_requests_total", **labels) >= requests)
    return tuple(
        exporter.counter(f"driftgauge_{name}", **labels)
        for name in ("requests_total", "predictions_total", "request_failures_total")
    )


@needs("mlserver", "sklearn", "joblib")
@pytest.mark.timeout(300)
def test_mlserver(folder, real_exporter):
    """Every request of every worker is counted with its rows, and the workers say that they end."""
    port = free_port()
    (folder / "recipe.py").write_text("import driftgauge\nimport joblib\n" + recipe("mlserver"))
    settings = {"host": "127.0.0.1", "http_port": port, "grpc_port": free_port(), "metrics_port": free_port()}
    (folder / "settings.json").write_text(json.dumps(settings | {"parallel_workers": 2}))
    model = {"name": "flight-delay", "implementation": "recipe.FlightDelay", "parameters": {"version": "3"}}
    (folder / "model-settings.json").write_text(json.dumps(model))
    tensor = {"name": "x", "shape": [2, 3], "datatype": "FP64", "data": ROWS}
    path = "/v2/models/flight-delay/infer"
    with serving(["-c", MLSERVER, "start", "."], folder, real_exporter, lambda: post(port, path, {"inputs": [tensor]})):
        for _ in range(9):
            post(port, path, {"inputs": [tensor]})
    assert counted(real_exporter, 10) == (10, 20, 0)
    assert eventually(lambda: real_exporter.counter("driftgauge_client_exits_total", reason="closed")) >= 1


@needs("bentoml", "sklearn", "joblib")
@pytest.mark.timeout(300)
def test_bentoml(folder, real_exporter):
    """Every request is counted with its rows, and the worker says that it ends."""
    port = free_port()
    head = "import driftgauge\nimport joblib\nimport numpy as np\n"
    (folder / "service.py").write_text(head + recipe("bentoml"))
    command = ["-m", "bentoml", "serve", "service:FlightDelay", "--host", "127.0.0.1", "--port", str(port)]
    with serving(command, folder, real_exporter, lambda: post(port, "/predict", {"rows": ROWS})):
        for _ in range(9):
            assert len(post(port, "/predict", {"rows": ROWS})) == 2
    assert counted(real_exporter, 10) == (10, 20, 0)
    assert eventually(lambda: real_exporter.counter("driftgauge_client_exits_total", reason="closed")) >= 1
