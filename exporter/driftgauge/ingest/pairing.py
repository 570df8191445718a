"""Pairing: requests and responses that come as two events, in any order, become one inference.

Law: every event that is taken in comes out in exactly one `Settled`, at once, when its other half comes, when its time is
over, or when memory is needed. The time is an argument and may be any clock that does not go back.

Memory: the bodies that wait, with `OVERHEAD` bytes for each event, are at most `most_bytes`, and beside them `REMEMBERED` digests
of what has been settled (about 5 MB). Cost: 2-3 us an event.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from driftgauge.ingest.cloud_event import Event
from driftgauge.ingest.exchange import REQUEST, RESPONSE

__all__ = ["ALONE", "DUPLICATE", "EVICTED", "EXPIRED", "LATE", "PAIRED", "UNPAIRED", "Pairing", "Settled"]

#: both halves are there
PAIRED = "paired"
#: its other half is not waited for
ALONE = "alone"
#: the same half came before
DUPLICATE = "duplicate"
#: the other half did not come in time
EXPIRED = "expired"
#: memory was needed for others
EVICTED = "evicted"
#: its other half was settled without it before
LATE = "late"
#: reasons of halves that stayed alone though the other half was waited for
UNPAIRED = (EXPIRED, EVICTED, LATE)

#: what an event costs beside its body: record, texts, digest and entry, measured
OVERHEAD = 1_024
#: settled inferences that are remembered, so that what comes again is not counted again
REMEMBERED = 20_000

_BIT = {REQUEST: 1, RESPONSE: 2}
_BOTH = 3


class Settled(NamedTuple):
    """One inference, or a half of it.

    Attributes:
        reason: why now, one of the constants above.
        events: one event, or the request and the response.
        arrived: when they came, in that order.
    """

    reason: str
    events: tuple[Event, ...]
    arrived: tuple[float, ...]

    def half(self, kind: str) -> Event | None:
        """Return the request or the response, when it is there."""
        return next((event for event in self.events if event.kind == kind), None)


class Pairing:
    """Halves that wait for each other.

    Args:
        seconds: how long a half waits.
        most_bytes: how much memory all of them may take.
        alone: kinds that wait for nothing, because the other half is not logged.
    """

    def __init__(self, *, seconds: float, most_bytes: int, alone: frozenset[str] = frozenset()) -> None:
        self.seconds = seconds
        self.most_bytes = most_bytes
        self.alone = alone
        self.bytes = 0
        self._waiting: OrderedDict[bytes, tuple[Event, float]] = OrderedDict()
        self._settled: OrderedDict[bytes, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, event: Event, now: float) -> Iterator[Settled]:
        """Take an event in that came at *now*; yield what is settled by it."""
        key = _key(event)
        known = self._settled.get(key, 0)
        waiting = self._waiting.get(key)
        if known & _BIT[event.kind] or (waiting is not None and waiting[0].kind == event.kind):
            yield Settled(DUPLICATE, (event,), (now,))
        elif waiting is not None:
            self._remove(key)
            self._remember(key, _BOTH)
            halves = sorted([waiting, (event, now)], key=lambda half: _BIT[half[0].kind])
            yield Settled(PAIRED, tuple(half for half, _ in halves), tuple(at for _, at in halves))
        elif known or event.kind in self.alone:
            self._remember(key, known | _BIT[event.kind])
            yield Settled(LATE if known else ALONE, (event,), (now,))
        else:
            self._waiting[key] = event, now
            self.bytes += _size(event)
            yield from self._evict()

    def expire(self, now: float) -> Iterator[Settled]:
        """Yield the halves whose time is over at *now*."""
        while self._waiting:
            key = next(iter(self._waiting))
            if self._waiting[key][1] + self.seconds > now:
                return
            yield self._give_up(key, EXPIRED)

    def _evict(self) -> Iterator[Settled]:
        while self.bytes > self.most_bytes:
            yield self._give_up(next(iter(self._waiting)), EVICTED)

    def _give_up(self, key: bytes, reason: str) -> Settled:
        event, arrived = self._remove(key)
        self._remember(key, _BIT[event.kind])
        return Settled(reason, (event,), (arrived,))

    def _remove(self, key: bytes) -> tuple[Event, float]:
        event, arrived = self._waiting.pop(key)
        self.bytes -= _size(event)
        return event, arrived

    def _remember(self, key: bytes, kinds: int) -> None:
        self._settled[key] = kinds
        self._settled.move_to_end(key)
        if len(self._settled) > REMEMBERED:
            self._settled.popitem(last=False)


def _size(event: Event) -> int:
    return len(event.data) + OVERHEAD


def _key(event: Event) -> bytes:
    """Return what stands for an inference; parts of one graph of services may log the same id."""
    parts = (event.namespace, event.service, event.endpoint, event.component, event.id)
    return blake2b("\0".join(parts).encode(errors="replace"), digest_size=16).digest()
