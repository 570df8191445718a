"""What every sketch is: named arrays that add.

Law: `zero` is an identity on both sides, `merge` is associative and commutative, and splitting a batch changes nothing.
Counts add exactly (int64); sums add to within rounding (float64).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from driftgauge.errors import MergeError

__all__ = ["Sketch", "Spec"]


class Sketch:
    """Arrays that add, for the columns that `spec` names.

    Subclasses are frozen dataclasses whose first field is `spec` and whose other fields are int64 or float64 arrays.
    """

    __slots__ = ()
    spec: Any

    @property
    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """The state: every array by its name."""
        return {name: getattr(self, name) for name in _array_names(type(self))}  # type: ignore[arg-type] # classes are hashable

    def merge(self, other: Self) -> Self:
        """Return the sketch of both data sets.

        Raises:
            MergeError: the two were counted by different specs.
        """
        if self.spec is not other.spec and self.spec != other.spec:
            raise MergeError(
                f"{type(self).__name__}: the two sides were counted with different bins and cannot be added"
            )
        added = {name: array + getattr(other, name) for name, array in self.arrays.items()}
        return type(self)(self.spec, **added)  # type: ignore[call-arg]


@cache
def _array_names(kind: type[Sketch]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind)[1:])  # type: ignore[arg-type]


S_co = TypeVar("S_co", bound=Sketch, covariant=True)


class Spec(Protocol[S_co]):
    """What is counted: makes empty sketches, and sketches around given arrays."""

    def zero(self) -> S_co:
        """Return the sketch of no rows."""
        ...

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> S_co:
        """Return a sketch of this spec around *arrays* (not copied)."""
        ...


def same(left: NDArray[Any], right: NDArray[Any]) -> bool:
    """Tell whether two arrays of a spec are equal, NaN counting as equal to itself."""
    return left.shape == right.shape and bool(np.array_equal(left, right, equal_nan=left.dtype.kind == "f"))
