"""Request: one plain request from its head to its answer, and what of it waits meanwhile.

Memory: a body that does not come with its head is received in memory of its own, where it is decoded; pages of it that have not
been sent take none.
"""

from __future__ import annotations

from collections.abc import Awaitable

import numpy as np
from aiohttp import web

from driftgauge.errors import DecodeError
from driftgauge.serve.admission import Waiting, check_size, refused
from driftgauge.serve.direct.head import Head
from driftgauge.serve.direct.routes import Route
from driftgauge.serve.engine import Engine
from driftgauge.serve.health import ABORTED, INTERNAL
from driftgauge.serve.incoming import Content
from driftgauge.serve.intake import Answer, Asked
from driftgauge.serve.problems import failure

__all__ = ["Request"]


class Request:
    """One request that is answered directly.

    Args:
        engine: bounds what waits.
        route: where it goes.
        head: what it says of its body.
        text: its head as it came.

    Attributes:
        closes: whether the connection ends with its answer.
        missing: bytes of its body that have not come.
    """

    __slots__ = ("_body", "_engine", "_head", "_route", "_text", "_waiting", "closes", "missing")

    def __init__(self, engine: Engine, route: Route, head: Head, text: bytes) -> None:
        self.closes = head.closes
        self.missing = head.length
        self._engine = engine
        self._route = route
        self._head = head
        self._text = text
        self._waiting = Waiting(engine)
        self._body: Content = b""

    def begin(self, body: bytes) -> None:
        """Take what has come of the body with the head; raise `DecodeError` when it must not go on."""
        self.missing -= len(body)
        if not self.missing:
            self._body = body
            self._waiting.add(len(body))
            return
        check_size(self._engine, self._head.length)
        self._waiting.add(len(body))
        self._body = np.empty(self._head.length, np.uint8).data
        self._body[: len(body)] = body

    @property
    def room(self) -> memoryview:
        """Where the rest of the body belongs."""
        assert isinstance(self._body, memoryview)
        return self._body[self._head.length - self.missing :]

    def more(self, size: int) -> None:
        """Take note of what has been put there; raise `DecodeError` when the body must not go on."""
        self.missing -= size
        self._waiting.add(size)

    @property
    def came(self) -> bytes:
        """All that has come of it."""
        return self._text + bytes(self._body[: self._head.length - self.missing])

    def take(self) -> Answer | Awaitable[Answer]:
        """Take the body in; raise `DecodeError` when it is refused."""
        fields, route = self._head.fields, self._route
        asked = Asked(
            self._head.content_type,
            fields.get(b"inference-header-content-length"),
            fields.get(b"idempotency-key"),
            route.model,
            route.version,
            self._head.attributes,
        )
        return route.intake.take(asked, self._body)

    def note(self) -> None:
        """Let it count as a request: once, when it is whole, refused or lost."""
        self._route.intake.begin()

    def lost(self) -> None:
        """Count a body that will not come as a whole."""
        self.note()
        self._route.intake.dropped[ABORTED] += 1

    def refused(self, error: DecodeError) -> web.Response:
        """Count a body that is refused, and return its answer."""
        return refused(self._engine, error, self._route.intake.dropped)

    def failed(self, error: Exception) -> web.Response:
        """Count a body that a fault of ours has cost, and return its answer."""
        self._route.intake.dropped[INTERNAL] += 1
        return failure(self._route.path, error)

    def end(self) -> None:
        """Let nothing of it wait any more."""
        self._waiting.end()
