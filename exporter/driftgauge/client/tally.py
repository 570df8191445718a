"""Tally: totals that must be exact whatever becomes of the rows.

Guarantee: additive, and carried apart from rows: rows may be sampled, refused or dropped, the totals of their requests go
with the next body that arrives. `take` and `add` are inverse, so a body that was lost gives its totals back.
Memory: five reasons at most, and `MOST_LATENCIES` floats.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Tally"]

#: latencies without rows that wait; beyond, they are forgotten (the requests are not)
MOST_LATENCIES = 10_000
#: of these, one body carries that many: writing them as JSON takes 0.5 ms
_LATENCIES_A_BODY = 1_000


@dataclass(slots=True)
class Tally:
    """Counts since the last body.

    Attributes:
        requests: requests that ended, failed ones too.
        predictions: rows that were predicted.
        failures: failed requests by reason.
        dropped: rows that will not arrive, by reason; their requests and predictions are counted all the same.
        dropped_labels: labels that will not arrive, by reason.
        latencies: seconds of requests none of whose rows are sent.
    """

    requests: int = 0
    predictions: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    dropped_labels: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)

    @property
    def drops(self) -> int:
        """Rows and labels that will not arrive."""
        return self.dropped.total() + self.dropped_labels.total()

    def add(self, other: Tally) -> None:
        """Add the counts of *other*."""
        self.requests += other.requests
        self.predictions += other.predictions
        for name in ("failures", "dropped", "dropped_labels"):
            getattr(self, name).update(getattr(other, name))
        self.latencies += other.latencies[: MOST_LATENCIES - len(self.latencies)]

    def take(self) -> Tally:
        """Return the counts and start again from zero; latencies beyond one body's stay."""
        taken = Tally(
            self.requests,
            self.predictions,
            self.failures,
            self.dropped,
            self.dropped_labels,
            self.latencies[:_LATENCIES_A_BODY],
        )
        left = self.latencies[_LATENCIES_A_BODY:]
        self.__init__(latencies=left)  # type: ignore[misc]
        return taken

    def as_parameters(self) -> dict[str, Any]:
        """Return what `parameters.driftgauge` says of them; zero is left out, but for requests and predictions."""
        counts: dict[str, Any] = {"requests": self.requests, "predictions": self.predictions}
        for name in ("failures", "dropped", "dropped_labels", "latencies"):
            value = getattr(self, name)
            if value:
                counts[name] = list(value) if isinstance(value, list) else dict(value)
        return counts
