"""What is told of the events of inference loggers: a record of plain numbers, and its families.

Law: `received` = `paired` + unpaired + dropped + rejected + `pending`, whenever nothing is just being taken in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from driftgauge import names
from driftgauge.errors import REASONS
from driftgauge.expose.family import Family, Prefixes, Samples
from driftgauge.expose.text import pairs
from driftgauge.ingest import REQUEST, RESPONSE
from driftgauge.ingest.pairing import DUPLICATE, UNPAIRED
from driftgauge.names import Metric

__all__ = ["DROPPED", "EventsView", "event_families"]

#: why an event is dropped before it was read
DROPPED = ("aborted", "config_invalid", "internal", "queue_full", "slow", "too_large")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsView:
    """All that can be told of events at one time.

    Attributes:
        received: events that came.
        paired: events that were counted as they should be: with their other half, or without one that is not logged.
        unpaired: (kind, reason) -> events whose other half did not come in time.
        dropped: reason -> events that were not read.
        rejected: reason -> events that could not be used.
        pending: events that wait to be read, or for their other half.
        pending_bytes: memory that these take.
        pending_limit_bytes: most that those may take which wait for their other half.
    """

    received: int = 0
    paired: int = 0
    unpaired: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    pending: int = 0
    pending_bytes: int = 0
    pending_limit_bytes: int = 0


def event_families(view: EventsView) -> Iterator[Family]:
    """Yield the families of events."""
    unpaired: dict[tuple[str, ...], int] = {(kind, why): 0 for kind in (REQUEST, RESPONSE) for why in UNPAIRED}
    unpaired.update(view.unpaired)
    yield _family(names.EVENTS_RECEIVED, {(): view.received})
    yield _family(names.EVENTS_PAIRED, {(): view.paired})
    yield _family(names.EVENTS_UNPAIRED, unpaired)
    yield _family(names.EVENTS_DROPPED, _by_reason(DROPPED, view.dropped))
    yield _family(names.EVENTS_REJECTED, _by_reason((*REASONS, DUPLICATE), view.rejected))
    yield _family(names.EVENTS_PENDING, {(): view.pending})
    yield _family(names.EVENTS_PENDING_BYTES, {(): view.pending_bytes})
    yield _family(names.EVENTS_PENDING_LIMIT_BYTES, {(): view.pending_limit_bytes})


def _by_reason(known: tuple[str, ...], counts: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    return {(reason,): count for reason, count in (dict.fromkeys(known, 0) | dict(sorted(counts.items()))).items()}


def _family(metric: Metric, values: Mapping[tuple[str, ...], float]) -> Family:
    labels = (f"{{{pairs(metric.labels, given)}}}" if given else "" for given in values)
    prefixes = Prefixes([f"{metric.name}{text} " for text in labels])
    return Family(metric, (Samples(prefixes, np.array(list(values.values()), dtype=np.float64)),))
