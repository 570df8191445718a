"""Refusal log: what was refused reaches the log too, by its reason, at most once a minute.

It follows the counters, once a second, so that a body costs nothing here whether it is refused or not, and whatever counts as
refused is told: bodies, rows of bodies that were taken, and events that were answered before they were read. The first refusal
of a reason is told within a second; what follows is told together, once a minute. Guarantee: a line carries a reason, a count
and the field's name, never what was sent. Memory: two numbers a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from driftgauge.errors import REASONS
from driftgauge.ingest.pairing import DUPLICATE
from driftgauge.serve.event_sink import EventSink
from driftgauge.serve.health import ABORTED, INTERNAL, SLOW, Health
from driftgauge.serve.logs import LOGGER

__all__ = ["SECONDS", "RefusalLog"]

#: between two lines of one reason
SECONDS = 60.0

#: reasons that only the exporter knows
_MEANINGS: Mapping[str, str] = {
    SLOW: "the body did not arrive within limits.body_seconds",
    ABORTED: "the connection ended before the body did",
}
#: told where it happens, with its origin; and what a logger sent twice, which is no loss
_APART = frozenset({INTERNAL, DUPLICATE})


class RefusalLog:
    """Logs what the counters of refusals have gained.

    Args:
        health: counts bodies and rows.
        events: counts events.
        clock: seconds that never go back.
    """

    def __init__(self, health: Health, events: EventSink, clock: Callable[[], float]) -> None:
        self._health = health
        self._events = events
        self._clock = clock
        self._told: dict[tuple[str, str], tuple[int, float]] = {}  # how many, and when

    def report(self, *, last: bool = False) -> None:
        """Log what has been refused since, but for reasons that were told less than a minute ago; *last* tells these too."""
        now = self._clock()
        for what, reason, count in self._counts():
            before, at = self._told.get((what, reason), (0, -float("inf")))
            if count > before and (last or now - at >= SECONDS):
                self._told[what, reason] = count, now
                LOGGER.warning(what, extra=self._facts(what, reason, count - before))

    def _counts(self) -> Iterator[tuple[str, str, int]]:
        events = self._events.view()
        for what, counts in (
            ("bodies refused", self._health.dropped),
            ("rows refused", self._health.rejected),
            ("events dropped", events.dropped),
            ("events refused", events.rejected),
        ):
            for reason, count in list(counts.items()):
                if count and reason not in _APART:
                    yield what, reason, count

    def _facts(self, what: str, reason: str, count: int) -> dict[str, Any]:
        status, meaning = REASONS.get(reason, (None, _MEANINGS.get(reason, "")))
        facts: dict[str, Any] = {"reason": reason, "count": count, "means": meaning}
        if status is not None and what in {"bodies refused", "events dropped"}:
            facts["status"] = status
        if what == "bodies refused" and (field := self._field(reason)):
            facts["field"] = field
        return facts

    def _field(self, reason: str) -> str:
        """Return the field that was wrong in the last body of that reason."""
        found = (field for _, known, field in reversed(self._health.refusals) if known == reason)
        return next(found, "")
