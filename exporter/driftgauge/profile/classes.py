"""Classes: which class a prediction or a label is, whether it came as a number, a text or a boolean.

`1`, `1.0` and `"1"` are one class; `true` and `false` are 1 and 0 where the other side has numbers. Up to `most` classes get
a code of their own, in the order in which they are seen (those of the reference first); the others share one, and are still
told apart when truth and prediction are compared. A class is remembered by a digest of its text, 64 bits.

Memory: the texts of 4,096 classes. Time: a distinct text or number costs about 1 us, a row 50 ns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import MISSING, Categories, Column, Flags, Mixed
from driftgauge.errors import StateError
from driftgauge.profile.reading import word
from driftgauge.state import State

__all__ = ["Classes", "Values", "digests"]

Float64s = NDArray[np.float64]
Digests = NDArray[np.uint64]

#: texts that are remembered
_REMEMBERED = 4_096
#: characters of a class that its series carry
_SHOWN = 64
_BOOLEANS = {"true": 1.0, "false": 0.0}


def digests(texts: Iterable[str]) -> Digests:
    """Return 64 bits that stand for each text, the same in every process; never 0."""
    raw = b"".join(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest() for text in texts)
    found: Digests = np.maximum(np.frombuffer(raw, dtype="<u8"), 1).astype(np.uint64)
    return found


@dataclass(frozen=True, slots=True)
class Values:
    """Predictions or labels, not yet read as classes or as quantities.

    Attributes:
        numbers: as a number, NaN where it is none; text that spells a number is one; [rows].
        words: digest of the text, 0 where it came as a number; [rows].
    """

    numbers: Float64s
    words: Digests

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def known(self) -> Flags:
        """Which rows have a value."""
        known: Flags = ~np.isnan(self.numbers) | (self.words != 0)
        return known

    def take(self, rows: NDArray[np.int64] | Flags) -> Values:
        """Return the chosen rows."""
        return Values(self.numbers[rows], self.words[rows])


class Classes:
    """The classes of one model.

    Args:
        most: classes with a code of their own.
        names: classes that are known already, the most frequent first.
        shown: what turns a class into what is shown of it, and once more into the same; None: its text.
    """

    def __init__(self, most: int, names: Iterable[str] = (), shown: Callable[[str], str] | None = None) -> None:
        self.most = most
        self.names: list[str] = []
        self._codes: dict[int, int] = {}
        self._texts: dict[int, str] = {}
        self._digests: dict[str, int] = {}
        self._shown = shown
        self._booleans = self.digests(_BOOLEANS)
        self.learn(names)

    def learn(self, names: Iterable[str]) -> None:
        """Give these classes the next codes, as long as there are any."""
        for name in names:
            self._code(self._digest(name))

    def digests(self, names: Iterable[str]) -> Digests:
        """Return what stands for the classes of these names."""
        return np.array([self._digest(name) for name in names], dtype=np.uint64)

    def values(self, column: Column) -> Values:
        """Read a column of predictions or labels."""
        if isinstance(column, Mixed):
            texts = self.values(column.categories)
            given = ~np.isnan(column.numbers)
            return Values(np.where(given, column.numbers, texts.numbers), np.where(given, np.uint64(0), texts.words))
        if not isinstance(column, Categories):
            return Values(column.astype(np.float64), np.zeros(len(column), dtype=np.uint64))
        numbers = np.array([*map(_number, column.vocabulary), np.nan])
        words = np.array([*map(self._digest, column.vocabulary), 0], dtype=np.uint64)
        codes = np.maximum(column.codes, MISSING)  # -1 takes the last entry
        return Values(numbers[codes], words[codes])

    def codes(self, truth: Values, predicted: Values) -> NDArray[np.int64]:
        """Return the codes of pairs as `ConfusionSpec(most)` takes them, [2, rows]; both sides must be known."""
        sides = [self._words(truth, predicted), self._words(predicted, truth)]
        words, place = np.unique(np.concatenate(sides), return_inverse=True)
        for found in sorted(set(words.tolist()) - self._codes.keys(), key=lambda found: self._texts.get(found, "")):
            self._code(found)  # new classes of one body get their codes in the order of their texts
        table = np.array([self._code(found) for found in words.tolist()], dtype=np.int64)
        codes = table[place].reshape(2, -1)
        codes[1, (codes[0] == self.most) & (sides[0] == sides[1])] = self.most + 1
        return codes

    def position(self, values: Values, names: Digests) -> NDArray[np.int64]:
        """Return where each value stands among *names* (digests of class names), -1 where it is none of them."""
        order = np.argsort(names)
        words = self._words(values, None)
        place = np.minimum(np.searchsorted(names[order], words), len(names) - 1)
        found: NDArray[np.int64] = np.where(names[order][place] == words, order[place], -1)
        return found

    def freeze(self) -> State:
        """Return a copy of the classes in the order of their codes, and of the texts that are remembered."""
        codes = np.array(list(self._codes), dtype=np.uint64)
        return State({"names": list(self.names), "texts": list(self._texts.values())}, {"codes": codes})

    def thaw(self, state: State) -> None:
        """Hold the classes of *state* instead.

        Raises:
            StateError: they are too many, or no classes; nothing has changed.
        """
        names, texts = state.fact("names", list), state.fact("texts", list)
        codes = state.array("codes", np.uint64, (len(names),)).tolist()
        if len(names) > self.most or len(set(codes)) < len(codes):
            raise StateError(f"names: expected at most {self.most} different classes, got {len(names)}")
        if not all(isinstance(text, str) for text in (*names, *texts)):
            raise StateError("names, texts: expected texts")
        self.names, self._codes = names, {digest: code for code, digest in enumerate(codes)}
        self.digests(texts)

    def _words(self, values: Values, other: Values | None) -> Digests:
        """Return digests of all values, numbers by their text; booleans as numbers where the *other* side has those."""
        words = values.words.copy()
        if other is not None:
            words[(other.words == 0) & np.isin(words, self._booleans)] = 0
        plain = (words == 0) & ~np.isnan(values.numbers)
        numbers, place = np.unique(values.numbers[plain], return_inverse=True)
        words[plain] = np.array([self._digest(word(number)) for number in numbers], dtype=np.uint64)[place]
        return words

    def _digest(self, text: str) -> int:
        known = self._digests.get(text)
        if known is None:
            shown = text if self._shown is None else self._shown(text)
            known = int(digests([shown])[0])
            if len(self._digests) < _REMEMBERED:
                self._digests[text] = known
                self._texts[known] = shown
        return known

    def _code(self, digest: int) -> int:
        code = self._codes.get(digest)
        if code is None:
            text = self._texts.get(digest)
            if text is None or len(self.names) >= self.most:
                return self.most
            code = self._codes[digest] = len(self.names)
            self.names.append(_distinct(text, self.names))
        return code


def _distinct(text: str, names: list[str]) -> str:
    """Return the name of a class as series carry it; long ones that begin alike stay different."""
    shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f"{shown} {len(names)}" if shown in names else shown


def _number(text: str) -> float:
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
