"""Sketch count ring: what `SketchRing` holds by time, of the last N rows, as `CountRing` holds profiles.

Rows are kept in ten slots that close when a tenth of N has been counted, so the window holds the last N rows and at most a tenth of N more,
plus what came in one piece with the oldest of them. Memory: eleven times the sketches' arrays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from driftgauge.profile.count_ring import SLOTS
from driftgauge.profile.layout import Layout, flat
from driftgauge.profile.slots import Vectors
from driftgauge.sketch import Sketch, Spec
from driftgauge.state import State

__all__ = ["SketchCountRing"]


@dataclass(slots=True)
class _Slot:
    """Rows that came after one another: how many, and the sketches' arrays, flat."""

    rows: int
    vectors: Vectors


class SketchCountRing:
    """Sketches of the last *rows* rows of one model.

    Args:
        specs: what is counted, by name.
        rows: how many.
    """

    def __init__(self, specs: Mapping[str, Spec[Any]], rows: int) -> None:
        self.rows = rows
        self._specs = dict(specs)
        self._empty = {name: spec.zero() for name, spec in self._specs.items()}
        self._layout = Layout.of([array for sketch in self._empty.values() for array in sketch.arrays.values()])
        self._slots: deque[_Slot] = deque()

    def add(self, sketches: Mapping[str, Sketch], rows: int) -> None:
        """Add what *rows* rows held; a name that is left out adds nothing."""
        vectors = self._flat(sketches)
        newest = self._slots[-1] if self._slots else None
        if newest is None or newest.rows >= max(self.rows // SLOTS, 1):
            self._slots.append(_Slot(rows, vectors))
        else:
            newest.rows += rows
            newest.vectors = newest.vectors[0] + vectors[0], newest.vectors[1] + vectors[1]
        while sum(slot.rows for slot in self._slots) - self._slots[0].rows >= self.rows:
            self._slots.popleft()

    @property
    def window(self) -> dict[str, Any]:
        """What is held, by name."""
        counts, sums = self._flat({})
        for slot in self._slots:
            counts, sums = counts + slot.vectors[0], sums + slot.vectors[1]
        arrays = iter(self._layout.arrays((counts, sums)))
        return {
            name: self._specs[name].holding({array: next(arrays) for array in empty.arrays})
            for name, empty in self._empty.items()
        }

    def freeze(self) -> State:
        """Return a copy of the slots."""
        sizes = tuple(map(len, self._flat({})))
        return State(
            arrays={
                "rows": np.array([slot.rows for slot in self._slots], dtype=np.int64),
                "counts": np.array([slot.vectors[0] for slot in self._slots], dtype=np.int64).reshape(-1, sizes[0]),
                "sums": np.array([slot.vectors[1] for slot in self._slots], dtype=np.float64).reshape(-1, sizes[1]),
            }
        )

    def thaw(self, state: State) -> None:
        """Take slots back.

        Raises:
            StateError: they are of other sketches; nothing has changed.
        """
        sizes = tuple(map(len, self._flat({})))
        rows = state.array("rows", np.int64, (None,))
        counts = state.array("counts", np.int64, (len(rows), sizes[0]))
        sums = state.array("sums", np.float64, (len(rows), sizes[1]))
        self._slots = deque(
            _Slot(count, (counts[place].copy(), sums[place].copy())) for place, count in enumerate(rows.tolist())
        )

    def _flat(self, sketches: Mapping[str, Sketch]) -> Vectors:
        chosen = [sketches.get(name, empty) for name, empty in self._empty.items()]
        return flat([array for sketch in chosen for array in sketch.arrays.values()])
