"""What the exporter tells of its listeners: how they are protected, and what they had to refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driftgauge import names
from driftgauge.expose.family import Family, Prefixes, Samples
from driftgauge.expose.text import pairs
from driftgauge.names import Metric

__all__ = ["ListenerView", "listener_families"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerView:
    """All that can be told of a listener at one time.

    Attributes:
        name: `metrics`, `ingest` or `socket`.
        scheme: `http`, `https` or `mtls`.
        authentication: what a request must show beside a certificate.
        insecure: whether other machines can change what it counts without authentication.
        files_valid: whether the files that protect it could last be read; None when there are none.
        open: connections.
        closed: connections ended by force, by reason.
        refused: requests refused, by reason.
    """

    name: str
    scheme: str = "http"
    authentication: str = "none"
    insecure: bool = False
    files_valid: bool | None = None
    open: int = 0
    closed: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)


def listener_families(listeners: Sequence[ListenerView]) -> Iterator[Family]:
    """Yield the families of the listeners."""
    yield _family(names.LISTENER_INFO, (((one.name, one.scheme, one.authentication), 1) for one in listeners))
    yield _family(names.LISTENER_INSECURE, (((one.name,), one.insecure) for one in listeners))
    known = (one for one in listeners if one.files_valid is not None)
    yield _family(names.LISTENER_FILES_VALID, (((one.name,), bool(one.files_valid)) for one in known))
    yield _family(names.LISTENER_CONNECTIONS, (((one.name,), one.open) for one in listeners))
    yield _family(names.LISTENER_CONNECTIONS_CLOSED, _by_reason(listeners, "closed"))
    yield _family(names.LISTENER_REQUESTS_REFUSED, _by_reason(listeners, "refused"))


def _by_reason(listeners: Sequence[ListenerView], what: str) -> Iterator[tuple[tuple[str, ...], float]]:
    for one in listeners:
        for reason, count in sorted(getattr(one, what).items()):
            yield (one.name, reason), count


def _family(metric: Metric, values: Iterable[tuple[tuple[str, ...], float]]) -> Family:
    found = list(values)
    prefixes = Prefixes([f"{metric.name}{{{pairs(metric.labels, labels)}}} " for labels, _ in found])
    return Family(metric, (Samples(prefixes, np.array([value for _, value in found], dtype=np.float64)),))
