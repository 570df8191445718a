"""Engine: runs the models between the event loop, one worker thread for counting and one for scoring.

A small body is decoded and counted on the loop, a large one in the worker, so a body never holds the loop for more than a
few milliseconds. One lock guards the models' state; the loop never waits for it: where it is taken, the body goes to the
worker instead. Windows are summed under the lock and scored without it. Bodies waiting are bounded in bytes; beyond, they
are refused, and the sender is told when to come back.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from driftgauge.config import Settings
from driftgauge.errors import DecodeError
from driftgauge.ingest import Decoded, Limits, NothingUsable, decode
from driftgauge.model import Model, ModelView, Registry
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.profile import Reference
from driftgauge.serve.health import Health
from driftgauge.serve.logs import LOGGER

__all__ = ["Engine", "Incoming"]

T = TypeVar("T")

#: bodies up to this size are decoded and counted on the event loop: at most some 2 ms of JSON
INLINE_BYTES = 32 * 1024
#: answers remembered for retries with the same Idempotency-Key
REMEMBERED_ANSWERS = 10_000
#: staged rows are counted at least this often
FLUSH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Incoming:
    """One body with what its request said of it."""

    body: bytes
    content_type: str
    header_length: str | None = None
    model: str | None = None
    version: str | None = None
    idempotency_key: str | None = None


class Engine:
    """All models, and the order in which things happen to them.

    Args:
        settings: the whole configuration.
        references: the profiles by path.
        clock: seconds since 1970.
    """

    def __init__(
        self, settings: Settings, references: Mapping[str, Reference], clock: Callable[[], float] = time.time
    ) -> None:
        self.health = Health()
        self.clock = clock
        self.settings = settings
        self.registry = Registry(settings, references)
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "driftgauge-count")
        self._scorer = ThreadPoolExecutor(1, "driftgauge-score")
        self._answers: OrderedDict[tuple[str, ...], dict[str, Any]] = OrderedDict()
        self._ticking: asyncio.Task[None] | None = None

    def configure(self, settings: Settings, references: Mapping[str, Reference]) -> None:
        """Take a new configuration."""
        with self._lock:
            self.registry.configure(settings, references)
            self.settings = settings

    def start(self) -> None:
        """Begin to evaluate; call inside the event loop."""
        self._ticking = asyncio.get_running_loop().create_task(self._tick_forever())

    async def stop(self) -> None:
        """Stop evaluating and let the threads finish what they have."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        for pool in (self._worker, self._scorer):
            await asyncio.to_thread(pool.shutdown)

    async def ingest(self, incoming: Incoming) -> dict[str, Any]:
        """Decode and count a body; return the answer's JSON.

        Raises:
            DecodeError: nothing of it can be used, or it is unknown where it belongs.
        """
        key = self._retry_key(incoming)
        if key is not None and key in self._answers:
            return self._answers[key]
        started = time.perf_counter()
        try:
            answer = await self._count(incoming)
        except NothingUsable as error:
            self.health.rejected.update(error.rejected_reasons)
            raise
        finally:
            self.health.took(time.perf_counter() - started)
        if key is not None:
            self._answers[key] = answer
            if len(self._answers) > REMEMBERED_ANSWERS:
                self._answers.popitem(last=False)
        return answer

    async def views(self) -> tuple[ModelView, ...]:
        """Return what can be told of every model now."""
        return await self._in(self._scorer, self._views)

    def on_scorer(self, work: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Run *work* in the scoring thread, after what is there already."""
        return self._in(self._scorer, work, *args)

    async def _count(self, incoming: Incoming) -> dict[str, Any]:
        # The event clock evaluates in step with the rows, which is no work for the event loop.
        small = len(incoming.body) <= INLINE_BYTES and not self._on_event_clock(incoming)
        if small and self._lock.acquire(blocking=False):
            try:
                return self._take(incoming)
            finally:
                self._lock.release()
        return await self._in(self._worker, self._take_locked, incoming)

    def _take_locked(self, incoming: Incoming) -> dict[str, Any]:
        with self._lock:
            answer = self._take(incoming)
            for model in self.registry.models:
                if model.settings.clock == "event":
                    model.tick(self.clock())
        return answer

    def _take(self, incoming: Incoming) -> dict[str, Any]:
        """Decode, find the model, count; the lock is held."""
        limits = self.settings.limits
        configured = self.settings.model(incoming.model or "", incoming.version or DEFAULT_VERSION)
        decoded = decode(
            incoming.body,
            content_type=incoming.content_type,
            header_length=incoming.header_length,
            prediction_output=(configured or self.settings.defaults).outputs.prediction or None,
            limits=Limits(body_bytes=limits.body_bytes, rows=limits.body_rows),
        )
        name = incoming.model or decoded.model
        if not name:
            raise DecodeError("structure", "no model is named, neither in the path nor in the body")
        model = self.registry.find(name, incoming.version or decoded.version or DEFAULT_VERSION)
        model.observe(decoded.batch, self.clock())
        return self._answer(incoming, decoded)

    def _answer(self, incoming: Incoming, decoded: Decoded) -> dict[str, Any]:
        kind = incoming.content_type.partition(";")[0].strip().lower()
        self.health.batches[kind] += 1
        self.health.rows[kind] += decoded.accepted
        self.health.rejected.update(decoded.rejected_reasons)
        answer: dict[str, Any] = {"accepted": decoded.accepted, "rejected": decoded.rejected}
        if decoded.errors:
            answer["errors"] = [error.as_dict() for error in decoded.errors]
        return answer

    def _on_event_clock(self, incoming: Incoming) -> bool:
        configured = self.settings.model(incoming.model or "", incoming.version or DEFAULT_VERSION)
        return (configured or self.settings.defaults).clock == "event"

    @staticmethod
    def _retry_key(incoming: Incoming) -> tuple[str, ...] | None:
        if not incoming.idempotency_key:
            return None
        return (incoming.model or "", incoming.version or "", incoming.idempotency_key[:200])

    def _in(self, pool: ThreadPoolExecutor, work: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(pool, work, *args)

    def _views(self) -> tuple[ModelView, ...]:
        with self._lock:
            return tuple(model.view(self.clock()) for model in self.registry.models)

    async def _tick_forever(self) -> None:
        while True:
            await self._in(self._scorer, self._tick)
            await asyncio.sleep(FLUSH_SECONDS)

    def _tick(self) -> None:
        """Count what is staged and evaluate what is due on the wall clock."""
        started = time.perf_counter()
        with self._lock:
            models = self.registry.models
        evaluated = [self._evaluate(model) for model in models]
        if any(evaluated):
            self.health.collect_seconds["evaluate"] = time.perf_counter() - started

    def _evaluate(self, model: Model) -> bool:
        """Evaluate one model if it is due; a failure is its own, not the others'."""
        wall = self.clock()
        try:
            with self._lock:
                model.flush(wall)
                due = model.settings.clock == "wall" and model.due(wall)
                sums = model.collect(wall) if due else None
            if sums is not None:
                model.evaluate(sums)
        except Exception:
            self.health.collect_errors += 1
            LOGGER.exception("evaluation failed", extra={"model": model.name, "version": model.version})
            return False
        return sums is not None
