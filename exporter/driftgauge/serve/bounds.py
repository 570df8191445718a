"""Bounds of bodies, as the settings have them."""

from __future__ import annotations

from driftgauge.ingest import Limits
from driftgauge.listening import LimitSettings

__all__ = ["bounds_of"]


def bounds_of(limits: LimitSettings) -> Limits:
    """Return the bounds of one body, whose columns may be as many as a model's: what is unknown of them is counted, not refused."""
    columns = max(limits.columns, Limits().columns)
    return Limits(body_bytes=limits.body_bytes, rows=limits.body_rows, columns=columns)
