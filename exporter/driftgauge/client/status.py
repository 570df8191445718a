"""Status: how a request ended that raised; an exception is never inspected beyond its type."""

from __future__ import annotations

import asyncio

__all__ = ["failure_by_exception"]


def failure_by_exception(kind: type[BaseException] | None) -> str | None:
    """Return the reason of a failure by the type of what was raised."""
    if kind is None:
        return None
    if issubclass(kind, TimeoutError):
        return "timeout"
    if issubclass(kind, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt | SystemExit | ConnectionError):
        return "cancelled"
    return "overloaded" if issubclass(kind, MemoryError) else "error"
