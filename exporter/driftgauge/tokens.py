"""Tokens: the tokens of texts as numbers of hash buckets, row by row, from which no text can be read back.

Memory: 4 bytes a token and 8 a row. Texts as they are (`Texts`) are on their way from a decoder to what reduces them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

_ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", dtype=np.uint8)
_VALUES = np.full(256, -1, dtype=np.int32)
_VALUES[_ALPHABET] = np.arange(64)
#: as many buckets as there are (`sketch.TOKEN_BUCKETS`)
_BUCKETS = 2_048

__all__ = ["Texts", "Tokens", "joined_texts", "joined_tokens"]

#: one text a row: as it is, as token numbers, or None
Texts: TypeAlias = tuple[str | Sequence[int] | None, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of texts, as numbers of hash buckets: those of row i are `buckets[starts[i]:starts[i + 1]]`."""

    buckets: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each row."""
        lengths: NDArray[np.int64] = np.diff(self.starts)
        return lengths

    def packed(self) -> list[str]:
        """Return each row as text: its buckets in ascending order, two digits each of base 64 (RFC 4648, for URLs).

        >>> Tokens(np.array([70, 1, 2047], dtype=np.int32), np.array([0, 2, 3])).packed()
        ['ABBG', 'f_']
        """
        row = np.repeat(np.arange(len(self)), self.lengths)
        ordered = self.buckets[np.lexsort((self.buckets, row))]
        text = np.stack([_ALPHABET[ordered >> 6], _ALPHABET[ordered & 63]], axis=1).tobytes().decode("ascii")
        bounds = (2 * self.starts).tolist()
        return [text[first:last] for first, last in pairwise(bounds)]

    @classmethod
    def unpacked(cls, rows: Sequence[Any]) -> tuple[Tokens, int]:
        """Return the tokens of packed rows, and how many rows are neither packed tokens nor None; those have none."""
        found = [None if row is None else _buckets_of(row) for row in rows]
        wrong = sum(part is None for part in found) - sum(row is None for row in rows)
        none = np.empty(0, dtype=np.int32)
        parts = [none if part is None else part for part in found]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])
        return cls(np.concatenate([none, *parts]), starts.astype(np.int64)), wrong

    def take(self, rows: NDArray[Any] | slice) -> Tokens:
        """Return the tokens of the chosen rows."""
        chosen = np.arange(len(self))[rows]
        parts = [self.buckets[self.starts[row] : self.starts[row + 1]] for row in chosen.tolist()]
        starts = np.concatenate([[0], np.cumsum(self.lengths[chosen])])
        return Tokens(np.concatenate([self.buckets[:0], *parts]), starts.astype(np.int64))


def _buckets_of(row: Any) -> NDArray[np.int32] | None:
    """Return the buckets of a packed row; None for what is none."""
    if not isinstance(row, str) or len(row) % 2 or not row.isascii():
        return None
    digits = _VALUES[np.frombuffer(row.encode("ascii"), dtype=np.uint8)]
    buckets = digits[::2] * 64 + digits[1::2]
    return None if (digits < 0).any() or (buckets >= _BUCKETS).any() else buckets


def joined_tokens(parts: Sequence[Mapping[str, Tokens]], rows: Sequence[int]) -> dict[str, Tokens]:
    """Return the tokens of several batches in order; those that a batch of so many rows lacks are none."""
    empty = [Tokens(np.empty(0, np.int32), np.zeros(count + 1, np.int64)) for count in rows]
    joined = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        found = [part.get(name, blank) for part, blank in zip(parts, empty, strict=True)]
        lengths = np.concatenate([tokens.lengths for tokens in found])
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        joined[name] = Tokens(np.concatenate([tokens.buckets for tokens in found]), starts)
    return joined


def joined_texts(parts: Sequence[Mapping[str, Texts]], rows: Sequence[int]) -> dict[str, Texts]:
    """Return the texts of several batches in order; those that a batch lacks are None."""
    pairs = list(zip(parts, rows, strict=True))
    names = dict.fromkeys(name for part in parts for name in part)
    return {
        name: tuple(chain.from_iterable(part.get(name, (None,) * count) for part, count in pairs)) for name in names
    }
