"""Layout: arrays of several shapes as two flat vectors, one of counts and one of sums, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.profile.slots import Vectors

__all__ = ["Layout", "flat"]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each array lies in the two flat vectors: (is a count, slice, shape), in the arrays' order."""

    places: tuple[tuple[bool, slice, tuple[int, ...]], ...]

    @classmethod
    def of(cls, arrays: Iterable[NDArray[Any]]) -> Layout:
        """Lay out arrays of these types (int64 is a count, float64 a sum) and shapes."""
        used = {True: 0, False: 0}
        places = []
        for array in arrays:
            count = array.dtype == np.int64
            places.append((count, slice(used[count], used[count] + array.size), array.shape))
            used[count] += array.size
        return cls(tuple(places))

    def arrays(self, vectors: Vectors) -> list[NDArray[Any]]:
        """Return the arrays that lie in *vectors*, as views."""
        counts, sums = vectors
        return [(counts if count else sums)[place].reshape(shape) for count, place, shape in self.places]


def flat(arrays: Sequence[NDArray[Any]]) -> Vectors:
    """Return *arrays* as two flat vectors."""
    counts = [array.ravel() for array in arrays if array.dtype == np.int64]
    sums = [array.ravel() for array in arrays if array.dtype == np.float64]
    return (
        np.concatenate(counts) if counts else np.empty(0, dtype=np.int64),
        np.concatenate(sums) if sums else np.empty(0),
    )
