"""Narrow: the vectors of one slot, in as few bytes as hold them exactly.

Most counts of a slot are small and a few are not: its rows, a bin that holds everything. So counts are held in one or two bytes
each, and the few that do not fit beside them with their places; where too many do not, all of them take four bytes.

Guarantee: what is taken out is what was put in, counts to the unit up to 4.2 billion and sums to the bit of their type. Nothing
of it changes once it is made, so whoever holds it may read it without a lock.
Memory: 1 byte a count until an eighth of them are above 255, 2 bytes until a quarter are above 65,535, and never more than 4
and 400 bytes a slot; the bytes of their type a sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST", "Narrow"]

#: largest count that can be held
LARGEST = int(np.iinfo(np.uint32).max)
#: bytes of a count that stands beside the others: its place and itself
_BESIDE = 8
_KINDS: tuple[type[np.unsignedinteger[Any]], ...] = (np.uint8, np.uint16)
_NONE = np.empty(0, dtype=np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class Narrow:
    """Counts and sums of a slot.

    Attributes:
        low: the counts, 0 for those that do not fit.
        places: of those that do not fit.
        large: what these are.
        sums: as they were given.

    >>> held = Narrow.of(np.array([70_000, 3, *[5] * 20]), np.array([0.5], dtype=np.float32))
    >>> held.low.dtype, held.places.tolist(), held.counts()[:3].tolist()
    (dtype('uint8'), [0], [70000, 3, 5])
    """

    low: NDArray[np.unsignedinteger[Any]]
    places: NDArray[np.uint32]
    large: NDArray[np.uint32]
    sums: NDArray[np.floating[Any]]

    @classmethod
    def of(cls, counts: NDArray[np.integer[Any]], sums: NDArray[np.floating[Any]]) -> Self:
        """Hold a copy of counts from 0 to `LARGEST` and of *sums*."""
        for kind in _KINDS:
            most = np.iinfo(kind).max
            places = np.flatnonzero(counts > most)
            if _BESIDE * len(places) <= counts.size * np.dtype(kind).itemsize:
                if not len(places):
                    return cls(counts.astype(kind), _NONE, _NONE, sums.copy())
                low = np.where(counts > most, 0, counts).astype(kind)
                return cls(low, places.astype(np.uint32), counts[places].astype(np.uint32), sums.copy())
        return cls(counts.astype(np.uint32), _NONE, _NONE, sums.copy())

    def counts(self) -> NDArray[np.int64]:
        """Return the counts."""
        wide = self.low.astype(np.int64)
        wide[self.places] = self.large
        return wide

    def add_to(self, counts: NDArray[np.int64], sums: NDArray[np.floating[Any]]) -> None:
        """Add what is held to *counts* and *sums*."""
        counts += self.low
        if len(self.places):
            counts[self.places] += self.large
        sums += self.sums

    @property
    def nbytes(self) -> int:
        """Bytes of what is held."""
        return self.low.nbytes + self.places.nbytes + self.large.nbytes + self.sums.nbytes
