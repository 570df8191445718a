"""Numbers for JSON, which knows neither NaN nor infinity: both are null."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["finite", "finite_all"]


def finite(value: float) -> float | None:
    """Return *value* as a Python float, None where it is undefined or infinite."""
    value = float(value)
    return value if math.isfinite(value) else None


def finite_all(values: Iterable[float]) -> list[float | None]:
    """Return each of *values* as `finite` does."""
    return [finite(value) for value in values]
