"""Observing: what the ASGI and WSGI middleware have in common: which calls, bodies up to a limit, and the end of a call.

Memory: twice the limit for each call in flight.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from driftgauge.client.exchange import LIMIT_BYTES, PATHS, Extract, Message, read_exchange
from driftgauge.client.intake import Intake

if TYPE_CHECKING:
    from driftgauge.client.monitor import Monitor

__all__ = ["Body", "Exchange", "Observer"]

_HEADER_LENGTH = "inference-header-content-length"


class Observer:
    """An application around another.

    Args:
        app: the application.
        monitor: to be told.
        paths: paths that are inference calls; by default those of the open protocols, `/predict` and `/invocations`.
        extract: gets the parsed bodies of request and response, returns the arguments of `log`; runs in the thread.
        limit_bytes: larger bodies are counted, not read.
    """

    def __init__(
        self,
        app: Any,
        monitor: Monitor,
        *,
        paths: Iterable[str] | None = None,
        extract: Extract | None = None,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        self._app = app
        self._monitor = monitor
        self._intake = monitor._intake  # noqa: SLF001 - the integrations are the monitor's other half
        self._matches = PATHS.search if paths is None else frozenset(paths).__contains__
        self._extract = extract
        self._limit = limit_bytes

    def _observes(self, method: Any, path: str) -> bool:
        """Tell whether a call is an inference."""
        return method == "POST" and bool(self._matches(path))

    def _exchange(self) -> Exchange:
        """Make the record of one call."""
        return Exchange(self._intake, Body(self._limit), Body(self._limit), self._extract)


class Body:
    """The chunks of a body, forgotten when they are more than *limit* bytes.

    Attributes:
        headers: pairs of bytes or text.
    """

    def __init__(self, limit: int) -> None:
        self.headers: Iterable[tuple[Any, Any]] = ()
        self._chunks: list[bytes] = []
        self._room = limit

    def add(self, chunk: Any) -> None:
        """Remember a chunk; anything but bytes makes the body unreadable."""
        self._room -= len(chunk) if isinstance(chunk, bytes) else self._room + 1
        if self._room < 0:
            self._chunks = []
        elif chunk:
            self._chunks.append(chunk)

    @property
    def size(self) -> int:
        """Bytes that are remembered."""
        return sum(map(len, self._chunks))

    def message(self) -> Message:
        """Return the body with what its headers say of it."""
        if self._room < 0:
            return Message(None)
        length = next((_text(value) for name, value in self.headers if _text(name).lower() == _HEADER_LENGTH), None)
        return Message(b"".join(self._chunks), length)


class Exchange:
    """One call: begun, and ended once.

    Attributes:
        request: the request's body.
        response: the response's body.
        status: the response's, as far as it is known.
    """

    def __init__(self, intake: Intake, request: Body, response: Body, extract: Extract | None) -> None:
        self.request = request
        self.response = response
        self.status: Any = None
        self._intake = intake
        self._extract = extract
        self._ended = False

    def begin(self) -> float:
        """Count the call as in flight; return the time."""
        self._intake.buffer.in_flight += 1
        return perf_counter()

    def end(self, latency_s: float, failure: str | None = None) -> None:
        """Log the call."""
        if self._ended:
            return
        self._ended = True
        read = partial(_read, self.request, self.response, self._extract)
        status = failure if failure is not None else self.status
        self._intake.append_deferred(read, self.request.size + self.response.size, latency_s, status)


def _read(request: Body, response: Body, extract: Extract | None) -> Any:
    return read_exchange(request.message(), response.message(), extract)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
