"""State: what a checkpoint keeps of one thing, as plain facts, arrays and the states of its parts.

Whoever owns something that a restart should not lose has `freeze()`, which returns a copy of it as a `State`, and
`thaw(state)`, which takes one back or raises `StateError` and is then as it was before. Nothing here knows files.

What can no longer change need not be copied: a `Stack` is an array whose rows are made when it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from driftgauge.errors import StateError

__all__ = ["Mark", "Stack", "State"]

T = TypeVar("T")

#: what was frozen: who it was, because whoever begins anew counts revisions anew, and the revision
Mark = tuple[object, int]


@dataclass(frozen=True, slots=True)
class Stack:
    """An array of rows that are made one after another, from what does not change.

    Attributes:
        dtype: of the rows.
        shape: of the whole.
        rows: makes them, in order, each time it is called.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    rows: Callable[[], Iterator[NDArray[Any]]]

    def whole(self) -> NDArray[Any]:
        """Return the array."""
        found = np.empty(self.shape, dtype=self.dtype)
        for place, row in enumerate(self.rows()):
            found[place] = row
        return found


@dataclass(frozen=True, slots=True)
class State:
    """A frozen copy.

    Attributes:
        facts: what JSON can hold.
        arrays: of any numeric type and shape, as they are or as stacks of rows.
        parts: the states of what it consists of.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any] | Stack] = field(default_factory=dict)
    parts: Mapping[str, State] = field(default_factory=dict)

    def fact(self, name: str, kind: type[T]) -> T:
        """Return a fact.

        Raises:
            StateError: it is not there or of another kind.
        """
        value = self.facts.get(name)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind):
            raise StateError(f"{name}: expected {kind.__name__}, got {type(value).__name__}")
        return value

    def moment(self, name: str) -> float | None:
        """Return a fact that is a number or None.

        Raises:
            StateError: it is something else.
        """
        return None if name in self.facts and self.facts[name] is None else self.fact(name, float)

    def array(self, name: str, kind: DTypeLike, shape: tuple[int | None, ...]) -> NDArray[Any]:
        """Return an array; None in *shape* stands for any length.

        Raises:
            StateError: it is not there, or of another type or shape.
        """
        found = self.arrays.get(name)
        if found is None:
            raise StateError(f"{name}: there is no such array")
        fits = len(found.shape) == len(shape) and all(
            wanted is None or length == wanted for length, wanted in zip(found.shape, shape, strict=True)
        )
        if found.dtype != np.dtype(kind) or not fits:
            raise StateError(f"{name}: expected {np.dtype(kind)} {shape}, got {found.dtype} {found.shape}")
        return found.whole() if isinstance(found, Stack) else found

    def part(self, name: str) -> State:
        """Return the state of a part.

        Raises:
            StateError: it is not there.
        """
        if name not in self.parts:
            raise StateError(f"{name}: there is no such part")
        return self.parts[name]
