"""Sketch ring: what is told of the model itself (outcomes, calibration, embeddings, ...) by time.

Where a profile counts columns, this holds any sketches of one model by their names, so that whatever is additive gets windows,
a running total and a place in the checkpoint in the same way. Sums are held as float64: errors of a regression are small
differences. Memory: 564 slots of the sketches' arrays, taken from the system as slots fill.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import StateError
from driftgauge.profile.layout import Layout, flat
from driftgauge.profile.slots import TIERS, Slots, Vectors
from driftgauge.profile.window import Window
from driftgauge.sketch import Sketch, Spec
from driftgauge.state import State

__all__ = ["SketchRing"]


class SketchRing:
    """Sketches of one model by time.

    Args:
        specs: what is counted, by name.
        plan: (seconds a slot, number of slots) of each tier, finest first.
    """

    def __init__(self, specs: Mapping[str, Spec[Any]], plan: tuple[tuple[int, int], ...] = TIERS) -> None:
        self.specs = dict(specs)
        self._names = {name: tuple(spec.zero().arrays) for name, spec in self.specs.items()}
        empty = self._arrays({})
        self._layout = Layout.of(empty)
        counts, sums = self._total = flat(empty)
        self.slots = Slots((len(counts), len(sums)), sums_type=np.float64, plan=plan)

    @property
    def total(self) -> dict[str, Any]:
        """Everything observed, never expiring: a sketch by each name."""
        return self._sketches((self._total[0].copy(), self._total[1].copy()))

    def add(self, sketches: Mapping[str, Sketch], time: float) -> None:
        """Add what was observed at *time* (seconds); a name that is left out adds nothing."""
        vectors = flat(self._arrays(sketches))
        np.add(self._total[0], vectors[0], out=self._total[0])
        np.add(self._total[1], vectors[1], out=self._total[1])
        self.slots.add(vectors, time)

    def window(self, window: Window, now: float) -> dict[str, Any]:
        """Return the sketches over the last `window.seconds` before *now*, by name."""
        return self._sketches(self.slots.window(window, now))

    def past(self, seconds: int, now: float, *, back: int = 0) -> dict[str, Any]:
        """Return the sketches over the complete slots of the *seconds* that ended *back* seconds before *now*, by name."""
        return self._sketches(self.slots.past(seconds, now, back=back))

    def slot(self, seconds: int, number: int) -> dict[str, Any]:
        """Return the sketches of slot *number* (time // seconds), of slots of *seconds*, by name."""
        return self._sketches(self.slots.slot(seconds, number))

    def forget_after(self, now: float) -> None:
        """Forget the slots that lie ahead of *now*, after a clock that was wrong; the total stays."""
        self.slots.forget_after(now)

    def freeze(self) -> State:
        """Return the slots as they are now; the total is a counter of this process and not kept."""
        return State({"layout": self._signature}, parts={"slots": self.slots.freeze()})

    def thaw(self, state: State) -> None:
        """Take slots back.

        Raises:
            StateError: other sketches were counted; nothing has changed.
        """
        if (found := state.fact("layout", list)) != self._signature:
            raise StateError(f"layout: expected {self._signature}, got {found}")
        self.slots.thaw(state.part("slots"))

    @property
    def _signature(self) -> list[list[Any]]:
        """What is counted, as JSON holds it: name, array, shape."""
        empty = {name: spec.zero().arrays for name, spec in self.specs.items()}
        return [[name, array, list(values.shape)] for name, arrays in empty.items() for array, values in arrays.items()]

    def _arrays(self, sketches: Mapping[str, Sketch]) -> list[NDArray[Any]]:
        """Return all arrays in fixed order, led by a count that no other exceeds."""
        chosen = [sketches[name] if name in sketches else spec.zero() for name, spec in self.specs.items()]
        arrays = [array for sketch in chosen for array in sketch.arrays.values()]
        most = max((int(array.max(initial=0)) for array in arrays if array.dtype == np.int64), default=0)
        return [np.array([most], dtype=np.int64), *arrays]

    def _sketches(self, vectors: Vectors) -> dict[str, Any]:
        arrays = iter(self._layout.arrays(vectors)[1:])
        return {
            name: spec.holding({array: next(arrays) for array in self._names[name]})
            for name, spec in self.specs.items()
        }
