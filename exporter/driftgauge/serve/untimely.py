"""Untimely: rows that no window takes because of their event time, told in the answer to their body."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from driftgauge.config import Settings
from driftgauge.ingest import Decoded, Warned
from driftgauge.model.registry import DEFAULT_VERSION
from driftgauge.serve.incoming import Incoming

__all__ = ["untimely_of"]


def untimely_of(
    incoming: Incoming, decoded: Decoded, settings: Settings, clock: Callable[[], float]
) -> Iterator[Warned]:
    """Yield what is to be said of rows that are too old or lie ahead; nothing where events themselves are the clock.

    `driftgauge_late_observations_total` counts them, of both clocks.
    """
    times = decoded.batch.timestamps
    if times is None or incoming.labels:
        return
    name, version = incoming.model or decoded.model or "", incoming.version or decoded.version or DEFAULT_VERSION
    model = settings.model(name, version) or settings.defaults
    if model.clock == "event":
        return
    wall, most = clock(), model.lateness_seconds
    for reason, what, rows in (
        ("late", "older than", times < wall - most),
        ("future", "ahead of the exporter's clock by more than", times > wall + most),
    ):
        if count := int(np.count_nonzero(rows)):
            message = (
                f"{what} lateness_seconds ({most:g}), no window takes the row; expected seconds since 1970, or RFC 3339"
            )
            yield Warned("ts", reason, count, message)
