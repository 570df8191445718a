"""The ingest listener: observations in, and what changes state. Answers as in docs/ingest.md.

What senders can hold is bounded (`serve/admission.py`), and so is the time a body may take to arrive (`limits.body_seconds`).
Every refusal moves `driftgauge_ingest_dropped_total`. Bodies come here only where `DirectConnection` does not take them; the
answers are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from driftgauge.errors import ConfigError, DecodeError
from driftgauge.ingest.cloud_event import PREFIX
from driftgauge.serve.admission import Waiting, check_size, refused
from driftgauge.serve.baseline import baseline_handler
from driftgauge.serve.direct.answers import accepted
from driftgauge.serve.direct.connection import DIRECT, Direct
from driftgauge.serve.direct.routes import Routes
from driftgauge.serve.engine import Engine
from driftgauge.serve.health import ABORTED, INTERNAL, SLOW
from driftgauge.serve.intake import Asked, BodyIntake, EventIntake, Intake
from driftgauge.serve.problems import LISTENER, Handler, error_middleware, problem

__all__ = ["healthy", "ingest_app"]


def ingest_app(
    engine: Engine, reload: Callable[[], Awaitable[None]], *, arrival_seconds: float | None = None
) -> web.Application:
    """Make the application of the ingest listener; bodies may take `limits.body_seconds` unless something else is given."""
    receiver = _Receiver(engine, arrival_seconds)
    app = web.Application(client_max_size=0, middlewares=[error_middleware])
    app[LISTENER] = "ingest"
    routes = _routes(engine)
    for path, intake in routes:
        app.router.add_post(path, partial(receiver.receive, intake))
    app[DIRECT] = Direct(engine, Routes(routes))  # takes most of them before they come here
    app.router.add_post("/v1/models/{model}/versions/{version}/baseline", baseline_handler(engine))
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


def _routes(engine: Engine) -> list[tuple[str, Intake]]:
    """Return what takes bodies, by path."""
    model = "/v1/models/{model:[^/]+}"
    kinds = {"observations": BodyIntake(engine), "labels": BodyIntake(engine, labels=True)}
    routes: list[tuple[str, Intake]] = [
        (f"{before}/{kind}", intake)
        for kind, intake in kinds.items()
        for before in ("/v1", model, f"{model}/versions/{{version:[^/]+}}")
    ]
    if path := engine.settings.kserve.path:
        routes.append((path, EventIntake(engine)))
    return routes


class _Receiver:
    """Receives bodies from the web framework.

    Args:
        engine: counts them.
        arrival_seconds: how long a body may take to arrive, if not `limits.body_seconds`.
    """

    def __init__(self, engine: Engine, arrival_seconds: float | None) -> None:
        self._engine = engine
        self._given_seconds = arrival_seconds

    @property
    def _arrival_seconds(self) -> float:
        return self._given_seconds or self._engine.settings.limits.body_seconds

    async def receive(self, intake: Intake, request: web.Request) -> web.Response:
        """Take one body in, or say why not."""
        intake.begin()
        waiting = Waiting(self._engine)
        try:
            answer = intake.take(_asked(request), await self._received(request, waiting))
            return accepted(await answer if isinstance(answer, Awaitable) else answer)
        except DecodeError as error:
            return refused(self._engine, error, intake.dropped)
        except TimeoutError:
            intake.dropped[SLOW] += 1
            return problem(408, SLOW, f"the body did not arrive within {self._arrival_seconds:g} seconds")
        except (web.RequestPayloadError, ConnectionError):
            intake.dropped[ABORTED] += 1
            return problem(400, ABORTED, "the body ended before its end")
        except Exception:
            intake.dropped[INTERNAL] += 1
            raise
        finally:
            waiting.end()

    async def _received(self, request: web.Request, waiting: Waiting) -> bytes:
        check_size(self._engine, request.content_length or 0)
        chunks = []
        async with asyncio.timeout(self._arrival_seconds):
            async for chunk in request.content.iter_any():
                chunks.append(chunk)
                waiting.add(len(chunk))
        return b"".join(chunks)


def _asked(request: web.Request) -> Asked:
    headers = request.headers
    return Asked(
        headers.get("Content-Type", ""),
        headers.get("Inference-Header-Content-Length"),
        headers.get("Idempotency-Key"),
        request.match_info.get("model"),
        request.match_info.get("version"),
        {name.lower(): value for name, value in headers.items() if name[:3].lower() == PREFIX},
    )
