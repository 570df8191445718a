"""Entries that are no rows: calls that only count, labels, and bodies that the thread is to read.

Rows are plain tuples (`rows.Entry`), because making one takes 30 ns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Counted", "Deferred", "Label"]


@dataclass(frozen=True, slots=True)
class Counted:
    """A request, or a call within one, of which no row is sent."""

    rows: int
    requests: int
    latency_s: Any = None
    status: Any = None


@dataclass(frozen=True, slots=True)
class Label:
    """The truth about a prediction, known later."""

    id: Any
    label: Any
    ts: Any = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """A request whose rows are found by *read* in the thread; it returns the arguments of `log`, None for none."""

    read: Callable[[], dict[str, Any] | None]
    latency_s: float
    status: Any = None
