"""ASGI middleware: inference calls of an application such as FastAPI, seen from outside.

Guarantee: messages pass at once and unchanged; of bodies the bytes objects are remembered up to a limit, nothing is copied
or parsed before the response has gone. If observing fails, the call goes on and the mistake is told once.
Cost: about 5 us a call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from driftgauge.client.exchange import LIMIT_BYTES, Extract
from driftgauge.client.observing import Body, Exchange, matcher
from driftgauge.client.status import failure_by_exception

if TYPE_CHECKING:
    from driftgauge.client.monitor import Monitor

__all__ = ["Middleware"]

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Middleware:
    """An ASGI application around another.

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
        self._intake = monitor._intake  # noqa: SLF001 - the integrations are the monitor's other half
        self._matches = matcher(paths)
        self._extract = extract
        self._limit = limit_bytes

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass a call on; observe it when it is an inference."""
        if scope.get("type") != "http" or scope.get("method") != "POST" or not self._matches(scope.get("path", "")):
            await self._app(scope, receive, send)
            return
        request, response = Body(self._limit), Body(self._limit)
        request.headers = scope.get("headers", ())
        exchange = Exchange(self._intake, request, response, self._extract)

        async def received() -> Any:
            message = await receive()
            if message.get("type") == "http.request":
                request.add(message.get("body", b""))
            return message

        async def sent(message: Any) -> None:
            if message.get("type") == "http.response.start":
                exchange.status = message.get("status")
                response.headers = message.get("headers", ())
            elif message.get("type") == "http.response.body":
                response.add(message.get("body", b""))
            await send(message)

        started = exchange.begin()
        try:
            await self._app(scope, received, sent)
        except BaseException as error:
            exchange.end(perf_counter() - started, failure_by_exception(type(error)))
            raise
        exchange.end(perf_counter() - started)
