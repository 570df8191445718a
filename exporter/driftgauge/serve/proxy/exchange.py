"""Exchange: one request and its response as they passed, with bounded copies of their bodies and the times of their pieces.

What the copies may hold together is the caller's business: an exchange tells of each piece (`room`) and gives its copies up when
there is none. Memory: the copies, and some 100 bytes a piece.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driftgauge.serve.proxy.calls import Call

__all__ = ["PIECE_OVERHEAD", "Copy", "Exchange"]

#: what a piece of a copy costs beside its bytes: objects, places in two lists, a time
PIECE_OVERHEAD = 120


@dataclass(slots=True)
class Copy:
    """A body as far as it has come: its pieces, when each came, and the fields that say what it is."""

    pieces: list[bytes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    size: int = 0
    fields: Mapping[bytes, bytes] = field(default_factory=dict)

    def text(self, name: bytes) -> str:
        """Return a field's value; empty without one."""
        return self.fields.get(name, b"").decode("latin-1")


@dataclass(slots=True)
class Exchange:
    """One request and its response.

    Attributes:
        call: what it is; None for what is no inference.
        started: when its head was complete, on the loop's clock.
        head_only: whether its response has no body (RFC 9110 section 9.3.2).
        request: copy of its body.
        response: copy of its body.
        status: of the response; 0 before there is one.
        failure: why it failed, a reason of `failure_of`; empty while it has not.
        ended: when the response was complete, on the loop's clock; None where it never was.
        lost: why it is not observed; empty while it is.
    """

    call: Call | None
    started: float
    head_only: bool = False
    request: Copy = field(default_factory=Copy)
    response: Copy = field(default_factory=Copy)
    status: int = 0
    failure: str = ""
    ended: float | None = None
    lost: str = ""

    @property
    def observed(self) -> bool:
        """Whether its bodies are wanted."""
        return self.call is not None and not self.lost

    @property
    def cost(self) -> int:
        """What its copies take in memory, in bytes."""
        pieces = len(self.request.pieces) + len(self.response.pieces)
        return self.request.size + self.response.size + pieces * PIECE_OVERHEAD

    def give_up(self, reason: str) -> None:
        """Drop the copies: the exchange goes on unobserved."""
        self.lost = reason
        self.request, self.response = Copy(), Copy()
