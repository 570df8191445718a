"""Observer: exchanges that have passed become batches, in a thread of their own.

The event loop only puts an exchange into a queue. Guarantee: every exchange that is taken is counted with its model, or moves
`driftgauge_proxy_unobserved_total`; a fault costs one exchange. Memory: copies are part of `limits.queue_bytes`, from their first piece
until they have been decoded. The thread starts with the first exchange.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import Counter

from driftgauge.batch import Batch, Requests
from driftgauge.config import ModelSettings
from driftgauge.errors import DecodeError
from driftgauge.failures import failure_of
from driftgauge.ingest import Exchange as Inference
from driftgauge.ingest import Limits, Observed, decode_exchange
from driftgauge.ingest.generated import durations
from driftgauge.ingest.openai import Arrivals, OpenAICall, decode_openai
from driftgauge.ingest.unpacking import unpacked
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.serve.bounds import bounds_of
from driftgauge.serve.engine import Engine
from driftgauge.serve.logs import LOGGER, origin
from driftgauge.serve.proxy.counts import Counts
from driftgauge.serve.proxy.exchange import Copy, Exchange

__all__ = ["Observer"]

#: exchanges gather for so long before they are decoded together: waking a thread for each costs more than decoding it
GATHER_SECONDS = 0.01
#: how long the thread may take with what it has when it is to stop
STOP_SECONDS = 5.0
#: models whose version is remembered for requests that fail, whose responses name none
_MOST_VERSIONS = 1_000


class Observer:
    """Takes exchanges on the event loop and counts them in a thread.

    Args:
        engine: counts.
        counts: of the proxy.
        loop: the event loop.
    """

    def __init__(self, engine: Engine, counts: Counts, loop: asyncio.AbstractEventLoop) -> None:
        self._engine = engine
        self._counts = counts
        self._loop = loop
        self._queue: queue.SimpleQueue[tuple[Exchange, int] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._versions: dict[str, str] = {}

    @property
    def body_bytes(self) -> int:
        """Most bytes of one body's copy."""
        return self._engine.settings.proxy.body_bytes

    def reserve(self, size: int) -> bool:
        """Take memory for a piece of a copy; on the event loop."""
        health = self._engine.health
        if health.queue_bytes + size > self._engine.settings.limits.queue_bytes:
            return False
        health.queue_bytes += size
        return True

    def release(self, size: int) -> None:
        """Give memory back; on the event loop."""
        self._engine.health.queue_bytes -= size

    def take(self, exchange: Exchange) -> None:
        """Queue an exchange; on the event loop."""
        self._queue.put((exchange, exchange.cost))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="driftgauge-proxy", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let the thread finish what it has."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(STOP_SECONDS)

    def _work(self) -> None:
        entry = self._queue.get()
        while entry is not None:
            time.sleep(GATHER_SECONDS)
            released, lost = 0, Counter[str]()
            while entry is not None:
                exchange, cost = entry
                lost.update(self._observe(exchange))
                released += cost
                if self._queue.empty():
                    break
                time.sleep(0)  # lets the event loop forward between two exchanges
                entry = self._queue.get()
            self._tell(released, lost)
            entry = None if entry is None else self._queue.get()

    def _tell(self, released: int, lost: Counter[str]) -> None:
        """Account for what was decoded, on the event loop."""

        def account() -> None:
            self.release(released)
            self._counts.unobserved.update(lost)

        try:
            self._loop.call_soon_threadsafe(account)
        except RuntimeError:  # the loop has ended, and its numbers with it
            LOGGER.debug("observed after the end", extra={"lost": lost.total()})

    def _observe(self, exchange: Exchange) -> list[str]:
        """Count an exchange; return why parts of it could not be."""
        if not self._engine.health.counting:
            return ["config_invalid"]
        try:
            seen, failed = self._seen(exchange)
            self._count(exchange, seen, register=not failed)
        except DecodeError as error:
            return [] if exchange.lost else [error.reason]
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the thread
            LOGGER.error("exchange failed", extra={"error": origin(error)})
            return ["internal"]
        return [error.reason for error in seen.refused.values()]

    def _seen(self, exchange: Exchange) -> tuple[Observed, bool]:
        assert exchange.call is not None
        seconds = None if exchange.ended is None else exchange.ended - exchange.started
        failure = exchange.failure or failure_of(exchange.status) or ""
        if exchange.lost:
            failures = {failure: 1} if failure else {}
            return Observed(Batch(0, requests=Requests(1, durations([seconds]), failures))), bool(failure)
        if exchange.call.kind == "inference":
            return self._inference(exchange, seconds, failure), bool(failure)
        return self._generation(exchange, seconds), bool(failure)

    def _inference(self, exchange: Exchange, seconds: float | None, failure: str) -> Observed:
        assert exchange.call is not None
        model = self._settings_of(exchange)
        request, response = self._content(exchange.request)[0], b"" if failure else self._content(exchange.response)[0]
        inference = Inference(
            request or None,
            response or None,
            request_header_length=_header_length(exchange.request),
            response_header_length=_header_length(exchange.response),
            latency_seconds=seconds,
            failure=failure or None,
        )
        name = self._engine.settings.proxy.model or exchange.call.model
        return decode_exchange(
            inference,
            prediction_output=model.outputs.prediction or None,
            limits=self._limits(),
            reducer=self._engine.tensors.of(name, exchange.call.version or DEFAULT_VERSION, model),
        )

    def _generation(self, exchange: Exchange, seconds: float | None) -> Observed:
        assert exchange.call is not None
        request, _ = self._content(exchange.request)
        response, ends = self._content(exchange.response)
        call = OpenAICall(
            request=request,
            response=response,
            content_type=exchange.response.text(b"content-type"),
            status=exchange.status or exchange.failure,
            seconds=seconds,
            arrivals=Arrivals(ends, exchange.response.seconds),
            whole=exchange.ended is not None,
        )
        decoded = decode_openai(exchange.call.kind, call, self._limits())
        return Observed(decoded.batch, decoded.model)

    def _count(self, exchange: Exchange, seen: Observed, *, register: bool) -> None:
        assert exchange.call is not None
        name = self._engine.settings.proxy.model or exchange.call.model or seen.model or ""
        version = exchange.call.version or seen.version or self._versions.get(name, DEFAULT_VERSION)
        if seen.version and (name in self._versions or len(self._versions) < _MOST_VERSIONS):
            self._versions[name] = version
        self._engine.observe(name, version, seen.batch, register=register and not exchange.lost)

    def _settings_of(self, exchange: Exchange) -> ModelSettings:
        assert exchange.call is not None
        settings = self._engine.settings
        name = settings.proxy.model or exchange.call.model
        return settings.model(name, exchange.call.version or DEFAULT_VERSION) or settings.defaults

    def _content(self, copy: Copy) -> tuple[bytes, list[int]]:
        content, ends = unpacked(copy.pieces, copy.text(b"content-encoding"), limit=self._limits().body_bytes)
        return content, list(ends)

    def _limits(self) -> Limits:
        return bounds_of(self._engine.settings.limits)


def _header_length(copy: Copy) -> int | None:
    text = copy.text(b"inference-header-content-length").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None
