"""Category counts of many columns: the most frequent categories, `other` and `missing`.

Guarantee: every row is counted once; a category that the reference did not have counts as `other` and as `unseen`.
At most 62 named categories a column, because more than 64 cells need over 2,400 samples per window (statistics.md 0.6).

Memory: 8 bytes a cell. Time: one bincount for all columns, about 2 ns a value once values are codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Codes, Counts, Flags
from driftgauge.sketch.additive import Sketch

__all__ = ["TOP_CATEGORIES", "CategoryCounts", "CategorySpec"]

#: named categories a column; with `other` and `missing` that makes 64 cells
TOP_CATEGORIES = 62
#: words of the longest dictionary whose codes are kept: 64 KiB a column
KEPT_WORDS = 16_384


@dataclass(frozen=True, slots=True)
class CategorySpec:
    """The named categories of every column, and the known rest.

    Attributes:
        names: categories with a cell of their own, per column, most frequent first.
        tails: further categories of the reference, per column: `other`, but not unseen.
        complete: whether `names` and `tails` are all that the reference had; where not, nothing counts as unseen.
        shown: what turns a value into the name that it has here, per column; None where values are names.
        width: cells of each column: the named categories of the widest one, `other`, `missing`.

    A row is handed over as its code: the position in `names`, or `other`, `missing`, `unseen`.

    >>> spec = CategorySpec((("basic", "plus"),), ((),), (True,))
    >>> spec.encode(0, ["plus", "gold"]).tolist(), spec.missing
    ([1, 4], 3)
    >>> spec.of(np.array([[1, 4, 3]])).counts.tolist()
    [[0, 1, 1, 1]]
    """

    names: tuple[tuple[str, ...], ...]
    tails: tuple[tuple[str, ...], ...]
    complete: tuple[bool, ...]
    shown: tuple[Callable[[str], str] | None, ...] = field(default=(), repr=False, compare=False)
    _codes: tuple[Mapping[str, int], ...] = field(init=False, repr=False, compare=False)
    _tables: dict[int, tuple[int, Codes]] = field(init=False, repr=False, compare=False, default_factory=dict)
    width: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", max((len(names) for names in self.names), default=0) + 2)
        codes = tuple(
            dict.fromkeys(tail, self.other) | {name: code for code, name in enumerate(names)}
            for names, tail in zip(self.names, self.tails, strict=True)
        )
        object.__setattr__(self, "_codes", codes)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.names)

    @property
    def other(self) -> int:
        """Code, and cell, of known categories without a cell of their own."""
        return self.width - 2

    @property
    def missing(self) -> int:
        """Code, and cell, of missing values."""
        return self.width - 1

    @property
    def unseen(self) -> int:
        """Code of categories that the reference did not have; counted in the cell `other` too."""
        return self.width

    @property
    def valid(self) -> Flags:
        """Which cells of `CategoryCounts.counts` are used by their column: shape [columns, width]."""
        own = np.array([len(names) for names in self.names], dtype=np.int64)
        cells = np.arange(self.width)[None, :] < own[:, None]
        cells[:, -2:] = True
        return cells

    def encode(self, column: int, vocabulary: Sequence[str]) -> Codes:
        """Return the code of each word of *vocabulary* in column number *column*."""
        codes = self._codes[column]
        rest = self.unseen if self.complete[column] else self.other
        if self.shown and (shown := self.shown[column]) is not None:
            vocabulary = tuple(map(shown, vocabulary))
        return np.fromiter(map(codes.get, vocabulary, repeat(rest)), np.int32, len(vocabulary))

    def table(self, column: int, vocabulary: tuple[str, ...]) -> Codes:
        """Return the code of each word of *vocabulary* in column number *column*, and then that of a missing value.

        A sender's dictionary is the same from body to body, so the last table of every column is kept. It is known by the hash of
        the words, which are not kept; that two dictionaries share one happens once in 10^19 pairs.
        """
        key, kept = hash(vocabulary), self._tables.get(column)
        if kept is not None and kept[0] == key:
            return kept[1]
        table = np.append(self.encode(column, vocabulary), np.int32(self.missing))
        if len(vocabulary) <= KEPT_WORDS:
            self._tables[column] = key, table
        return table

    def zero(self) -> CategoryCounts:
        """Return the counts of no rows."""
        return CategoryCounts(
            self, np.zeros((self.columns, self.width), dtype=np.int64), np.zeros(self.columns, dtype=np.int64)
        )

    def holding(self, arrays: Mapping[str, NDArray[Any]]) -> CategoryCounts:
        """Return counts around *arrays* (not copied)."""
        return CategoryCounts(self, **arrays)

    def of(self, codes: NDArray[np.integer[Any]]) -> CategoryCounts:
        """Count codes of shape [columns, rows]."""
        stride = self.width + 1
        cells = codes + (np.arange(self.columns) * stride)[:, None]
        table = np.bincount(cells.ravel(), minlength=self.columns * stride).reshape(self.columns, stride)
        unseen = table[:, self.unseen].astype(np.int64)
        counts = table[:, : self.width].astype(np.int64)
        counts[:, self.other] += unseen
        return CategoryCounts(self, counts, unseen)


@dataclass(frozen=True, slots=True, eq=False)
class CategoryCounts(Sketch):
    """Rows per category of every column.

    Attributes:
        counts: int64 [columns, width]; the last two cells are `other` and `missing`.
        unseen: rows whose category the reference did not have, int64 [columns].
    """

    spec: CategorySpec
    counts: Counts
    unseen: Counts

    @property
    def total(self) -> Counts:
        """Rows per column, missing ones included."""
        total: Counts = self.counts.sum(axis=1)
        return total

    @property
    def missing_ratio(self) -> NDArray[np.float64]:
        """Share of missing values per column; NaN without rows."""
        with np.errstate(invalid="ignore"):
            return self.counts[:, -1] / self.total

    @property
    def unseen_ratio(self) -> NDArray[np.float64]:
        """Share of the present values whose category the reference did not have; NaN without any."""
        with np.errstate(invalid="ignore"):
            ratio: NDArray[np.float64] = self.unseen / (self.total - self.counts[:, -1])
        return ratio
