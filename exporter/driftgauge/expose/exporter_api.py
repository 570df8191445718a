"""The exporter itself for the JSON API: what came in, what was refused and why, queues, checkpoints, listeners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from driftgauge.expose.exporter import ExporterView

__all__ = ["Refusal", "describe_exporter"]

Json = dict[str, Any]

#: when a body was refused (seconds since 1970), why, and which field was wrong; never what was in it
Refusal = tuple[float, str, str]


def describe_exporter(view: ExporterView, refusals: Iterable[Refusal] = ()) -> Json:
    """Answer `GET /api/v1/exporter`."""
    result: Json = _plain(asdict(view))
    for name in ("ingest_bounds", "ingest_counts"):
        del result[name]
    result["last_refusals"] = [
        {"time": time, "reason": reason, "field": field or None} for time, reason, field in refusals
    ]
    return result


def _plain(value: Any) -> Any:
    """Return *value* as JSON takes it: keys of several parts joined, arrays as lists."""
    if isinstance(value, dict):
        return {_key(key): _plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value


def _key(key: Any) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)
