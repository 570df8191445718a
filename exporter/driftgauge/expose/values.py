"""Values for JSON, which knows neither NaN nor infinity: both are null; statuses by their words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from driftgauge.drift import ALERT, OK, UNDECIDED, WARN

__all__ = ["STATUSES", "finite", "finite_all"]

STATUSES: Mapping[int, str] = MappingProxyType({UNDECIDED: "undecided", OK: "ok", WARN: "warn", ALERT: "alert"})


def finite(value: float) -> float | None:
    """Return *value* as a Python float, None where it is undefined or infinite."""
    value = float(value)
    return value if math.isfinite(value) else None


def finite_all(values: Iterable[float]) -> list[float | None]:
    """Return each of *values* as `finite` does."""
    return [finite(value) for value in values]
