"""Failures: how a request ended, in the few words by which failed requests are counted.

Guarantee: None for a request that went well, otherwise one of `FAILURES`, so a failure has one name whoever decides it:
the client, a model server's logger or a sender of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["FAILURES", "failure_of"]

#: reasons of failed requests
FAILURES = ("error", "timeout", "cancelled", "overloaded", "invalid_input")

_OK = ("", "ok", "success", "succeeded", "successful", "completed", "true", "0")
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    # gRPC status names and HTTP status codes stand beside the words people use
    "timeout": ("timeout", "timed_out", "time_out", "deadline_exceeded", "408", "504"),
    "cancelled": ("cancelled", "canceled", "aborted", "client_closed_request", "disconnected", "499"),
    "overloaded": (
        "overloaded",
        "overload",
        "resource_exhausted",
        "unavailable",
        "rate_limited",
        "too_many_requests",
        "queue_full",
        "429",
        "503",
    ),
    "invalid_input": (
        "invalid_input",
        "invalid",
        "invalid_argument",
        "bad_request",
        "validation_error",
        "out_of_range",
    ),
}
_REASONS: Mapping[str, str | None] = MappingProxyType(
    dict.fromkeys(_OK) | {word: reason for reason, words in _SYNONYMS.items() for word in words}
)
_HTTP_CLASSES: Mapping[str, str | None] = MappingProxyType({"2": None, "3": None, "4": "invalid_input"})


def failure_of(status: Any) -> str | None:
    """Return the reason of a failed request, None for one that went well.

    >>> failure_of("ok"), failure_of("DEADLINE_EXCEEDED"), failure_of(422), failure_of("on fire")
    (None, 'timeout', 'invalid_input', 'error')
    """
    if status is None:
        return None
    word = str(status).strip().lower().replace(" ", "_").replace("-", "_")[:32].removesuffix(".0")
    if word in _REASONS:
        return _REASONS[word]
    return _HTTP_CLASSES.get(word[0], "error") if word.isdigit() and len(word) == 3 else "error"
