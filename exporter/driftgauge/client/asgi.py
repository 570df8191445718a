"""ASGI middleware: inference calls of an application such as FastAPI, seen from outside.

Guarantee: messages pass at once and unchanged; of bodies the bytes objects are remembered up to a limit, nothing is copied
or parsed before the response has gone. If observing fails, the call goes on and the mistake is told once. When the
application shuts down, what waits is sent, because a server may end by the signal that it got, and then nothing runs after it.
Cost: about 5 us a call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from driftgauge.client.observing import Observer
from driftgauge.client.status import failure_by_exception

__all__ = ["Middleware"]

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

_ENDS = frozenset({"lifespan.shutdown.complete", "lifespan.shutdown.failed"})


class Middleware(Observer):
    """An ASGI application around another; arguments as those of `Observer`."""

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Pass a call on; observe it when it is an inference."""
        if scope.get("type") == "lifespan":
            await self._app(scope, receive, self._parting(send))
            return
        if scope.get("type") != "http" or not self._observes(scope.get("method"), scope.get("path", "")):
            await self._app(scope, receive, send)
            return
        exchange = self._exchange()
        request, response = exchange.request, exchange.response
        request.headers = scope.get("headers", ())

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

    def _parting(self, send: Send) -> Send:
        async def sent(message: Any) -> None:
            if message.get("type") in _ENDS:
                self._monitor._part()  # noqa: SLF001 - no call is under way any more that waiting could delay
            await send(message)

        return sent
