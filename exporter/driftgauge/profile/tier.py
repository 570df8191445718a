"""Tier: slots of one length. The slot that was added to last is held wide, all others as `narrow.py` has them.

Most rows are of now, so a slot is widened when its time begins and made narrow when the next one's does; a late row opens
its slot again. Time: adding is two additions, changing the slot some 30 us for 100 numeric columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from driftgauge.errors import StateError
from driftgauge.profile.narrow import LARGEST, Narrow
from driftgauge.state import Stack, State

__all__ = ["Tier", "Vectors"]

#: counts and sums, flat
Vectors = tuple[NDArray[np.int64], NDArray[np.float64]]


class Tier:
    """Slots of one length.

    Args:
        slot_seconds: length of a slot.
        slots: number of slots.
        sizes: length of the counts and of the sums. No count may be larger than the first one.
        sums_type: how sums are held.

    Attributes:
        ids: which stretch of time (time // slot) each place holds, -1 none.
        firsts: the first count of each place.
    """

    def __init__(self, slot_seconds: int, slots: int, sizes: tuple[int, int], sums_type: DTypeLike) -> None:
        self.slot_seconds = slot_seconds
        self.ids = np.full(slots, -1, dtype=np.int64)
        self.firsts = np.zeros(slots, dtype=np.int64)
        self._held: list[Narrow | None] = [None] * slots
        self._open = -1
        self._counts = np.zeros(sizes[0], dtype=np.int64)
        self._sums: NDArray[np.floating[Any]] = np.zeros(sizes[1], dtype=sums_type)

    def add(self, slot: int, counts: NDArray[np.int64], sums: NDArray[np.float64]) -> None:
        """Add to *slot*; a slot that is full (4.2 billion) takes no more, its shares stay right."""
        place = slot % len(self.ids)
        if self.ids[place] != slot:
            self._empty(place)
            self.ids[place] = slot
        if int(self.firsts[place]) + int(counts[0]) > LARGEST:
            return
        self._widen(place)
        self.firsts[place] += counts[0]
        self._counts += counts
        with np.errstate(over="ignore"):  # squares of 64-bit identifiers; what is infinite is not published
            self._sums += sums.astype(self._sums.dtype)

    def forget_after(self, last: float) -> None:
        """Forget the slots after *last*."""
        for place in np.flatnonzero(self.ids > last).tolist():
            self._empty(place)

    def places(self, first: int, last: int) -> NDArray[np.int64]:
        """Return where the slots from *first* to *last* are held."""
        return np.flatnonzero((self.ids >= first) & (self.ids <= last))

    def total(self, places: Iterable[int]) -> Vectors:
        """Return the sum of what is held in *places*, without a copy of it all."""
        counts, sums = np.zeros(len(self._counts), dtype=np.int64), np.zeros(len(self._sums))
        for place in places:
            if place == self._open:
                counts += self._counts
                sums += self._sums
            elif (held := self._held[place]) is not None:
                held.add_to(counts, sums)
        return counts, sums

    def freeze(self) -> State:
        """Return the slots that hold something; nothing but the one that is open is copied."""
        used = np.flatnonzero(self.ids >= 0)
        held = [self._narrow(place) for place in used.tolist()]

        def counts() -> Iterator[NDArray[np.uint32]]:
            return (slot.counts().astype(np.uint32) for slot in held)

        def sums() -> Iterator[NDArray[np.floating[Any]]]:
            return (slot.sums for slot in held)

        return State(
            arrays={
                "ids": self.ids[used],
                "counts": Stack(np.dtype(np.uint32), (len(used), len(self._counts)), counts),
                "sums": Stack(self._sums.dtype, (len(used), len(self._sums)), sums),
            }
        )

    def thaw(self, state: State) -> None:
        """Hold what *state* says instead; `check` has said that it fits."""
        ids, counts, sums = self._read(state)
        for place in range(len(self.ids)):
            self._empty(place)
        for number, slot in enumerate(ids.tolist()):
            place = slot % len(self.ids)
            self.ids[place], self.firsts[place] = slot, counts[number, 0]
            self._held[place] = Narrow.of(counts[number], sums[number])

    def check(self, state: State) -> None:
        """Raise `StateError` unless *state* fits."""
        ids, _, _ = self._read(state)
        if len(np.unique(ids % len(self.ids))) != len(ids) or (len(ids) and ids.min() < 0):
            raise StateError(f"ids: {len(ids)} slots do not fit into {len(self.ids)}")

    @property
    def nbytes(self) -> int:
        """Bytes of what is held."""
        own = (self.ids, self.firsts, self._counts, self._sums)
        return sum(array.nbytes for array in own) + sum(held.nbytes for held in self._held if held is not None)

    def _read(self, state: State) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        ids = state.array("ids", np.int64, (None,))
        counts = state.array("counts", np.uint32, (len(ids), len(self._counts)))
        return ids, counts, state.array("sums", self._sums.dtype, (len(ids), len(self._sums)))

    def _empty(self, place: int) -> None:
        self.ids[place], self.firsts[place], self._held[place] = -1, 0, None
        if place == self._open:
            self._open = -1

    def _widen(self, place: int) -> None:
        """Open a place, and close the one that was open."""
        if place == self._open:
            return
        if self._open >= 0:
            self._held[self._open] = self._narrow(self._open)
        self._counts[:], self._sums[:] = 0, 0.0
        if (held := self._held[place]) is not None:
            held.add_to(self._counts, self._sums)
        self._held[place], self._open = None, place

    def _narrow(self, place: int) -> Narrow:
        """Return what a place holds as it can be kept."""
        held = self._held[place]
        return Narrow.of(self._counts, self._sums) if held is None or place == self._open else held
