"""Admission: whether a body may be received or go on arriving, and what is said where it may not.

What senders can hold is bounded: bytes of bodies (`limits.queue_bytes`) and bodies at a time (`MOST_WAITING`). Every refusal
has a reason, and whoever asks here counts it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from aiohttp import web

from driftgauge.errors import DecodeError
from driftgauge.ingest import NothingUsable
from driftgauge.serve.engine import Engine
from driftgauge.serve.logs import LOGGER
from driftgauge.serve.problems import problem

__all__ = ["MOST_WAITING", "Waiting", "check_size", "refused"]

RETRY_SECONDS = 1
#: a waiting request costs some 20 KB beside its bytes
MOST_WAITING = 4_096

_CHECKED = "the configuration cannot be used; nothing is counted until it is mended"


def check_size(engine: Engine, size: int) -> None:
    """Raise `DecodeError` when a body of *size* bytes must not go on."""
    health, limits = engine.health, engine.settings.limits
    if not health.counting:
        raise DecodeError("config_invalid", _CHECKED)
    if size > limits.body_bytes:
        raise DecodeError("too_large", f"the body is over limits.body_bytes ({limits.body_bytes})")
    if health.queue_bytes + engine.events.queued_bytes > limits.queue_bytes:
        raise DecodeError("queue_full", f"limits.queue_bytes ({limits.queue_bytes}) are waiting already")
    if health.waiting > MOST_WAITING:
        raise DecodeError("queue_full", f"{MOST_WAITING} bodies are waiting already")


class Waiting:
    """The part that a body has in what waits, from its head to its answer.

    Args:
        engine: whose bodies are bounded.
    """

    __slots__ = ("_engine", "size")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.size = 0
        engine.health.waiting += 1

    def add(self, size: int) -> None:
        """Let bytes that have come count; raise `DecodeError` when the body must not go on."""
        self.size += size
        self._engine.health.queue_bytes += size
        check_size(self._engine, self.size)

    def end(self) -> None:
        """Wait no more."""
        self._engine.health.waiting -= 1
        self._engine.health.queue_bytes -= self.size


def refused(engine: Engine, error: DecodeError, dropped: Counter[str]) -> web.Response:
    """Count a body that is refused, and return its answer."""
    dropped[error.reason] += 1
    engine.health.refused(engine.clock(), error.reason, error.field or "")
    return _refusal(error)


def _refusal(error: DecodeError) -> web.Response:
    LOGGER.debug("body refused", extra={"reason": error.reason, "status": error.status})
    more: dict[str, Any] = {}
    if isinstance(error, NothingUsable):
        more = {"accepted": 0, "rejected": error.rejected, "errors": [e.as_dict() for e in error.errors]}
    elif error.field is not None:
        more = {"field": error.field}
    response = problem(error.status, error.reason, str(error), **more)
    if error.status == 429:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
