"""Traffic: rows of a model with two versions, sound or drifted, sent to exporters until told to stop."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.request
from typing import Any

import numpy as np

__all__ = ["Traffic", "post", "rows"]

ROWS = 200
#: seconds between two bodies
PERIOD = 0.1


def post(url: str, document: Any) -> None:
    body = json.dumps(document).encode()
    with urllib.request.urlopen(
        urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=5
    ) as answer:
        answer.read()


def rows(draws: np.random.Generator, count: int, *, drifted: bool) -> dict[str, list[Any]]:
    """Return columns of rows; the amounts of drifted ones are a standard deviation and a half higher."""
    amounts = draws.normal(100 + 30 * drifted, 20, count).round(3)
    return {"amount": amounts.tolist(), "plan": draws.choice(["basic", "gold"], count, p=[0.7, 0.3]).tolist()}


class Traffic(threading.Thread):
    """Sends rows to every pod: version 1 to all, a tenth of it to version 2 as well."""

    def __init__(self, ports: list[int]) -> None:
        super().__init__(daemon=True)
        self.ports = ports
        self.drifted = False
        self.stopping = threading.Event()

    def run(self) -> None:
        draws = np.random.default_rng(5)
        while not self.stopping.wait(PERIOD):
            for port in self.ports:
                for version, count in (("1", ROWS), ("2", ROWS // 5)):
                    columns = rows(draws, count, drifted=self.drifted)
                    body = {
                        "columns": columns,
                        "prediction": draws.integers(0, 2, count).tolist(),
                        "latency_s": 0.02,
                    }
                    with contextlib.suppress(OSError):
                        post(f"http://127.0.0.1:{port}/v1/models/fraud/versions/{version}/observations", body)
