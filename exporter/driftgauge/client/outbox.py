"""Outbox: bodies that are ready and not answered yet.

Guarantee: within `limit` bytes. What does not fit pushes out the oldest body, because what the model sees now matters more
than what it saw when the exporter went away; but never a body that was sent and not answered, which the exporter may have
counted: it is sent again with the same key until there is an answer. Totals are not in a body before it is sent first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from driftgauge.client.encode import Encoded
from driftgauge.client.tally import Tally

__all__ = ["Outbox", "Parcel"]

#: JSON, headers and objects of a body
_OVERHEAD = 2048


@dataclass(slots=True)
class Parcel:
    """One body.

    Attributes:
        key: what tells a repetition from a new body.
        made: when its rows were logged, in seconds since 1970.
        encoded: its tensors; None for labels and for a report without rows.
        labels: its labels, one JSON object a line.
        rows: rows or labels in it.
        tally: the totals that it carries, from the moment it is first sent.
        attempts: how often the connection broke while it was sent.
        last: whether its process ends with it.
    """

    key: str
    made: float
    encoded: Encoded | None = None
    labels: Sequence[bytes] = ()
    rows: int = 0
    tally: Tally | None = None
    attempts: int = 0
    last: bool = False

    @property
    def nbytes(self) -> int:
        """Memory that it takes, about."""
        tensors = 0 if self.encoded is None else self.encoded.nbytes
        return _OVERHEAD + tensors + sum(map(len, self.labels))


class Outbox:
    """A queue of parcels, bounded in bytes.

    Args:
        limit: most bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._parcels: deque[Parcel] = deque()

    def __len__(self) -> int:
        return len(self._parcels)

    @property
    def head(self) -> Parcel | None:
        """The parcel to send next."""
        return self._parcels[0] if self._parcels else None

    def add(self, parcel: Parcel) -> list[Parcel]:
        """Add a parcel and return those that it pushed out."""
        self._parcels.append(parcel)
        self.held += parcel.nbytes
        pushed = []
        while self.held > self.limit:
            oldest = 1 if self._parcels[0].tally is not None else 0
            if oldest >= len(self._parcels):
                break
            pushed.append(self._remove(oldest))
        return pushed

    def done(self) -> Parcel:
        """Remove the head: it was answered."""
        return self._remove(0)

    def drain(self) -> list[Parcel]:
        """Remove and return everything."""
        parcels = list(self._parcels)
        self._parcels.clear()
        self.held = 0
        return parcels

    def _remove(self, index: int) -> Parcel:
        parcel = self._parcels[index]
        del self._parcels[index]
        self.held -= parcel.nbytes
        return parcel
