"""Units: numbers as Grafana would write them, more or less."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["spell"]


def spell(value: float, unit: str, decimals: float | None = None) -> str:
    """Write a value in its unit."""
    if not math.isfinite(value):
        return "–"  # noqa: RUF001 - a dash for the eye
    if unit.startswith("suffix:"):
        return f"{_plain(value, decimals)} {unit.removeprefix('suffix:').strip()}"
    return _UNITS.get(unit, _plain)(value, decimals)


def _plain(value: float, decimals: float | None) -> str:
    if decimals is not None:
        return f"{value:,.{int(decimals)}f}"
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"


def _ratio(value: float, decimals: float | None) -> str:
    return f"{100 * value:.{int(decimals if decimals is not None else 2)}f} %"


def _seconds(value: float, decimals: float | None) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if abs(value) >= size:
            return f"{value / size:.1f} {name}"
    return f"{1000 * value:.3g} ms" if abs(value) < 1 else f"{value:.{int(decimals or 1)}f} s"


def _bytes(value: float, _: float | None) -> str:
    for size, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if abs(value) >= size:
            return f"{value / size:.1f} {name}"
    return f"{value:.0f} B"


def _rate(name: str) -> Callable[[float, float | None], str]:
    return lambda value, decimals: f"{_plain(value, decimals)} {name}"


_UNITS: dict[str, Callable[[float, float | None], str]] = {
    "percentunit": _ratio,
    "s": _seconds,
    "dtdurations": _seconds,
    "bytes": _bytes,
    "reqps": _rate("req/s"),
    "rowsps": _rate("rows/s"),
    "cps": _rate("/s"),
}
