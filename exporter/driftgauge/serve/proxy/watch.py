"""Watch: one connection seen from beside: it pairs requests with responses, measures them and keeps bounded copies.

It is shown what has been forwarded already and cannot hold anything up. Responses come in the order of their requests
(RFC 9112 section 9.3.2); after an upgrade, or where the bytes are no HTTP/1, it looks no further.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from driftgauge.serve.proxy.calls import call_of
from driftgauge.serve.proxy.counts import Counts
from driftgauge.serve.proxy.exchange import PIECE_OVERHEAD, Copy, Exchange
from driftgauge.serve.proxy.framing import Body, Head, MessageReader, Unreadable

__all__ = ["CLIENT", "UPSTREAM", "Sink", "Watch"]

#: whose fault an unfinished exchange is
CLIENT, UPSTREAM = "client", "upstream"


class Sink(Protocol):
    """Takes exchanges and answers for the memory of their copies."""

    @property
    def body_bytes(self) -> int:
        """Most bytes of one body's copy."""

    def reserve(self, size: int) -> bool:
        """Take *size* bytes of memory; False when there is no room."""

    def release(self, size: int) -> None:
        """Give them back."""

    def take(self, exchange: Exchange) -> None:
        """Observe an exchange, whose memory goes with it."""


class Watch:
    """Watches one connection.

    Args:
        counts: of the proxy.
        sink: takes exchanges that are complete.
        clock: seconds that never go back.
    """

    def __init__(self, counts: Counts, sink: Sink, clock: Callable[[], float]) -> None:
        self._counts = counts
        self._sink = sink
        self._clock = clock
        self._waiting: deque[Exchange] = deque()
        self._requests = MessageReader(_Requests(self))
        self._responses = MessageReader(_Responses(self))
        self._tunnel = False

    @property
    def busy(self) -> bool:
        """Whether a response is outstanding."""
        return bool(self._waiting) or self._tunnel

    @property
    def head_only(self) -> bool:
        """Whether the response that is outstanding must have no body."""
        return bool(self._waiting) and self._waiting[0].head_only

    @property
    def started(self) -> bool:
        """Whether a part of the outstanding response, or of what is no HTTP, has passed."""
        return self._tunnel or (bool(self._waiting) and self._waiting[0].status > 0)

    def sent(self, data: bytes) -> None:
        """See what the client sent."""
        self._see(self._requests, data)

    def answered(self, data: bytes) -> None:
        """See what the model server answered."""
        self._see(self._responses, data)

    def finish(self, culprit: str, failure: str = "broken", *, clean: bool = False) -> None:
        """See the connection end: by *culprit*, for the reason *failure* where that is the model server.

        A *clean* end by the model server completes a response that only the end of the connection delimits.
        """
        if clean and not self._tunnel:
            self._responses.close()
        while self._waiting:
            exchange = self._waiting.popleft()
            exchange.failure = "cancelled" if culprit == CLIENT else "error"
            if culprit == CLIENT:
                self._counts.disconnects += 1
            else:
                self._counts.failures[failure] += 1
            self._settle(exchange)

    def abandon(self, reason: str) -> None:
        """Look no further: what is outstanding goes on unobserved."""
        self._counts.unobserved[reason] += max(len(self._waiting), 1)
        self._counts.in_flight -= len(self._waiting)
        while self._waiting:
            self._sink.release(self._waiting.popleft().cost)
        self._tunnel = True

    def _see(self, reader: MessageReader, data: bytes) -> None:
        if self._tunnel:
            return
        try:
            reader.feed(data)
        except Unreadable:
            self.abandon("not_http")

    def begin(self, head: Head) -> Exchange:
        """Take a request's head."""
        call = call_of(head.method, head.target)
        exchange = Exchange(call, self._clock(), head_only=head.method == b"HEAD")
        exchange.request.fields = head.fields
        self._counts.requests["other" if call is None else "inference"] += 1
        self._counts.in_flight += 1
        self._waiting.append(exchange)
        return exchange

    def respond(self, head: Head) -> Exchange:
        """Take a response's head, informational ones too."""
        if not self._waiting:
            raise Unreadable("a response without a request")
        exchange = self._waiting[0]
        if head.status >= 200:
            exchange.status = head.status
            exchange.response.fields = head.fields
        return exchange

    def switch(self) -> None:
        """See the connection leave HTTP: an upgrade was accepted."""
        self._counts.requests["upgrade"] += 1
        self._counts.in_flight -= len(self._waiting)
        self._waiting.clear()
        self._tunnel = True

    def complete(self) -> None:
        """See the end of a response."""
        exchange = self._waiting.popleft()
        exchange.ended = self._clock()
        if exchange.status >= 500:
            self._counts.failures["status"] += 1
        self._settle(exchange)

    def keep(self, exchange: Exchange, copy: Copy, piece: bytes) -> None:
        """Copy a piece of a body, while there is room for it."""
        cost = len(piece) + PIECE_OVERHEAD
        if copy.size + len(piece) > self._sink.body_bytes:
            self._lose(exchange, "too_large")
        elif not self._sink.reserve(cost):
            self._lose(exchange, "queue_full")
        else:
            copy.pieces.append(piece)
            copy.seconds.append(self._clock() - exchange.started)
            copy.size += len(piece)

    def _lose(self, exchange: Exchange, reason: str) -> None:
        self._sink.release(exchange.cost)
        exchange.give_up(reason)

    def _settle(self, exchange: Exchange) -> None:
        self._counts.in_flight -= 1
        if exchange.lost:
            self._counts.unobserved[exchange.lost] += 1
        if exchange.call is None:
            return
        try:
            self._sink.take(exchange)
        except Exception:
            self._sink.release(exchange.cost)
            raise


class _Requests:
    """Listens to requests."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._exchange: Exchange | None = None

    @property
    def copying(self) -> bool:
        # A response may be complete before its request is, which nobody waits for then.
        return self._exchange is not None and self._exchange.observed and self._exchange.ended is None

    def head(self, head: Head) -> Body | int:
        self._exchange = self._watch.begin(head)
        return head.framing or 0

    def body(self, piece: bytes) -> None:
        assert self._exchange is not None
        self._watch.keep(self._exchange, self._exchange.request, piece)

    def end(self) -> None:
        """Nothing: the response ends an exchange."""


class _Responses:
    """Listens to responses."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._exchange: Exchange | None = None

    @property
    def copying(self) -> bool:
        return self._exchange is not None and self._exchange.observed

    def head(self, head: Head) -> Body | int:
        exchange = self._exchange = self._watch.respond(head)
        if head.status == 101:
            self._watch.switch()
            return Body.TUNNEL
        # RFC 9112 section 6.3
        if head.status < 200 or head.status in {204, 304} or exchange.head_only:
            return 0
        framing = head.framing
        return Body.UNTIL_CLOSE if framing is None else framing

    def body(self, piece: bytes) -> None:
        assert self._exchange is not None
        self._watch.keep(self._exchange, self._exchange.response, piece)

    def end(self) -> None:
        self._watch.complete()
