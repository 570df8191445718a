"""The ingest listener: observations in, and what changes state. Answers as in docs/ingest.md."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from driftgauge.errors import ConfigError, DecodeError
from driftgauge.ingest import NothingUsable
from driftgauge.serve.engine import Engine, Incoming
from driftgauge.serve.logs import LOGGER

__all__ = ["ingest_app"]

RETRY_SECONDS = 1
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def ingest_app(engine: Engine, reload: Callable[[], Awaitable[None]]) -> web.Application:
    """Make the application of the ingest listener."""
    listener = _Ingest(engine)
    app = web.Application(client_max_size=0)
    app.router.add_post("/v1/observations", listener.observations)
    app.router.add_post("/v1/models/{model}/observations", listener.observations)
    app.router.add_post("/v1/models/{model}/versions/{version}/observations", listener.observations)
    app.router.add_post("/-/reload", _reloader(reload))
    app.router.add_get("/-/healthy", healthy)
    return app


async def healthy(_: web.Request) -> web.Response:
    """Tell that the process answers."""
    return web.Response(text="healthy\n")


def problem(status: int, reason: str, detail: str, **more: Any) -> web.Response:
    """Return an RFC 9457 problem."""
    body = {"title": reason, "status": status, "detail": detail, "reason": reason, **more}
    return web.json_response(body, status=status, content_type="application/problem+json", dumps=_dumps)


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _reloader(reload: Callable[[], Awaitable[None]]) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        try:
            await reload()
        except ConfigError as error:
            return problem(400, "config", str(error))
        return web.Response(text="reloaded\n")

    return handle


class _Ingest:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def observations(self, request: web.Request) -> web.Response:
        """Take one body in, or say why not."""
        health = self._engine.health
        held = 0
        try:
            if not health.counting:
                raise DecodeError("config_invalid", "the configuration cannot be used; nothing is counted until it is mended")
            self._check_size(request.content_length or 0)
            chunks = []
            async for chunk in request.content.iter_any():
                held += len(chunk)
                health.queue_bytes += len(chunk)
                self._check_size(held)
                chunks.append(chunk)
            answer = await self._engine.ingest(
                Incoming(
                    b"".join(chunks),
                    request.headers.get("Content-Type", ""),
                    request.headers.get("Inference-Header-Content-Length"),
                    request.match_info.get("model"),
                    request.match_info.get("version"),
                    request.headers.get("Idempotency-Key"),
                )
            )
        except DecodeError as error:
            return self._refuse(error)
        finally:
            health.queue_bytes -= held
        return web.json_response(answer, status=202, dumps=_dumps)

    def _check_size(self, size: int) -> None:
        limits = self._engine.settings.limits
        if size > limits.body_bytes:
            raise DecodeError("too_large", f"the body is over limits.body_bytes ({limits.body_bytes})")
        if self._engine.health.queue_bytes > limits.queue_bytes:
            raise DecodeError("queue_full", f"limits.queue_bytes ({limits.queue_bytes}) are waiting already")

    def _refuse(self, error: DecodeError) -> web.Response:
        self._engine.health.dropped[error.reason] += 1
        LOGGER.debug("body refused", extra={"reason": error.reason, "detail": str(error)})
        more: dict[str, Any] = {}
        if isinstance(error, NothingUsable):
            more = {"accepted": 0, "rejected": error.rejected, "errors": [e.as_dict() for e in error.errors]}
        elif error.field is not None:
            more = {"field": error.field}
        response = problem(error.status, error.reason, str(error), **more)
        if error.status == 429:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response
