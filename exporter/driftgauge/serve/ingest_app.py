"""The ingest listener: observations in, and what changes state. Answers as in docs/ingest.md.

What senders can hold is bounded (`serve/admission.py`), and so is the time a body may take to arrive (`limits.body_seconds`).
Every refusal moves `driftgauge_ingest_dropped_total`. Events of loggers come here only where `EventConnection` does not
take them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from driftgauge.errors import ConfigError, DecodeError
from driftgauge.ingest.cloud_event import PREFIX
from driftgauge.serve.admission import check_size, refusal
from driftgauge.serve.baseline import baseline_handler
from driftgauge.serve.engine import Engine, Incoming
from driftgauge.serve.event_connection import INTAKE, Intake
from driftgauge.serve.event_sink import Arrived
from driftgauge.serve.health import ABORTED, INTERNAL, SLOW, Health
from driftgauge.serve.problems import LISTENER, Handler, error_middleware, problem

__all__ = ["healthy", "ingest_app"]


def ingest_app(
    engine: Engine, reload: Callable[[], Awaitable[None]], *, arrival_seconds: float | None = None
) -> web.Application:
    """Make the application of the ingest listener; bodies may take `limits.body_seconds` unless something else is given."""
    listener = _Ingest(engine, arrival_seconds)
    app = web.Application(client_max_size=0, middlewares=[error_middleware])
    app[LISTENER] = "ingest"
    app.router.add_post("/v1/observations", listener.observations)
    app.router.add_post("/v1/models/{model:[^/]+}/observations", listener.observations)
    app.router.add_post("/v1/models/{model:[^/]+}/versions/{version:[^/]+}/observations", listener.observations)
    app.router.add_post("/v1/labels", listener.labels)
    app.router.add_post("/v1/models/{model:[^/]+}/labels", listener.labels)
    app.router.add_post("/v1/models/{model:[^/]+}/versions/{version:[^/]+}/labels", listener.labels)
    app.router.add_post("/v1/models/{model}/versions/{version}/baseline", baseline_handler(engine))
    if path := engine.settings.kserve.path:
        app.router.add_post(path, listener.events)
        app[INTAKE] = Intake(engine, path)  # takes most of them before they come here
    app.router.add_post("/-/reload", _reloader(reload))
    app.router.add_get("/-/healthy", healthy(engine))
    return app


def healthy(engine: Engine) -> Handler:
    """Make the handler that tells whether the process works: it answers, and its threads move."""

    async def handle(_: web.Request) -> web.Response:
        if seconds := engine.stuck_seconds:
            return web.Response(status=503, text=f"nothing has been evaluated for {seconds:.0f} seconds\n")
        return web.Response(text="healthy\n")

    return handle


def _reloader(reload: Callable[[], Awaitable[None]]) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        try:
            await reload()
        except ConfigError as error:
            return problem(400, "config", str(error))
        return web.Response(text="reloaded\n")

    return handle


class _Ingest:
    def __init__(self, engine: Engine, arrival_seconds: float | None) -> None:
        self._engine = engine
        self._given_seconds = arrival_seconds

    @property
    def _arrival_seconds(self) -> float:
        return self._given_seconds or self._engine.settings.limits.body_seconds

    async def observations(self, request: web.Request) -> web.Response:
        """Take one body in, or say why not."""
        return await self._taken(request, self._observe, self._engine.health.dropped)

    async def labels(self, request: web.Request) -> web.Response:
        """Take one body of labels in, or say why not."""
        return await self._taken(request, self._label, self._engine.health.dropped)

    async def events(self, request: web.Request) -> web.Response:
        """Take an event of an inference logger in; it is read when it has been answered."""
        self._engine.events.received += 1
        return await self._taken(request, self._queue, self._engine.events.dropped)

    async def _observe(self, request: web.Request, body: bytes) -> web.Response:
        return web.json_response(await self._engine.ingest(_incoming(request, body)), status=202)

    async def _label(self, request: web.Request, body: bytes) -> web.Response:
        incoming = replace(_incoming(request, body), labels=True)
        return web.json_response(await self._engine.ingest(incoming), status=202)

    async def _queue(self, request: web.Request, body: bytes) -> web.Response:
        events = self._engine.events
        headers = {name.lower(): value for name, value in request.headers.items() if name[:3].lower() == PREFIX}
        events.put(Arrived(headers, request.headers.get("Content-Type", ""), body, events.clock()))
        return web.Response(status=202)

    async def _taken(
        self,
        request: web.Request,
        use: Callable[[web.Request, bytes], Awaitable[web.Response]],
        dropped: Counter[str],
    ) -> web.Response:
        """Receive a body and use it; what is lost is counted in *dropped*."""
        health = self._engine.health
        body = _Arriving(health)
        health.waiting += 1
        try:
            await self._receive(request, body)
            return await use(request, b"".join(body.chunks))
        except DecodeError as error:
            dropped[error.reason] += 1
            health.refused(self._engine.clock(), error.reason, error.field or "")
            return refusal(error)
        except TimeoutError:
            dropped[SLOW] += 1
            return problem(408, SLOW, f"the body did not arrive within {self._arrival_seconds:g} seconds")
        except (web.RequestPayloadError, ConnectionError):
            dropped[ABORTED] += 1
            return problem(400, ABORTED, "the body ended before its end")
        except Exception:
            dropped[INTERNAL] += 1
            raise
        finally:
            health.waiting -= 1
            health.queue_bytes -= body.size

    async def _receive(self, request: web.Request, body: _Arriving) -> None:
        check_size(self._engine, request.content_length or 0)
        async with asyncio.timeout(self._arrival_seconds):
            async for chunk in request.content.iter_any():
                body.add(chunk)
                check_size(self._engine, body.size)


class _Arriving:
    """A body as far as it has come; its bytes are in the queue."""

    def __init__(self, health: Health) -> None:
        self.chunks: list[bytes] = []
        self.size = 0
        self._health = health

    def add(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
        self.size += len(chunk)
        self._health.queue_bytes += len(chunk)


def _incoming(request: web.Request, body: bytes) -> Incoming:
    return Incoming(
        body,
        request.headers.get("Content-Type", ""),
        request.headers.get("Inference-Header-Content-Length"),
        request.match_info.get("model"),
        request.match_info.get("version"),
        request.headers.get("Idempotency-Key"),
    )
