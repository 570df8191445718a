"""Gate: the listening sockets of a listener, how many connections it holds, and the watch over slow ones.

Guarantee: connections are counted from the moment they are accepted, so those that stall in the TLS handshake count too;
beyond the limit they are closed at once. A connection that owes the head of a request, its body, or the reading of an
answer is ended about a second after its time. One look over all connections a second costs 0.1 ms per hundred.
"""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Any, Protocol

from driftgauge.config import LimitSettings
from driftgauge.serve.guard.counts import ListenerCounts

__all__ = ["Gate", "GateLimits", "Guarded", "limits_of"]

#: connections refused in a row before the event loop does something else
_REFUSED_IN_A_ROW = 64
SWEEP_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLimits:
    """How much of a listener clients may hold, and for how long (seconds)."""

    connections: int = 1_024
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    write_seconds: float = 30.0
    idle_seconds: float = 120.0
    sweep_seconds: float = SWEEP_SECONDS


def limits_of(settings: LimitSettings, *, metrics: bool) -> GateLimits:
    """Return the limits of a listener."""
    return GateLimits(
        connections=settings.metrics_connections if metrics else settings.connections,
        header_seconds=settings.header_seconds,
        body_seconds=settings.body_seconds,
        write_seconds=settings.write_seconds,
        idle_seconds=settings.idle_seconds,
    )


class Guarded(Protocol):
    """A connection that is looked at now and then."""

    def overdue(self, now: float) -> str | None:
        """Return why it must end; None where it need not."""

    def close(self) -> None:
        """End it once what is under way is answered."""

    def abort(self) -> None:
        """End it at once."""


class Gate:
    """Counts and watches the connections of a listener.

    Args:
        counts: what it counts.
        limits: of the listener.
    """

    def __init__(self, counts: ListenerCounts, limits: GateLimits) -> None:
        self.counts = counts
        self.limits = limits
        self.connections: set[Guarded] = set()
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begin to look after the connections; call inside the event loop."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.limits.sweep_seconds, self._sweep)

    def stop(self) -> None:
        """Stop looking."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Let connections end: those without a request now, the others with its answer."""
        for connection in tuple(self.connections):
            connection.close()

    def clear(self) -> None:
        """End what is still open, also what a client does not read."""
        for connection in tuple(self.connections):
            connection.abort()

    def listening(self, family: int) -> socket.socket:
        """Make a socket whose connections count here."""
        return _Listening(self, family)

    def end(self, connection: Guarded, reason: str) -> None:
        """End a connection by force."""
        self.counts.closed[reason] += 1
        self.connections.discard(connection)
        connection.abort()

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in tuple(self.connections):
            if (reason := connection.overdue(now)) is not None:
                self.end(connection, reason)
        self._timer = None
        self.watch()


class _Listening(socket.socket):
    def __init__(self, gate: Gate, family: int) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._gate = gate

    def accept(self) -> tuple[socket.socket, Any]:
        counts = self._gate.counts
        for _ in range(_REFUSED_IN_A_ROW):
            made, address = super().accept()
            if counts.open < self._gate.limits.connections:
                return _Accepted(counts, made), address
            counts.closed["limit"] += 1
            made.close()
        raise BlockingIOError


class _Accepted(socket.socket):
    def __init__(self, counts: ListenerCounts, made: socket.socket) -> None:
        super().__init__(made.family, made.type, made.proto, made.detach())
        self._counts: ListenerCounts | None = counts
        counts.open += 1

    def close(self) -> None:
        """Close it and count it out, once."""
        counts, self._counts = self._counts, None
        if counts is not None:
            counts.open -= 1
        super().close()
