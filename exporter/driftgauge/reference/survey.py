"""Survey: a first look at columns whose schema is not known: their kinds, categories and numeric values.

What is kept of numbers is the caller's choice (`collector`): a bounded sample of a file, or additive cells of traffic.
Categories are counted exactly up to 20,000 distinct ones per column; beyond that the rarest are dropped and the column is
marked incomplete. Memory: a few MB per high-cardinality column at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from driftgauge.batch import Batch, Categories, Column, Floats, Mixed
from driftgauge.derive import text_of
from driftgauge.profile.reading import as_categories, read_numbers, word
from driftgauge.profile.schema import CATEGORICAL, NUMERIC, OUTPUT
from driftgauge.reference.edges import needs_float64
from driftgauge.sketch import TOP_CATEGORIES

__all__ = ["Collector", "ColumnSurvey", "Survey"]

#: distinct categories counted exactly
MOST_CATEGORIES = 20_000
#: distinct numbers counted exactly; enough to tell class labels and small integers
MOST_DISTINCT = 64
#: names of the tail kept in a profile, so that they are not taken for unseen ones
MOST_TAIL = 1_000
#: share of distinct texts from which on a column identifies rows, and from how many distinct ones on
IDENTIFIER_SHARE, LEAST_IDENTIFIERS = 0.5, 1_000
#: longest category; what is longer is free text, which must not be kept
MOST_CHARS = 256
#: share of numbers from which on a column with some text in it is numeric with wrong values
NUMERIC_SHARE = 0.95


#: values handed to a collector at once
_PIECE = 2**20


class Collector(Protocol):
    """Keeps what is needed of a numeric column to choose its edges.

    It gets nothing while the column has few distinct values; its first values are more than 64 distinct ones.
    """

    @property
    def wide(self) -> bool:
        """Whether float32 would merge the column's values."""
        ...

    def add(self, values: Floats) -> None:
        """Take finite values in."""
        ...

    def values(self) -> tuple[Floats, Floats]:
        """Return distinct values, ascending, and their weights."""
        ...

    def floors(self) -> Floats | None:
        """Return where the cells begin that the values are the ends of; None where each value stands for itself."""
        ...


