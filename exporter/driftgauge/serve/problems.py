"""Problems: every error of both listeners as RFC 9457 JSON, also those that nobody foresaw."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from driftgauge.serve.logs import LOGGER, origin

__all__ = ["Handler", "error_middleware", "problem"]

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
        response = problem(error.status, (error.reason or "").lower().replace(" ", "_"), error.reason or "")
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception as error:  # noqa: BLE001 - a fault of ours must not be a fault of the connection
        route = request.match_info.route.resource
        where = "" if route is None else route.canonical
        LOGGER.error("request failed", extra={"route": where, "error": origin(error)})
        return problem(500, "internal", "the exporter failed; its log says where")
