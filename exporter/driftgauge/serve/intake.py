"""Intake: what is done with the bodies of a route once they have come, whichever way that was.

Both ways in, the web framework's handlers and `direct/`, receive a body, ask here, and say what came of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeAlias

from driftgauge.serve.engine import Engine
from driftgauge.serve.event_sink import Arrived
from driftgauge.serve.incoming import Content, Incoming

__all__ = ["Answer", "Asked", "BodyIntake", "EventIntake", "Intake"]

#: the JSON of what was accepted; None where there is nothing to say
Answer: TypeAlias = Mapping[str, Any] | None


class Asked(NamedTuple):
    """What a request says of its body: fields of its head, and the names in its path."""

    content_type: str = ""
    header_length: str | None = None
    idempotency_key: str | None = None
    model: str | None = None
    version: str | None = None
    attributes: Mapping[str, str] = MappingProxyType({})


class Intake(Protocol):
    """Takes bodies in.

    Attributes:
        dropped: where bodies that were refused or lost are counted, by reason.
    """

    dropped: Counter[str]

    def begin(self) -> None:
        """Take note of a request; what becomes of it is counted too."""

    def take(self, asked: Asked, body: Content) -> Answer | Awaitable[Answer]:
        """Take a body in and return what is to be answered; what has to be waited for is begun when it is.

        Raises:
            DecodeError: it is refused.
        """


class BodyIntake:
    """Takes observations, or labels.

    Args:
        engine: counts them.
        labels: whether they are labels.
    """

    def __init__(self, engine: Engine, *, labels: bool = False) -> None:
        self.dropped = engine.health.dropped
        self._engine = engine
        self._labels = labels

    def begin(self) -> None:
        """Count nothing: `driftgauge_ingest_batches_total` counts what was taken in."""

    def take(self, asked: Asked, body: Content) -> Answer | Awaitable[Answer]:
        """Count a body: on the spot where it is small, in the worker otherwise."""
        incoming = Incoming(
            body,
            asked.content_type,
            asked.header_length,
            asked.model,
            asked.version,
            asked.idempotency_key,
            self._labels,
        )
        answer = self._engine.ingest_now(incoming)
        return self._engine.ingest(incoming) if answer is None else answer


class EventIntake:
    """Takes events of inference loggers, which are answered before they are read.

    Args:
        engine: whose sink takes them.
    """

    def __init__(self, engine: Engine) -> None:
        self.dropped = engine.events.dropped
        self._events = engine.events

    def begin(self) -> None:
        """Count a request; a batch of events counts as the others when it is read."""
        self._events.received += 1

    def take(self, asked: Asked, body: Content) -> Answer:
        """Queue an event."""
        self._events.put(Arrived(asked.attributes, asked.content_type, bytes(body), self._events.clock()))
        return None
