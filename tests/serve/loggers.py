"""Events as KServe's inference logger sends them, and what the exporter tells of them."""

from __future__ import annotations

import json
from typing import Any

from tests.serve.harness import Answer, Exporter, request

TYPE = "org.kubeflow.serving.inference."
V1_REQUEST, V1_RESPONSE = {"instances": [[5.1, 3.5], [4.9, 3.0]]}, {"predictions": [0, 1]}
_COUNTERS = ("received_events", "paired_events", "unpaired_events", "dropped_events", "rejected_events")


def headers(identity: str, kind: str, **changes: str) -> dict[str, str]:
    """Return the headers of one event in binary mode."""
    attributes = {
        "specversion": "1.0",
        "id": identity,
        "type": TYPE + kind,
        "source": "http://localhost:9081/",
        "inferenceservicename": "iris",
        "namespace": "shop",
        "component": "predictor",
        "endpoint": "default",
    } | changes
    return {f"ce-{name}": value for name, value in attributes.items()} | {"Content-Type": "application/json"}


def log(exporter: Exporter, identity: str, kind: str, body: Any = None, *, path: str = "/", **changes: str) -> Answer:
    """Send one event on a connection of its own."""
    if body is None:
        body = V1_REQUEST if kind == "request" else V1_RESPONSE
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request("POST", path, content, port=exporter.port, **headers(identity, kind, **changes))


def counted(exporter: Exporter) -> dict[str, float]:
    """Return the counters of events that have moved, and how many wait."""
    found: dict[str, float] = {}
    for name, value in exporter.scrape().items():
        short = name.removeprefix("driftgauge_").replace("_events_total", "")
        if f"{short.partition('{')[0]}_events" in _COUNTERS and value:
            found[short] = value
        elif short == "pending_events" and value:
            found["pending"] = value
    return found
