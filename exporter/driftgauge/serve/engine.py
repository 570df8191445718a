"""Engine: runs the models between the event loop, one worker thread for counting and one for scoring.

A small body is decoded and counted on the loop; a large one, or one that may unpack to a large one, in the worker, so a
body never holds the loop for more than a few milliseconds. One lock guards the models' state; the loop never waits for it:
where it is taken, the body goes to the worker instead. Decoding needs no lock, and windows are summed under it but scored
without. What one model cannot do is counted and logged; it stops neither the others nor the scrape.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any, TypeVar

from driftgauge.batch import Batch
from driftgauge.config import Settings
from driftgauge.errors import ProfileError, StateError
from driftgauge.ingest import Decoded, NothingUsable
from driftgauge.model import Model, ModelView, Registry
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.profile import Reference
from driftgauge.serve.event_sink import EventSink
from driftgauge.serve.health import Health
from driftgauge.serve.incoming import Incoming, answer_of
from driftgauge.serve.logs import LOGGER, origin
from driftgauge.serve.memory import trim
from driftgauge.serve.refusal_log import RefusalLog
from driftgauge.serve.retries import Retries
from driftgauge.serve.scoring import score_waiting
from driftgauge.serve.tensor_budgets import TensorBudgets
from driftgauge.serve.untimely import untimely_of
from driftgauge.state import Mark, State

__all__ = ["Engine"]

T = TypeVar("T")

#: staged rows are counted at least this often
FLUSH_SECONDS = 1.0
#: freed memory is given back to the system so often
TRIM_SECONDS = 10
#: without a tick for so long a thread hangs; an evaluation takes milliseconds
STUCK_SECONDS = 120.0


class Engine:
    """All models, and the order in which things happen to them.

    Args:
        settings: the whole configuration.
        references: the profiles by path.
        clock: seconds since 1970.
        key: of the digests that stand for concealed categories.
    """

    def __init__(
        self,
        settings: Settings,
        references: Mapping[str, Reference],
        clock: Callable[[], float] = time.time,
        key: bytes = b"",
    ) -> None:
        self.health = Health()
        self.clock = clock
        self.settings = settings
        self._event_clocks = _has_event_clock(settings)
        self.registry = Registry(settings, references, key, _registered)
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "driftgauge-count")
        self._scorer = ThreadPoolExecutor(1, "driftgauge-score")
        self._retries = Retries()
        self.tensors = TensorBudgets(lambda key: self.registry.at(key) is not None)
        self.events = EventSink(lambda: self.settings, self.observe, self.tensors)
        self.refusals = RefusalLog(self.health, self.events, time.monotonic)
        self._ticking: asyncio.Task[None] | None = None
        self._ticked = time.monotonic()

    def configure(self, settings: Settings, references: Mapping[str, Reference], key: bytes = b"") -> None:
        """Take a new configuration."""
        with self._lock:
            self.registry.configure(settings, references, key)
            self.settings = settings
            self._event_clocks = _has_event_clock(settings)

    @property
    def stuck_seconds(self) -> float:
        """How long the evaluation has been overdue; 0 while everything moves."""
        overdue = time.monotonic() - self._ticked
        return overdue if self._ticking is not None and overdue > STUCK_SECONDS else 0.0

    def start(self) -> None:
        """Begin to evaluate; call inside the event loop."""
        self._ticked = time.monotonic()
        self._ticking = asyncio.get_running_loop().create_task(self._tick_forever())

    async def stop(self) -> None:
        """Stop evaluating and let the threads finish what they have."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        await asyncio.to_thread(self.events.stop)
        self.refusals.report(last=True)
        for pool in (self._worker, self._scorer):
            await asyncio.to_thread(pool.shutdown)

    async def ingest(self, incoming: Incoming) -> Mapping[str, Any]:
        """Decode and count a body; return the answer's JSON.

        Raises:
            DecodeError: nothing of it can be used, or it is unknown where it belongs.
        """
        key = incoming.key
        if key is None:
            return await self._answered(incoming)
        return await self._retries.once(key, lambda: self._answered(incoming))

    def ingest_now(self, incoming: Incoming) -> Mapping[str, Any] | None:
        """Decode and count a body on the spot; None where it has to be waited for (`ingest`).

        Raises:
            DecodeError: nothing of it can be used, or it is unknown where it belongs.
        """
        key = incoming.key
        if key is None:
            return self._answered_now(incoming)
        return self._retries.once_now(key, lambda: self._answered_now(incoming))

    async def _answered(self, incoming: Incoming) -> Mapping[str, Any]:
        """Count a body and what is told of it; the counters of bodies are written on the loop alone."""
        answer = self._answered_now(incoming)
        if answer is not None:
            return answer
        started = time.perf_counter()
        try:
            decoded = await self._in(self._worker, self._count_in_worker, incoming)
        except Exception as error:
            self._failed(error, started)
            raise
        return self._told(incoming, decoded, started)

    def _answered_now(self, incoming: Incoming) -> Mapping[str, Any] | None:
        """Count a body here unless that would hold the loop, or the lock is taken."""
        # The event clock evaluates in step with the rows, and learning takes a thousand rows in at a time: tens of
        # milliseconds that are no work for the event loop.
        if self._event_clocks or self.registry.learning or not self._lock.acquire(blocking=False):
            return None
        started = time.perf_counter()
        try:
            decoded = incoming.decoded_now(self.settings, self.tensors)
            if decoded is None:
                return None
            self._observe(incoming, decoded)
        except Exception as error:
            self._failed(error, started)
            raise
        finally:
            self._lock.release()
        return self._told(incoming, decoded, started)

    def _told(self, incoming: Incoming, decoded: Decoded, started: float) -> Mapping[str, Any]:
        """Count what became of a body's rows, and return the answer's JSON."""
        self.health.took(time.perf_counter() - started)
        kind = incoming.content_type.partition(";")[0].strip().lower()
        self.health.batches[kind] += 1
        self.health.rows[kind] += decoded.accepted
        self.health.rejected.update(decoded.rejected_reasons)
        return answer_of(decoded, untimely_of(incoming, decoded, self.settings, self.clock))

    def _failed(self, error: Exception, started: float) -> None:
        self.health.took(time.perf_counter() - started)
        if isinstance(error, NothingUsable):
            self.health.rejected.update(error.rejected_reasons)

    def observe(self, name: str, version: str, batch: Batch, *, register: bool = True) -> None:
        """Count a batch of a model, which may *register* itself by that; for threads of their own, which wait for the lock.

        Raises:
            DecodeError: the model has no name, or is unknown where it may not register itself.
        """
        with self._lock:
            model = self.registry.find(name, version) if register else self.registry.known(name, version)
            model.observe(batch, self.clock())
            if model.settings.clock == "event":
                self._guarded("evaluation failed", model, model.tick, self.clock())

    async def views(self) -> tuple[ModelView, ...]:
        """Return what can be told of every model now."""
        return await self._in(self._scorer, self._views)

    async def change(self, name: str, version: str, work: Callable[[Model, float], T]) -> T:
        """Do *work* with a model and the time, between two evaluations and while nothing is counted.

        Raises:
            DecodeError: there is no such model.
        """

        def locked() -> T:
            with self._lock:
                return work(self.registry.known(name, version), self.clock())

        return await self._in(self._scorer, locked)

    def models(self) -> tuple[tuple[str, str], ...]:
        """Return names and versions of all models."""
        with self._lock:
            return tuple((model.name, model.version) for model in self.registry.models)

    def freeze(self, key: tuple[str, str], unless: Mark | None = None) -> tuple[State, Mark] | None:
        """Return what a checkpoint keeps of a model, and its mark; None when that is *unless*, or there is nothing."""
        with self._lock:
            model = self.registry.at(key)
            mark = None if model is None else (weakref.ref(model), model.revision)
            if model is None or mark is None or mark == unless or (state := model.freeze(self.clock())) is None:
                return None
            return state, mark

    def thaw(self, key: tuple[str, str], state: State) -> bool:
        """Let a model go on from *state*, registering it if need be; False where it waits for a profile that cannot be read.

        Raises:
            StateError: the settings or the profile say now that something else is counted.
            ProfileError: the reference in it cannot be read.
            DecodeError: the model may not register itself, or there are too many.
        """
        with self._lock:
            registered = self.registry.at(key) is not None
            try:
                return self.registry.find(*key).thaw(state, self.clock())
            except (StateError, ProfileError):
                if not registered:
                    self.registry.forget(key)
                raise

    def on_scorer(self, work: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Run *work* in the scoring thread, after what is there already."""
        return self._in(self._scorer, work, *args)

    def _count_in_worker(self, incoming: Incoming) -> Decoded:
        decoded = incoming.decoded(self.settings, self.tensors)
        with self._lock:
            model = self._observe(incoming, decoded)
            if model.settings.clock == "event":
                self._guarded("evaluation failed", model, model.tick, self.clock())
        return decoded

    def _observe(self, incoming: Incoming, decoded: Decoded) -> Model:
        """Find the model and count; the lock is held."""
        name = incoming.model or decoded.model or ""
        version = incoming.version or decoded.version
        if incoming.labels:
            return self.registry.label(name, version, decoded.batch, self.clock())
        model = self.registry.find(name, version or DEFAULT_VERSION)
        model.observe(decoded.batch, self.clock())
        return model

    def _in(self, pool: ThreadPoolExecutor, work: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(pool, work, *args)

    def _views(self) -> tuple[ModelView, ...]:
        with self._lock:
            wall = self.clock()
            views = [self._guarded("view failed", model, model.view, wall) for model in self.registry.models]
        return tuple(view for view in views if view is not None)

    async def _tick_forever(self) -> None:
        for second in count(1):
            self.refusals.report()
            await self._in(self._scorer, self._tick)
            self._ticked = time.monotonic()
            if second % TRIM_SECONDS == 0:
                await self._in(self._scorer, trim)
            await asyncio.sleep(FLUSH_SECONDS)

    def _tick(self) -> None:
        """Count what is staged and evaluate what is due on the wall clock."""
        started = time.perf_counter()
        with self._lock:
            models = self.registry.models
        evaluated = [self._guarded("evaluation failed", model, self._evaluate, model) for model in models]
        if any(evaluated):
            self.health.collect_seconds["evaluate"] = time.perf_counter() - started

    def _evaluate(self, model: Model) -> bool:
        """Evaluate one model if it is due; tell whether it was."""
        wall = self.clock()
        score_waiting(model, self._lock, wall)
        with self._lock:
            sums = model.collect(wall) if model.settings.clock == "wall" and model.due(wall) else None
        if sums is not None:
            model.evaluate(sums)
        return sums is not None

    def _guarded(self, what: str, model: Model, work: Callable[..., T], *args: Any) -> T | None:
        """Do *work* for one model; a failure is its own, not the others'."""
        try:
            return work(*args)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other models go on
            self.health.collect_errors += 1
            LOGGER.error(what, extra={"model": model.name, "version": model.version, "error": origin(error)})
            return None


def _registered(name: str, version: str) -> None:
    LOGGER.info("model registered itself", extra={"model": name, "version": version})


def _has_event_clock(settings: Settings) -> bool:
    return any(model.clock == "event" for model in (settings.defaults, *settings.models))
