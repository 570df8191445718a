"""Counts of the proxy: what it forwarded, what failed, and what it could not observe; written on the event loop alone."""

from __future__ import annotations

from collections import Counter

from driftgauge.expose.proxy import FAILURES, KINDS, UNOBSERVED, ProxyView

__all__ = ["Counts"]


class Counts:
    """Counters and gauges; the reasons are those of `expose.proxy`.

    Attributes:
        requests: by kind.
        failures: by reason.
        disconnects: callers that went away before their response was complete.
        unobserved: inferences, or connections, that were forwarded and not observed, by reason.
        in_flight: requests whose response is not complete.
    """

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        self.failures: Counter[str] = Counter(dict.fromkeys(FAILURES, 0))
        self.unobserved: Counter[str] = Counter(dict.fromkeys(UNOBSERVED, 0))
        self.disconnects = 0
        self.in_flight = 0

    def view(self) -> ProxyView:
        """Return a copy for a scrape."""
        return ProxyView(
            requests=dict(self.requests),
            failures=dict(self.failures),
            unobserved=dict(self.unobserved),
            disconnects=self.disconnects,
            in_flight=self.in_flight,
        )
