"""Stack: a matrix in pieces, one above the other, as it goes to the wire.

Guarantee: pieces are never copied together: one copy of a megabyte would hold the interpreter lock for a millisecond, and a
socket takes many pieces as well as one. Cutting a stack copies nothing, choosing rows copies only those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Matrix", "Stack"]

Matrix: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Stack:
    """Matrices of one width and one type, at least one.

    >>> stack = Stack([np.zeros((2, 3)), np.ones((1, 3))])
    >>> stack.shape, [len(piece) for piece in stack.take(slice(1, 3)).pieces]
    ((3, 3), [1, 1])
    """

    pieces: Sequence[Matrix]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return sum(map(len, self.pieces)), self.pieces[0].shape[1]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.pieces[0].dtype

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return sum(piece.nbytes for piece in self.pieces)

    def take(self, rows: NDArray[np.bool_] | slice) -> Stack:
        """Return the rows that are flagged, or those of a slice of step 1."""
        taken = [piece for piece in self._taken(rows) if len(piece)]
        return Stack(taken or [self.pieces[0][:0]])

    def _taken(self, rows: NDArray[np.bool_] | slice) -> Iterator[Matrix]:
        begin = 0
        for piece in self.pieces:
            if isinstance(rows, slice):
                yield piece[max(rows.start - begin, 0) : max(rows.stop - begin, 0)]
            else:
                yield piece[rows[begin : begin + len(piece)]]
            begin += len(piece)

    @classmethod
    def of(cls, stacks: Sequence[Stack]) -> Stack:
        """Return the rows of all *stacks*, which have one width and one type."""
        return cls(list(chain.from_iterable(stack.pieces for stack in stacks)))
