"""Durations as Prometheus writes them: `90m` in, milliseconds, `1h30m` out."""

from __future__ import annotations

import re

__all__ = ["milliseconds", "text"]

_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PART = re.compile(r"(\d+)(ms|[wdhms])")


def milliseconds(duration: str) -> int:
    """Return the length of a duration.

    >>> milliseconds("1h30m")
    5400000
    """
    parts = _PART.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"expected a duration such as 90m or 1h30m, got {duration!r}")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def text(length: float) -> str:
    """Write a number of milliseconds as a duration, at least one.

    >>> text(5_400_000)
    '1h30m'
    """
    rest, parts = max(round(length), 1), []
    for unit, size in list(_UNITS.items())[1:]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
