"""Problems: every error of both listeners as RFC 9457 JSON, also those that nobody foresaw."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from driftgauge.serve.logs import LOGGER, origin

__all__ = ["LISTENER", "Handler", "error_middleware", "failure", "problem"]

#: under which an application says whether it is `metrics` or `ingest`
LISTENER = web.AppKey("listener", str)
#: what the other listener answers: beginnings of its paths -> where it is
_ELSEWHERE = {
    "metrics": (("/v1/", "/-/reload"), "the ingest listener (the Unix socket listen.socket, or listen.ingest)"),
    "ingest": (("/metrics", "/api/", "/-/ready"), "the metrics listener (listen.metrics)"),
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem(status: int, reason: str, detail: str, **more: Any) -> web.Response:
    """Return a problem; its text is ASCII, so that any name can stand in it."""
    body = {"title": reason, "status": status, "detail": detail, "reason": reason, **more}
    return web.json_response(body, status=status, content_type="application/problem+json", dumps=json.dumps)


@web.middleware
async def error_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what escapes a handler into a problem, and log where it came from."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        response = problem(error.status, (error.reason or "").lower().replace(" ", "_"), _detail(request, error))
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception as error:  # noqa: BLE001 - a fault of ours must not be a fault of the connection
        route = request.match_info.route.resource
        return failure("" if route is None else route.canonical, error)


def failure(route: str, error: Exception) -> web.Response:
    """Log where a fault of ours came from, and return its answer."""
    LOGGER.error("request failed", extra={"route": route, "error": origin(error)})
    return problem(500, "internal", "the exporter failed; its log says where")


def _detail(request: web.Request, error: web.HTTPException) -> str:
    """Say what is wrong, and who answers this where it is the other listener."""
    own = request.app.get(LISTENER, "")
    beginnings, where = _ELSEWHERE.get(own, ((), ""))
    if error.status == 404 and request.path.startswith(beginnings):
        return f"this is the {own} listener; {where} answers that"
    return error.reason or ""
