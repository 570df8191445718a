"""The metrics listener: /metrics, health, the read-only API and the exporter's own page. Nothing on it changes state.

A scrape is rendered and compressed in the scoring thread, one at a time, so that neither the event loop nor an evaluation
is in its way.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from aiohttp import web

from driftgauge import __version__
from driftgauge.expose import (
    ExporterView,
    Exposition,
    Format,
    ListenerView,
    ProcessMetrics,
    negotiate,
)
from driftgauge.model import ModelView
from driftgauge.serve.api import Api
from driftgauge.serve.engine import Engine
from driftgauge.serve.guard.counts import ListenerCounts
from driftgauge.serve.health import INGEST_BUCKETS
from driftgauge.serve.ingest_app import healthy
from driftgauge.serve.page import Page
from driftgauge.serve.problems import LISTENER, error_middleware
from driftgauge.serve.shared import Shared

__all__ = ["metrics_app"]

T = TypeVar("T")

#: a scrape of 10,000 series takes 10 ms at this level and is a tenth of its size
_COMPRESSION = 1
#: of zlib: 32 KiB of memory, and the frame of gzip around it
_GZIP = 15 + 16


def metrics_app(engine: Engine) -> web.Application:
    """Make the application of the metrics listener."""
    listener = _Metrics(engine)
    app = web.Application(middlewares=[error_middleware])
    app[LISTENER] = "metrics"
    if engine.settings.listen.page:
        Page().add_routes(app.router)
    app.router.add_get("/metrics", listener.metrics)
    app.router.add_get("/-/healthy", healthy(engine))
    app.router.add_get("/-/ready", listener.ready)
    listener.api.add_routes(app.router)
    return app


class _Metrics:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._exposition = Exposition(engine.settings.limits)
        self._process = ProcessMetrics()
        self._bodies: Shared[bytes] = Shared()
        self.api = Api(engine, self._exporter)

    async def metrics(self, request: web.Request) -> web.Response:
        """Answer a scrape."""
        wanted = negotiate(",".join(request.headers.getall("Accept", [])))
        packed = _takes_gzip(",".join(request.headers.getall("Accept-Encoding", [])))
        body = await self._bodies.once((wanted, packed), lambda: self._scrape(wanted, packed))
        headers = {"Content-Type": wanted.content_type, "Vary": "Accept, Accept-Encoding"}
        return web.Response(body=body, headers=headers | ({"Content-Encoding": "gzip"} if packed else {}))

    async def _scrape(self, wanted: Format, packed: bool) -> bytes:  # noqa: FBT001 - of a request
        views = await self._engine.views()
        return await self._engine.on_scorer(self._counted, self._render, views, wanted, packed)

    async def ready(self, _: web.Request) -> web.Response:
        """Tell that the sockets are open and a configuration is in force."""
        if not self._engine.health.counting:
            return web.Response(status=503, text="the configuration cannot be used\n")
        return web.Response(text="ready\n")

    def _counted(self, work: Callable[..., T], *args: Any) -> T:
        try:
            return work(*args)
        except Exception:
            self._engine.health.collect_errors += 1
            raise

    def _render(self, views: tuple[ModelView, ...], wanted: Format, packed: bool) -> bytes:  # noqa: FBT001 - of a request
        started = time.perf_counter()
        self._exposition.limits = self._engine.settings.limits
        pieces = self._exposition.pieces(views, self._exporter(), wanted, self._process.text(wanted))
        body = b"".join(_packed(pieces) if packed else pieces)
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
            events=self._engine.events.view(),
            proxy=None if health.proxy is None else health.proxy(),
            checkpoints=health.checkpoints,
            status_file=health.status_file,
            listeners=tuple(_told(counts) for counts in health.listeners.values()),
            answers_shared=self._bodies.joined + self.api.views.joined,
        )


def _told(counts: ListenerCounts) -> ListenerView:
    return ListenerView(
        name=counts.name,
        scheme=counts.scheme,
        authentication=counts.authentication,
        insecure=counts.insecure,
        files_valid=counts.files_valid,
        open=counts.open,
        closed=dict(counts.closed),
        refused=dict(counts.refused),
    )


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_COMPRESSION, wbits=_GZIP)
    yield from map(packer.compress, pieces)
    yield packer.flush()


def _takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110 section 12.5.3)."""
    for entry in accept_encoding.lower().split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
