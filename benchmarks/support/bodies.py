"""Bodies of every format from the same rows, and the rows themselves.

The columns are what tabular models see: a third normal, a third log-normal, a third uniform, 1 % missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["binary", "columns", "json_rows", "names", "table"]

Body = tuple[bytes, dict[str, str]]
Table = NDArray[np.float32]


def names(count: int) -> list[str]:
    """Return names of *count* columns."""
    return [f"feature_{number:03d}" for number in range(count)]


def table(rng: np.random.Generator, rows: int, columns: int) -> Table:
    """Return float32 [rows, columns]."""
    draws = (rng.standard_normal, lambda shape: rng.lognormal(size=shape), rng.random)
    values = np.stack([draws[number % 3](rows) for number in range(columns)], axis=1)
    values[rng.random(values.shape) < 0.01] = np.nan
    return values.astype(np.float32)


def binary(values: Table, timestamps: NDArray[np.float64] | None = None) -> Body:
    """Return an Open Inference Protocol v2 request with one binary tensor of named columns."""
    rows, width = values.shape
    parts = [(_tensor("x", "FP32", [rows, width], {"columns": names(width)}), values.tobytes())]
    if timestamps is not None:
        parts.append((_tensor("driftgauge.ts", "FP64", [rows], {}), timestamps.astype("<f8").tobytes()))
    for tensor, data in parts:
        tensor["parameters"]["binary_data_size"] = len(data)
    head = json.dumps({"inputs": [tensor for tensor, _ in parts]}).encode()
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    return head + b"".join(data for _, data in parts), headers


def json_rows(values: Table) -> Body:
    """Return a JSON list of observations."""
    keys = names(values.shape[1])
    rows = [{"features": dict(zip(keys, row, strict=True))} for row in _plain(values)]
    return json.dumps(rows).encode(), {"Content-Type": "application/json"}


def columns(values: Table) -> Body:
    """Return the compact JSON form, a list per column."""
    lists = dict(zip(names(values.shape[1]), map(list, zip(*_plain(values), strict=True)), strict=True))
    return json.dumps({"columns": lists}).encode(), {"Content-Type": "application/json"}


def _plain(values: Table) -> list[list[float | None]]:
    """Return Python floats of six digits, None for missing."""
    return [[None if math.isnan(value) else float(f"{value:.6g}") for value in row] for row in values.tolist()]


def _tensor(name: str, datatype: str, shape: list[int], parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": dict(parameters)}
