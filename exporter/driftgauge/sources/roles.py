"""Roles: which column of a table is the prediction, a probability, the event time, a feature.

Roles are checked against the columns of a table before its first row is read: a name that is not there, in any role, is
an error that lists what is there. What no role claims is a feature, unless `features` says which columns are.
Cost: a few dictionary look-ups a chunk; columns are handed on, not copied, probabilities excepted.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Batch, Categories, Column, Floats, Mixed, Requests
from driftgauge.errors import SourceError
from driftgauge.sources.event_time import event_times
from driftgauge.sources.labels import coded, label, labelled

__all__ = ["FACTS", "FEATURES_ONLY", "RESERVED", "Roles"]

#: what may be said of a row beside its columns
FACTS = ("id", "label", "latency_s", "status")
#: outputs whose names begin so carry facts
RESERVED = "driftgauge."

#: what pandas calls an index that it stores as a column; row numbers and ids drift by nature
_STORED_INDEX = "__index_level_"

#: names an error message lists before it says how many more there are
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns of a table are what.

    Attributes:
        prediction: becomes the output `prediction`.
        probabilities: class probabilities, in the order of the classes; a single column p means [1 - p, p].
        timestamp: event times: RFC 3339 text, seconds since 1970 or a datetime type; without a zone they are UTC.
        features: the inputs; None means every column that no other role claims.
        ignore: columns that are no feature, such as ids.
        outputs: further output columns, under their own names.
        categorical: columns of class codes, such as postal codes: read as text even where they look like numbers.
        segments: field -> the column that says which segment a row belongs to; it is a feature all the same, unless ignored.
        facts: fact (one of `FACTS`) -> its column; carried as the output `driftgauge.FACT`, for who sends the rows on.
        with_facts: whether lines that say themselves what is a fact carry it so, too.
        label: the truth about the row; becomes the batch's labels.
        known: columns that must be there, by what they are wanted for; features all the same.

    >>> Roles(prediction="y", ignore=("id",)).wanted(["id", "age", "y"])
    ('age', 'y')
    """

    prediction: str | None = None
    probabilities: tuple[str, ...] = ()
    timestamp: str | None = None
    features: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    segments: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    with_facts: bool = False
    label: str | None = None
    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def wanted(self, names: Sequence[str]) -> tuple[str, ...]:
        """Check these roles against the columns of a table and return the columns to read, in the table's order."""
        _check_distinct(names)
        for role, asked in self._asked():
            _check_known(role, asked, names)
        needed = {*self._claimed(), *self._features(names), *self.segments.values()}
        return tuple(name for name in names if name in needed)

    def batch(self, rows: int, columns: Mapping[str, Column]) -> Batch:
        """Return the batch that these columns make; `columns` are those that `wanted` named."""
        outputs = {} if self.prediction is None else {"prediction": columns[self.prediction]}
        return Batch(
            rows,
            inputs={name: columns[name] for name in self._features(columns)},
            outputs=outputs
            | {name: columns[name] for name in self.outputs}
            | {RESERVED + fact: columns[name] for fact, name in self.facts.items()},
            probabilities=_probabilities({name: columns[name] for name in self.probabilities}),
            timestamps=None if self.timestamp is None else event_times(self.timestamp, columns[self.timestamp]),
            requests=Requests(rows),
            labels=None if self.label is None else columns[self.label],
            segments={field: _words(columns[name]) for field, name in self.segments.items()},
        )

    def _features(self, names: Iterable[str]) -> tuple[str, ...]:
        if self.features is not None:
            return tuple(self.features)
        taken = {*self._claimed(), *self.ignore}
        return tuple(name for name in names if name not in taken and not name.startswith(_STORED_INDEX))

    def _claimed(self) -> tuple[str, ...]:
        single = (self.prediction, self.timestamp, self.label)
        named = (name for name in single if name is not None)
        return (*named, *self.probabilities, *self.outputs, *self.facts.values())

    def _asked(self) -> Iterable[tuple[str, Iterable[str]]]:
        yield "prediction", () if self.prediction is None else (self.prediction,)
        yield "label", () if self.label is None else (self.label,)
        yield "timestamp", () if self.timestamp is None else (self.timestamp,)
        yield "probabilities", self.probabilities
        yield "features", self.features or ()
        yield "outputs", self.outputs
        yield "ignore", self.ignore
        yield "categorical", self.categorical
        yield "segments", self.segments.values()
        for fact, name in self.facts.items():
            yield fact, (name,)
        yield from self.known.items()


#: the roles of a table that holds features and nothing else
FEATURES_ONLY = Roles()


def _check_distinct(names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SourceError(f"expected distinct column names, found {twice[0]!r} more than once")


def _check_known(role: str, asked: Iterable[str], names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            raise SourceError(f"no column {name!r} for {role}{_near(name, names)}; the columns are {_listed(names)}")


def _near(name: str, names: Sequence[str]) -> str:
    folded = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    return f", did you mean {folded[near[0]]!r}?" if near else ""


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _probabilities(columns: Mapping[str, Column]) -> Floats | None:
    if not columns:
        return None
    shares = [_numbers(name, column) for name, column in columns.items()]
    if len(shares) == 1:
        shares.insert(0, 1 - shares[0])
    return np.stack(shares, axis=1)


def _words(column: Column) -> Categories:
    """Return a column as categories, numbers by their text."""
    if isinstance(column, Categories):
        return column
    if isinstance(column, Mixed):
        texts = (*column.categories.vocabulary, None)
        pairs = zip(column.categories.codes.tolist(), column.numbers.tolist(), strict=True)
        return coded([label(number) if texts[code] is None else texts[code] for code, number in pairs])
    found, codes = np.unique(column, return_inverse=True)
    return labelled(codes, found)


def _numbers(name: str, column: Column) -> Floats:
    if isinstance(column, Categories | Mixed):
        texts = column.vocabulary if isinstance(column, Categories) else column.categories.vocabulary
        raise SourceError(f"probability column {name!r} holds text such as {next(iter(texts), '')!r}, expected numbers")
    return column
