"""Status: how a request ended, in the words that the exporter counts failures by.

Guarantee: None for a request that went well, otherwise a word of `ingest.FAILURES`, so that a failure has one name whoever
decides it; an exception is never inspected beyond its type.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

__all__ = ["failure_by_exception", "failure_by_status"]

_WELL = ("", "ok", "success", "succeeded", "successful", "completed", "true", "0")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "timeout": ("timeout", "timed_out", "time_out", "deadline_exceeded", "408", "504"),
    "cancelled": ("cancelled", "canceled", "aborted", "client_closed_request", "disconnected", "499"),
    "overloaded": (
        "overloaded", "overload", "resource_exhausted", "unavailable", "rate_limited", "too_many_requests",
        "queue_full", "429", "503",
    ),
    "invalid_input": (
        "invalid_input", "invalid", "invalid_argument", "bad_request", "validation_error", "out_of_range",
    ),
}  # fmt: skip
_REASONS: Mapping[str, str | None] = dict.fromkeys(_WELL) | {w: reason for reason, ws in _WORDS.items() for w in ws}
_HTTP: Mapping[str, str | None] = {"2": None, "3": None, "4": "invalid_input"}


def failure_by_status(status: Any) -> str | None:
    """Return the reason of a failure, None when all went well.

    >>> failure_by_status("ok"), failure_by_status(504), failure_by_status("on fire")
    (None, 'timeout', 'error')
    """
    if status is None:
        return None
    word = str(status).strip().lower().replace(" ", "_").replace("-", "_")[:32].removesuffix(".0")
    if word in _REASONS:
        return _REASONS[word]
    return _HTTP.get(word[0], "error") if word.isdigit() and len(word) == 3 else "error"


def failure_by_exception(kind: type[BaseException] | None) -> str | None:
    """Return the reason of a failure by the type of what was raised."""
    if kind is None:
        return None
    if issubclass(kind, TimeoutError):
        return "timeout"
    if issubclass(kind, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt | SystemExit | ConnectionError):
        return "cancelled"
    return "overloaded" if issubclass(kind, MemoryError) else "error"
