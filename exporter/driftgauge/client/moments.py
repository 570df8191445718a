"""Moments: event times as seconds since 1970.

Numbers are seconds; datetimes without a zone are UTC; texts are RFC 3339. Anything else is no time: the row then happens
when it is sent, and the mistake is told once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from driftgauge.client.values import plain

__all__ = ["moment_of"]


def moment_of(value: Any, note: Callable[[str, str], None]) -> float | None:
    """Return an event time, None for a missing or an unusable one."""
    moment = plain(value)
    if isinstance(moment, str):
        moment = _moment_of_text(moment)
        if moment is None:
            note(
                "ts", "ts is neither seconds since 1970, a datetime nor RFC 3339 with an offset; the row counts as now"
            )
    if moment is None or isinstance(moment, bool | list):
        return None
    seconds = float(moment)
    # the exporter refuses rows outside 1970..2200, as milliseconds are
    if 0 <= seconds <= 7_258_118_400:
        return seconds
    note("ts range", f"ts={seconds:g} is outside 1970..2200: seconds are expected, not milliseconds")
    return None


def _moment_of_text(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()
