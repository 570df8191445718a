"""The principal components of a reference in its JSON: `{"columns", "means", "scales", "components"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from driftgauge.derive import Projection
from driftgauge.errors import ProfileError

__all__ = ["projection_record", "read_projection"]


def projection_record(projection: Projection) -> dict[str, Any]:
    """Return *projection* as plain values."""
    return {
        "columns": list(projection.columns),
        "means": projection.means.tolist(),
        "scales": projection.scales.tolist(),
        "components": projection.components.tolist(),
    }


def read_projection(record: Mapping[str, Any] | None) -> Projection | None:
    """Read what `projection_record` wrote.

    Raises:
        ProfileError: the parts do not fit one another.
    """
    if record is None:
        return None
    columns = tuple(map(str, record["columns"]))
    means, scales = (np.array(record[name], dtype=np.float64) for name in ("means", "scales"))
    components = np.array(record["components"], dtype=np.float64).reshape(-1, max(len(columns), 1))
    if len(means) != len(columns) or len(scales) != len(columns) or not np.all(scales > 0):
        raise ProfileError(f"projection: expected a mean and a scale > 0 for each of {len(columns)} columns")
    return Projection(columns, means, scales, components)
