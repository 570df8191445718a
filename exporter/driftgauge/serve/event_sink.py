"""Event sink: events of inference loggers, answered before they are read and counted in a thread of their own.

The logger holds every event that is not answered in the memory of the model's pod, so the event loop only puts bytes into a
queue. The thread lets them gather for some milliseconds, reads, pairs and decodes them one by one, and counts those of a model
together; it alone waits for the lock of the models. Guarantee: every event moves one counter, or is pending: received = paired +
unpaired + dropped + rejected + pending. Each counter has one writer. Memory: the queue is part of `limits.queue_bytes`, waiting
halves take `kserve.pair_bytes`, `MOST_HELD` inferences are decoded and not counted. The thread starts with the first event.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from driftgauge.batch import Batch, Requests
from driftgauge.config import ModelSettings, Settings
from driftgauge.errors import DecodeError
from driftgauge.expose.events import EventsView
from driftgauge.ingest import REQUEST, RESPONSE, Exchange, Limits, decode_exchange
from driftgauge.ingest.cloud_event import Event, read_events
from driftgauge.ingest.pairing import DUPLICATE, EXPIRED, LATE, UNPAIRED, Pairing, Settled
from driftgauge.ingest.plain import plain_of
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.serve.bounds import bounds_of
from driftgauge.serve.held import Held, Key
from driftgauge.serve.logs import LOGGER, origin
from driftgauge.serve.tensor_budgets import TensorBudgets

__all__ = ["Arrived", "EventSink"]

#: the thread looks at what has expired at least this often
EXPIRY_SECONDS = 0.5
#: what waits in the queue costs this beside its body: headers and entry
OVERHEAD = 2_048
#: events gather for so long before they are read together: waking a thread, and counting, cost more than reading an event
GATHER_SECONDS = 0.05
#: events of so many bytes are read in one go: a large one, or some tenths of a millisecond
UNBROKEN_BYTES = 8 * OVERHEAD
#: inferences that are counted together at most
MOST_HELD = 256
#: names of models whose responses have been seen; beyond, unanswered requests are no failures
MOST_ANSWERING = 1_000
#: how long a thread that has to stop may take with what it has
STOP_SECONDS = 5.0

#: an inference, and which of its bodies could not be used
Entry = tuple[Settled, Mapping[str, DecodeError]]


class Arrived(NamedTuple):
    """One request of a logger: `ce-` headers with lower-case names, its content type, its body, and when it came."""

    headers: Mapping[str, str]
    content_type: str
    body: bytes
    at: float

    @property
    def size(self) -> int:
        """What it takes in memory, in bytes."""
        return len(self.body) + OVERHEAD


class EventSink:
    """Takes events in on the event loop and counts them in a thread.

    Args:
        settings: returns the configuration in force.
        count: counts a batch of a model and its version; called in the thread.
        tensors: what may be reduced of them.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        count: Callable[[str, str, Batch], None],
        tensors: TensorBudgets,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self._tensors = tensors
        #: written by the event loop
        self.received = 0
        self.dropped: Counter[str] = Counter()
        self._put = self._put_bytes = 0
        #: written by the thread
        self._got = self._got_bytes = 0
        self._more = self._paired = self._internal = 0
        self._held: Held[Entry] = Held(_size)
        self._limits = Limits()
        self._unpaired: Counter[tuple[str, ...]] = Counter()
        self._rejected: Counter[str] = Counter()
        self._settings = settings
        self._count = count
        self._queue: queue.SimpleQueue[Arrived | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._next_expiry = -float("inf")
        kserve = settings().kserve
        self._pairing = Pairing(seconds=kserve.pair_seconds, most_bytes=kserve.pair_bytes)
        self._answering: set[tuple[str, str]] = set()
        self._losses, self._lost_at = 0, -float("inf")

    @property
    def queued_bytes(self) -> int:
        """Memory of the events that have not been read."""
        return self._put_bytes - self._got_bytes

    def put(self, arrived: Arrived) -> None:
        """Queue an event; on the event loop."""
        self._put += 1
        self._put_bytes += arrived.size
        self._queue.put(arrived)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="driftgauge-events", daemon=True)
            self._thread.start()

    def view(self) -> EventsView:
        """Return what can be told of the events now."""
        dropped = Counter(dict(self.dropped))
        dropped["internal"] += self._internal
        return EventsView(
            received=self.received + self._more,
            paired=self._paired,
            unpaired=dict(self._unpaired),
            dropped=dict(dropped),
            rejected=dict(self._rejected),
            pending=self._put - self._got + len(self._pairing) + self._held.events,
            pending_bytes=self.queued_bytes + self._pairing.bytes,
            pending_limit_bytes=self._settings().kserve.pair_bytes,
        )

    def stop(self) -> None:
        """Let the thread finish what it has; halves that wait count as they are."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(STOP_SECONDS)

    def _work(self) -> None:
        while not self._stopping:
            try:
                first = self._queue.get(timeout=EXPIRY_SECONDS)
            except queue.Empty:
                self._expire(self.clock())
                continue
            if first is not None:
                time.sleep(GATHER_SECONDS)
            self._take(first)
            self._flush()
            self._expire(self.clock())
        # Nothing is known of the other halves, so no request is called a failure.
        self._answering.clear()
        self._expire(float("inf"))

    def _take(self, arrived: Arrived | None) -> None:
        """Read *arrived* and what is in the queue behind it; None is the end."""
        self._adapt()
        unbroken = 0
        while arrived is not None:
            self._read(arrived)
            unbroken += arrived.size
            if unbroken >= UNBROKEN_BYTES:
                time.sleep(0)  # lets the event loop answer
                unbroken = 0
            if len(self._held) >= MOST_HELD:
                self._flush()
            if self._queue.empty():
                return
            if self.clock() >= self._next_expiry:
                self._expire(self.clock())
            arrived = self._queue.get()
        self._stopping = True

    def _adapt(self) -> None:
        """Take over settings that have changed, and notice losses."""
        kserve, limits = self._settings().kserve, self._settings().limits
        self._limits = bounds_of(limits)
        self._pairing.seconds, self._pairing.most_bytes = kserve.pair_seconds, kserve.pair_bytes
        self._pairing.alone = frozenset() if kserve.mode == "all" else frozenset({REQUEST, RESPONSE})
        losses = self.dropped.total() + self._internal
        if losses != self._losses:
            self._losses, self._lost_at = losses, self.clock()

    def _read(self, arrived: Arrived) -> None:
        events = read_events(arrived.headers, arrived.content_type, arrived.body)
        self._more += len(events) - 1
        for event in events:
            if isinstance(event, DecodeError):
                self._rejected[event.reason] += 1
            else:
                self._settle(self._pairing.add(event, arrived.at))
        self._got += 1
        self._got_bytes += arrived.size

    def _expire(self, now: float) -> None:
        self._adapt()
        self._next_expiry = now + EXPIRY_SECONDS
        self._settle(self._pairing.expire(now))
        self._flush()

    def _settle(self, settled: Iterable[Settled]) -> None:
        for one in settled:
            try:
                self._settle_one(one)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the thread
                self._lost([(one, {})], error)

    def _settle_one(self, settled: Settled) -> None:
        if settled.reason == DUPLICATE:
            self._rejected[DUPLICATE] += 1
            return
        name, version = self._model_of(settled.events[0])
        model = self._settings().model(name, version) or self._settings().defaults
        output = model.outputs.prediction or None
        exchange = self._exchange(settled, model, (name, version))
        plain = plain_of(exchange, self._limits) if name and settled.reason != LATE and not model.tensors else None
        if plain is not None:
            self._held.add_plain(Key(name, version, output), plain, (settled, {}))
        else:
            reducer = self._tensors.of(name, version, model)
            seen = decode_exchange(exchange, prediction_output=output, limits=self._limits, reducer=reducer)
            key = Key(name or seen.model or "", version or seen.version or DEFAULT_VERSION, output)
            # What is late was counted as a request with the other half.
            only = Requests(tensor_rows=seen.batch.requests.tensor_rows)
            batch = replace(seen.batch, requests=only) if settled.reason == LATE else seen.batch
            self._held.add(key, batch, (settled, seen.refused))
        if model.clock == "event":  # each moves the clock by which the next one is judged
            self._flush()

    def _flush(self) -> None:
        """Count what is held."""
        for group in self._held.take():
            try:
                batch = group.batch()
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the thread
                self._lost(group.entries, error)
                continue
            if batch is not None:
                self._count_all(group.key, batch, group.entries)
                continue
            for plain, (settled, _) in zip(group.plains, group.entries, strict=True):
                seen = decode_exchange(
                    plain.exchange, prediction_output=group.key.prediction_output, limits=self._limits
                )
                self._count_all(group.key, seen.batch, [(settled, seen.refused)])

    def _count_all(self, key: Key, batch: Batch, entries: Sequence[Entry]) -> None:
        """Count rows of a model, and the events that they come from."""
        try:
            self._count(key.name, key.version, batch)
        except DecodeError as error:  # the model is unknown, or has no name
            self._rejected[error.reason] += sum(map(_size, entries))
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the thread
            self._lost(entries, error)
        else:
            for settled, refused in entries:
                self._account(settled, refused)

    def _lost(self, entries: Sequence[Entry], error: Exception) -> None:
        self._internal += sum(map(_size, entries))
        LOGGER.error("event failed", extra={"error": origin(error)})

    def _exchange(self, settled: Settled, model: ModelSettings, key: tuple[str, str]) -> Exchange:
        request, response = settled.half(REQUEST), settled.half(RESPONSE)
        if response is not None and len(self._answering) < MOST_ANSWERING:
            self._answering.add(key)
        return Exchange(
            None if request is None else request.data,
            None if response is None else response.data,
            latency_seconds=_latency(settled),
            timestamp=next((event.time for event in settled.events), None) if model.clock == "event" else None,
            failure="error" if self._failed(settled, key) else None,
        )

    def _failed(self, settled: Settled, key: tuple[str, str]) -> bool:
        """Tell whether a request failed: no response came though others do, and none was lost here meanwhile."""
        unanswered = settled.reason == EXPIRED and settled.events[0].kind == REQUEST
        return unanswered and key in self._answering and self._lost_at < settled.arrived[0]

    def _account(self, settled: Settled, refused: Mapping[str, DecodeError]) -> None:
        for event in settled.events:
            refusal = refused.get(event.kind)
            if refusal is not None:
                self._rejected[refusal.reason] += 1
            elif settled.reason in UNPAIRED:
                self._unpaired[event.kind, settled.reason] += 1
            else:
                self._paired += 1

    def _model_of(self, event: Event) -> tuple[str, str]:
        """Return the model and the version that an event names; empty for what only its body may name.

        The version is the endpoint, not what a response's body says: requests that failed have no response.
        """
        if not event.service:
            return "", ""
        by_namespace = self._settings().kserve.names == "namespace" and event.namespace
        name = f"{event.namespace}/{event.service}" if by_namespace else event.service
        return name, event.endpoint if event.endpoint not in {"", "default"} else DEFAULT_VERSION


def _size(entry: Entry) -> int:
    return len(entry[0].events)


def _latency(settled: Settled) -> float | None:
    """Return the seconds from request to response by the times of the events, else by their arrival."""
    if len(settled.events) < 2:
        return None
    sent, answered = (event.time for event in settled.events)
    if sent is None or answered is None:
        sent, answered = settled.arrived
    return answered - sent if answered >= sent else None