@dataclass(slots=True)
class ColumnSurvey:
    """What is known of one column."""

    collector: Collector
    present: int = 0
    numbers: int = 0
    low: float = np.inf
    high: float = -np.inf
    words: Counter[str] = field(default_factory=Counter)
    complete: bool = True
    infinite: list[int] = field(default_factory=lambda: [0, 0])
    distinct: Counter[float] | None = field(default_factory=Counter)

    def add(self, column: Column) -> None:
        """Take a column's values in."""
        if isinstance(column, Mixed):
            self.add(column.numbers)
            self.add(column.categories)
        elif isinstance(column, Categories):
            self._add_words(column)
        else:
            self._add_numbers(column)

    def _add_numbers(self, column: Floats) -> None:
        values = column[~np.isnan(column)]
        self.present += len(values)
        self.numbers += len(values)
        for side, infinity in enumerate((-np.inf, np.inf)):
            self.infinite[side] += int(np.count_nonzero(values == infinity))
        values = values[np.isfinite(values)]
        if not len(values):
            return
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        if self.distinct is None:
            self.collector.add(values)
        else:
            self._add_distinct(self.distinct, values)

    def _add_distinct(self, known: Counter[float], values: Floats) -> None:
        """Count *values* one by one, or, if there are too many distinct ones, hand them and all earlier to the collector."""
        found, counts = np.unique(values, return_counts=True)
        if len(known.keys() | set(found[: MOST_DISTINCT + 1].tolist())) <= MOST_DISTINCT:
            known.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))
            return
        self.collector.add(np.concatenate([np.array(list(known), dtype=np.float64), values]))
        for value, count in known.items():
            for start in range(1, count, _PIECE):
                self.collector.add(np.full(min(_PIECE, count - start), value))
        self.distinct = None

    def _add_words(self, column: Categories) -> None:
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.vocabulary)).tolist()
        self.present += sum(counts)
        for text, count in zip(column.vocabulary, counts, strict=True):  # a vocabulary may name a word twice
            if not count:
                continue
            if len(text) > MOST_CHARS:
                self.complete = False  # free text is no category; it counts as `other`
            else:
                self.words[text] += count
        if len(self.words) > MOST_CATEGORIES:
            self.words = Counter(dict(self.words.most_common(MOST_CATEGORIES // 2)))
            self.complete = False

    def kind(self, role: str) -> str:
        """Infer the kind: text is categorical, and so are outputs with few distinct whole numbers (class labels)."""
        texts = self.present - self.numbers
        if texts and self.numbers < NUMERIC_SHARE * self.present:
            return CATEGORICAL
        classes = self.distinct is not None and len(self.distinct) <= TOP_CATEGORIES and bool(self.distinct)
        whole = classes and all(value.is_integer() for value in self.distinct or ())
        return CATEGORICAL if role == OUTPUT and whole and not texts else NUMERIC

    def category_counts(self) -> Counter[str]:
        """Return the rows of each category, numbers under their text."""
        counts = Counter(self.words)
        for value, count in (self.distinct or {}).items():
            counts[word(value)] += count
        for value, count in zip((-np.inf, np.inf), self.infinite, strict=True):
            if count:
                counts[word(value)] += count
        return counts

    @property
    def identifying(self) -> bool:
        """Whether the column's texts tell rows apart, as identifiers and free text do.

        More than half of them are distinct; or there are too many to count, and the frequent ones are less than half.
        """
        if self.complete:
            return len(self.words) > max(LEAST_IDENTIFIERS, IDENTIFIER_SHARE * self.present)
        frequent = sum(count for _, count in self.words.most_common(TOP_CATEGORIES))
        return frequent < IDENTIFIER_SHARE * self.present

    def categories(self) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
        """Return the named categories (most frequent first, ties by name), the tail, and whether they are all."""
        if self.identifying:
            return (), (), False  # names of people and free text must not be kept
        counts = self.category_counts()
        names = sorted(counts, key=lambda name: (-counts[name], name))
        tail = tuple(sorted(names[TOP_CATEGORIES : TOP_CATEGORIES + MOST_TAIL]))
        complete = self.complete and self.distinct is not None and len(names) <= TOP_CATEGORIES + MOST_TAIL
        return tuple(names[:TOP_CATEGORIES]), tail, complete

    @property
    def wide(self) -> bool:
        """Whether float32 would merge the column's values, or lose its extremes."""
        if self.low <= self.high and max(-self.low, self.high) > float(np.finfo(np.float32).max):
            return True
        return self.collector.wide if self.distinct is None else needs_float64(self.edge_values()[0])

    def floors(self) -> Floats | None:
        """Return where the cells begin that `edge_values` are the ends of; None where each value stands for itself."""
        return self.collector.floors() if self.distinct is None else None

    def edge_values(self) -> tuple[Floats, Floats]:
        """Return distinct values, ascending, with weights; exact while there are few."""
        if self.distinct is None:
            return self.collector.values()
        values = np.array(sorted(self.distinct))
        return values, np.array([self.distinct[value] for value in values.tolist()], dtype=np.float64)


@dataclass(slots=True)
class Survey:
    """A first look at all columns of a stream of batches.

    Args:
        collector: makes what keeps a numeric column's values.
        kinds: kinds that are given, by column name.
        limit: columns surveyed at most; further ones are left out and counted in `cut`.
        texts: names of texts, whose facts are numbers; filled as they come.
    """

    collector: Callable[[], Collector]
    kinds: Mapping[str, str] = field(default_factory=dict)
    limit: int = 2_000
    rows: int = 0
    columns: dict[tuple[str, str], ColumnSurvey] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def add(self, batch: Batch) -> None:
        """Take a batch in."""
        self.rows += batch.rows
        self.texts.update(batch.tokens)
        for role, name, column in batch.columns:
            survey = self._survey(role, name)
            if survey is None:
                continue
            if self.kinds.get(name) == NUMERIC and not isinstance(column, np.ndarray):
                numbers, wrong = read_numbers(column, np.empty(0), np.float64)
                survey.add(numbers)
                survey.present += wrong
            else:
                survey.add(as_categories(column) if self.kinds.get(name) == CATEGORICAL else column)

    def _survey(self, role: str, name: str) -> ColumnSurvey | None:
        known = self.columns.get((role, name))
        if known is None and len(self.columns) >= self.limit:
            if len(self.cut) < self.limit:
                self.cut.add(name)
            return None
        return known or self.columns.setdefault((role, name), ColumnSurvey(self.collector()))

    def kind(self, role: str, name: str) -> str:
        """Return a column's kind: the given one, else the inferred one."""
        given: Any = self.kinds.get(name)
        if given is None and text_of(name) in self.texts:
            return NUMERIC  # the length of answers is no class, however few lengths there are
        return given or self.columns[role, name].kind(role)
