"""Record what MLServer answers for a scikit-learn model: tests/data/mlserver.json, the golden bodies of tests/ingest/test_peers.py.

Needs the development environment here, and MLServer in an environment of its own, where it serves a logistic regression of
the Iris data called `iris`, version `v1.2`:

    pip install mlserver mlserver-sklearn
    python -c "import joblib; from sklearn import datasets, linear_model as l; d = datasets.load_iris();
    joblib.dump(l.LogisticRegression(max_iter=1000).fit(d.data, d.target), 'model.joblib')"
    echo '{"name": "iris", "version": "v1.2", "implementation": "mlserver_sklearn.SKLearnModel",
    "parameters": {"uri": "./model.joblib"}}' > model-settings.json
    mlserver start .

Then: python scripts/record_mlserver.py http://127.0.0.1:8080
"""

from __future__ import annotations

import base64
import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

TARGET = Path(__file__).parents[1] / "tests" / "data" / "mlserver.json"
ROWS = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3], [5.9, 3.0, 4.2, 1.5]])


def main() -> None:
    """Ask for classes, probabilities and an error; MLServer 1.7 answers binary tensors with an error of its own."""
    server = sys.argv[1]
    answered = {
        name: _asked(server, outputs, rows)
        for name, outputs, rows in (
            ("classes", ["predict"], ROWS),
            ("probabilities", ["predict_proba"], ROWS),
            ("both", ["predict", "predict_proba"], ROWS),
            ("an error", ["predict"], ROWS[:, :2]),
        )
    }
    TARGET.write_text(json.dumps({"server": _metadata(server), "exchanges": answered}, indent=1) + "\n", "utf-8")


def _metadata(server: str) -> Any:
    with urllib.request.urlopen(f"{server}/v2") as response:  # noqa: S310 - the address is the caller's
        return json.load(response)


def _asked(server: str, outputs: list[str], rows: Any) -> dict[str, Any]:
    tensor = InferInput("input-0", list(rows.shape), "FP64")
    tensor.set_data_from_numpy(rows, binary_data=False)
    wanted = [InferRequestedOutput(name, binary_data=False) for name in outputs]
    body, _ = InferenceServerClient.generate_request_body([tensor], outputs=wanted)
    content = body.encode() if isinstance(body, str) else body
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{server}/v2/models/iris/infer", content, headers)  # noqa: S310 - as above
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310 - as above
            status, answer = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, answer = error.code, error.read()
    bodies = {"request": base64.b64encode(content).decode(), "response": base64.b64encode(answer).decode()}
    return {"status": status, **bodies}


if __name__ == "__main__":
    main()
