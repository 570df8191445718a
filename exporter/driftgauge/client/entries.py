"""Entries: what waits in the buffer.

Rows are plain tuples, because making one takes 30 ns, in two forms of six:

    entry   features        prediction  class scores          further facts or None  requests that begin  size in bytes
    packed  array as bytes  prediction  array as bytes, None  latency or None        type of both arrays  size in bytes

A packed row is one array of numbers and a request of its own; its bytes take a third of the time of an array's copy. The
rest are calls that only count, labels, and bodies that the thread is to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypedDict

import numpy as np

from driftgauge.client.copying import OVERHEAD

__all__ = [
    "Call",
    "Counted",
    "Deferred",
    "Entry",
    "Facts",
    "Label",
    "Packed",
    "entry_of",
    "further",
    "is_packed",
    "unpacked",
]

Entry: TypeAlias = tuple[Any, Any, Any, Mapping[str, Any] | None, int, int]
Packed: TypeAlias = tuple[bytes, Any, bytes | None, Any, np.dtype[Any], int]


class Facts(TypedDict, total=False):
    """What may be said of a call beside its features, its answer and its latency."""

    logits: Any
    status: Any
    id: Any
    ts: Any
    label: Any
    segment: Any


def is_packed(entry: Entry | Packed) -> bool:
    """Tell which form a tuple has."""
    return type(entry[4]) is not int


def unpacked(row: Packed) -> Entry:
    """Return a packed row in the other form."""
    data, prediction, proba, latency_s, dtype, size = row
    scores = None if proba is None else np.frombuffer(proba, dtype)
    return (
        np.frombuffer(data, dtype),
        prediction,
        scores,
        None if latency_s is None else {"latency_s": latency_s},
        1,
        size,
    )


def entry_of(call: Entry | Packed) -> Entry:
    """Return either form as the first one."""
    return unpacked(call) if is_packed(call) else call  # type: ignore[arg-type,return-value]


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
Call: TypeAlias = Entry | Packed | Counted


def further(call: Call) -> Call:
    """Return a call as one more of a request that has begun before it."""
    if isinstance(call, Counted):
        return Counted(call.rows, 0, call.latency_s, call.status)
    features, prediction, proba, more, _, size = entry_of(call)
    return features, prediction, proba, more, 0, size


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
