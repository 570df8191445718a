"""MLServer with a real scikit-learn model behind the proxy.

MLServer pins packages that the exporter's tests need in other versions, so it has an environment of its own:
`DRIFTGAUGE_MLSERVER_PYTHON` is the interpreter that has `mlserver` and `mlserver-sklearn`; the tests' own is tried without it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.serve.harness import eventually, of_model, request
from tests.serve.process import _free_port
from tests.serve.proxy.rig import Forwarding

PYTHON = os.environ.get("DRIFTGAUGE_MLSERVER_PYTHON", sys.executable)
TRAIN = """
import joblib, numpy as np
from sklearn.linear_model import LogisticRegression
rows = np.array([[0.0, 0.0], [1.0, 1.0], [0.2, 0.1], [0.9, 0.8]])
joblib.dump(LogisticRegression().fit(rows, [0, 1, 0, 1]), "model.joblib")
"""


def _installed() -> bool:
    return (
        subprocess.run([PYTHON, "-c", "import mlserver, mlserver_sklearn"], capture_output=True, check=False).returncode
        == 0
    )


@pytest.fixture(scope="module")
def mlserver(tmp_path_factory):
    """Return the address of an MLServer with a model called iris."""
    if not _installed():
        pytest.skip("mlserver and mlserver-sklearn are not installed for DRIFTGAUGE_MLSERVER_PYTHON or these tests")
    folder = tmp_path_factory.mktemp("mlserver")
    subprocess.run([PYTHON, "-c", TRAIN], cwd=folder, check=True)
    port, grpc, metrics = _free_port(), _free_port(), _free_port()
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": grpc,
        "metrics_port": metrics,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {
        "name": "iris",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "v2"},
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    (folder / "model-settings.json").write_text(json.dumps(model))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PYTHON, "-m", "mlserver.cli.main", "start", "."], cwd=folder, stdout=log, stderr=log
        )
    try:
        eventually(lambda: process.poll() is not None or _ready(port))
        assert process.poll() is None, (folder / "log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _ready(port):
    try:
        return request("GET", "/v2/models/iris/ready", port=port).status == 200
    except OSError:
        return False


ROWS = {
    "inputs": [{"name": "x", "shape": [3, 2], "datatype": "FP64", "data": [0.1, 0.2, 0.9, 1.0, 0.4, 0.4]}],
    "id": "a",
}


def test_a_real_model_behind_the_proxy(mlserver):
    """Answers through the proxy are those of the server itself; inputs, outputs and errors are counted."""
    with Forwarding(upstream=f"http://127.0.0.1:{mlserver}") as rig:
        body = json.dumps(ROWS).encode()
        for path in ("/v2/models/iris/infer", "/v2/models/iris/versions/v2/infer"):
            direct, through = (
                request("POST", path, body, port=port, Content_Type="application/json")
                for port in (mlserver, rig.proxy.port)
            )
            assert direct.status == through.status == 200
            assert through.json["outputs"] == direct.json["outputs"]
        bad = json.dumps({"inputs": [{**ROWS["inputs"][0], "shape": [2, 3]}]}).encode()
        failed = request("POST", "/v2/models/iris/infer", bad, port=rig.proxy.port, Content_Type="application/json")
        assert failed.status >= 400
        found = rig.settled()
        assert of_model(found, "predictions_total", "iris", "v2") == 6
        assert of_model(found, "requests_total", "iris", "v2") == 3
        assert sum(value for name, value in found.items() if name.startswith("driftgauge_request_failures_total")) == 1
        assert request("GET", "/v2/health/ready", port=rig.proxy.port).status == 200
