"""What the proxy tells of itself: a record of plain numbers, and its families. Without a proxy there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from driftgauge import names
from driftgauge.expose.family import Family, labelled, single
from driftgauge.names import Metric

__all__ = ["FAILURES", "KINDS", "UNOBSERVED", "ProxyView", "proxy_families"]

#: requests: inferences that are observed, all others, and connections that left HTTP
KINDS = ("inference", "other", "upgrade")

#: why a request failed: no connection to the model server, none in time, its connection broke, it answered 5xx
FAILURES = ("refused", "timeout", "broken", "status")

#: why an inference was not observed; reasons of `errors.REASONS` come beside these
UNOBSERVED = ("too_large", "queue_full", "content_type", "not_http", "syntax", "structure", "unknown_model", "internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyView:
    """All that can be told of the proxy at one time; see `names` for what each number is."""

    requests: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    unobserved: Mapping[str, int] = field(default_factory=dict)
    disconnects: int = 0
    in_flight: int = 0


def proxy_families(view: ProxyView) -> Iterator[Family]:
    """Yield the families of the proxy."""
    yield _counted(names.PROXY_REQUESTS, KINDS, view.requests)
    yield _counted(names.PROXY_FAILURES, FAILURES, view.failures)
    yield _counted(names.PROXY_UNOBSERVED, UNOBSERVED, view.unobserved)
    yield _single(names.PROXY_DISCONNECTS, view.disconnects)
    yield _single(names.PROXY_IN_FLIGHT, view.in_flight)


def _counted(metric: Metric, known: tuple[str, ...], counts: Mapping[str, int]) -> Family:
    values = dict.fromkeys(known, 0) | dict(sorted(counts.items()))
    return labelled(metric, values)


def _single(metric: Metric, value: int) -> Family:
    return single(metric, value)
