"""A small model server: scikit-learn behind the standard library's HTTP server, told to driftgauge.

`POST /predict` with {"rows": [{"age": 41, "income": 21000, "debt_ratio": 0.3}, ...]} answers {"approved": [1], "p_yes": [0.81]};
`GET /ready` is for the readiness probe. What concerns driftgauge are the lines that say `monitor` or `request.log`.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import joblib
import numpy as np

import driftgauge

COLUMNS = ("age", "income", "debt_ratio")
MODEL = joblib.load(Path(os.environ.get("MODEL_PATH", "/opt/example/credit.joblib")))

monitor = driftgauge.Monitor("credit", version="1", columns=list(COLUMNS))


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Say that the model is loaded."""
        self._answer(200 if self.path == "/ready" else 404, {})

    def do_POST(self) -> None:
        """Predict."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/predict":
            self._answer(404, {"error": "unknown path"})
            return
        try:
            features = np.array([[row[name] for name in COLUMNS] for row in json.loads(body)["rows"]], dtype=float)
            with monitor.request() as request:
                chances = MODEL.predict_proba(features)
                approved = chances.argmax(axis=1)
                request.log(features=features, prediction=approved, proba=chances)
        except (KeyError, TypeError, ValueError) as error:
            self._answer(400, {"error": str(error)})
            return
        self._answer(200, {"approved": approved.tolist(), "p_yes": chances[:, 1].round(4).tolist()})

    def _answer(self, status: int, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet: requests are in the metrics."""


def main() -> None:
    """Serve until SIGTERM, then let the monitor send what it still has."""
    server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    monitor.close(timeout=5.0)


if __name__ == "__main__":
    main()
