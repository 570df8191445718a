"""The metrics listener: /metrics, health, the read-only API and a landing page. Nothing on it changes state.

A scrape is rendered in the scoring thread, one at a time, so that neither the event loop nor an evaluation is in its way.
"""

from __future__ import annotations

import time

from aiohttp import web

from driftgauge import __version__
from driftgauge.expose import (
    ExporterView,
    Exposition,
    Format,
    ProcessMetrics,
    describe_model,
    list_models,
    negotiate,
)
from driftgauge.model import ModelView
from driftgauge.serve.engine import Engine
from driftgauge.serve.health import INGEST_BUCKETS
from driftgauge.serve.ingest_app import healthy, problem
from driftgauge.serve.landing import landing_page

__all__ = ["metrics_app"]

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def metrics_app(engine: Engine) -> web.Application:
    """Make the application of the metrics listener."""
    listener = _Metrics(engine)
    app = web.Application()
    app.router.add_get("/", listener.landing)
    app.router.add_get("/metrics", listener.metrics)
    app.router.add_get("/-/healthy", healthy)
    app.router.add_get("/-/ready", listener.ready)
    app.router.add_get("/api/v1/models", listener.models)
    app.router.add_get("/api/v1/models/{model}/versions/{version}", listener.model)
    return app


class _Metrics:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._exposition = Exposition(engine.settings.limits)
        self._process = ProcessMetrics()

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer a scrape."""
        wanted = negotiate(",".join(request.headers.getall("Accept", [])))
        views = await self._engine.views()
        body = await self._engine.on_scorer(self._render, views, wanted)
        response = web.Response(body=body, headers={"Content-Type": wanted.content_type})
        response.enable_compression()
        return response

    async def ready(self, _: web.Request) -> web.Response:
        """Tell that the sockets are open and a configuration is in force."""
        if not self._engine.health.counting:
            return web.Response(status=503, text="the configuration cannot be used\n")
        return web.Response(text="ready\n")

    async def models(self, _: web.Request) -> web.Response:
        """List the models."""
        return web.json_response(list_models(await self._engine.views()))

    async def model(self, request: web.Request) -> web.Response:
        """Tell everything of one version of a model."""
        wanted = request.match_info["model"], request.match_info["version"]
        views = await self._engine.views()
        for view in views:
            if (view.name, view.version) == wanted:
                return web.json_response(await self._engine.on_scorer(describe_model, view))
        known = ", ".join(f"{view.name} version {view.version}" for view in views) or "none"
        return problem(404, "unknown_model", f"no model {wanted[0][:80]!r} version {wanted[1][:40]!r}; known: {known}")

    async def landing(self, _: web.Request) -> web.Response:
        """Show where everything is."""
        page = landing_page(list_models(await self._engine.views()), __version__)
        return web.Response(text=page, content_type="text/html", headers=_SECURITY_HEADERS)

    def _render(self, views: tuple[ModelView, ...], wanted: Format) -> bytes:
        started = time.perf_counter()
        self._exposition.limits = self._engine.settings.limits
        body = self._exposition.render(views, self._exporter(), wanted, self._process.text(wanted))
        self._engine.health.collect_seconds["render"] = time.perf_counter() - started
        return body

    def _exporter(self) -> ExporterView:
        health = self._engine.health
        return ExporterView(
            version=__version__,
            batches=dict(health.batches),
            rows=dict(health.rows),
            rejected_rows=dict(health.rejected),
            dropped=dict(health.dropped),
            queue_bytes=health.queue_bytes,
            queue_limit_bytes=self._engine.settings.limits.queue_bytes,
            ingest_bounds=INGEST_BUCKETS,
            ingest_counts=health.ingest_counts.copy(),
            ingest_seconds=health.ingest_sum,
            collect_seconds=sum(health.collect_seconds.values()),
            collect_errors=health.collect_errors,
            config_valid=health.config_valid,
            config_reload_success=health.reload_success,
            config_reload_time=health.reload_time,
        )
