"""Entries: what waits in the buffer.

Rows are plain tuples, because making one takes 30 ns: features, prediction, class probabilities, further facts or None,
requests that begin with it (1 or 0), size in bytes. The rest are calls that only count, labels, and bodies that the thread
is to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

from driftgauge.client.copying import OVERHEAD

__all__ = ["Call", "Counted", "Deferred", "Entry", "Facts", "Label"]

Entry: TypeAlias = tuple[Any, Any, Any, Mapping[str, Any] | None, int, int]


class Facts(TypedDict, total=False):
    """What may be said of a call beside its features and its answer."""

    logits: Any
    latency_s: Any
    status: Any
    id: Any
    ts: Any
    label: Any
    segment: Any


@dataclass(frozen=True, slots=True)
class Counted:
    """A request, or a call within one, of which no row is sent."""

    rows: int
    requests: int = 1
    latency_s: Any = None
    status: Any = None

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return OVERHEAD


#: a call within a request that has not ended: its entry, or its mere count
Call: TypeAlias = Entry | Counted


@dataclass(frozen=True, slots=True)
class Label:
    """The truth about a prediction, known later."""

    id: Any
    label: Any
    ts: Any
    size: int


@dataclass(frozen=True, slots=True)
class Deferred:
    """A request whose rows are found by *read* in the thread; it returns the arguments of `log`, None for none."""

    read: Callable[[], Mapping[str, Any] | None]
    latency_s: float | None
    status: Any
    size: int
