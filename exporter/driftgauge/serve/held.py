"""Held: inferences that have been read and are about to be counted, gathered by model and by form.

Law: what is put in comes out once: plain inferences of one form read as one body (`ingest/plain.py`), batches of one form joined
(`ingest/joining.py`), and those that may not be joined alone. Memory: that of the values, which the caller bounds by their number.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from driftgauge.batch import Batch, concatenate
from driftgauge.ingest.joining import form_of
from driftgauge.ingest.plain import Plain, read_plain

__all__ = ["Group", "Held", "Key"]

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Key:
    """Of what model inferences are, and which of its outputs is the prediction where the configuration says so."""

    name: str
    version: str
    prediction_output: str | None = None


@dataclass(slots=True)
class Group(Generic[Entry]):
    """What is counted together, and what it was made of."""

    key: Key
    entries: list[Entry] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    plains: list[Plain] = field(default_factory=list)

    def batch(self) -> Batch | None:
        """Return the rows of all; None where each has to be read by itself."""
        if self.plains:
            return read_plain(self.plains, prediction_output=self.key.prediction_output)
        return concatenate(self.batches)


class Held(Generic[Entry]):
    """Inferences by model and form.

    Args:
        size: tells of how many events an entry was made.

    Attributes:
        events: that are held, and not accounted for yet.
    """

    def __init__(self, size: Callable[[Entry], int]) -> None:
        self.events = 0
        self._event_count = size
        self._groups: dict[Hashable, Group[Entry]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, key: Key, batch: Batch, entry: Entry) -> None:
        """Take the batch of an inference in."""
        form = form_of(batch)
        self._group(key, self._size if form is None else form, entry).batches.append(batch)

    def add_plain(self, key: Key, plain: Plain, entry: Entry) -> None:
        """Take an inference in that has not been read yet."""
        self._group(key, ("plain", plain.form), entry).plains.append(plain)

    def take(self) -> Iterator[Group[Entry]]:
        """Yield what is held, and hold it no more; a group is accounted for when the next one is asked for."""
        groups, self._groups, self._size = self._groups, {}, 0
        for group in groups.values():
            yield group
            self.events -= sum(map(self._event_count, group.entries))

    def _group(self, key: Key, form: Hashable, entry: Entry) -> Group[Entry]:
        group = self._groups.get((key, form))
        if group is None:
            group = self._groups[key, form] = Group(key)
        group.entries.append(entry)
        self._size += 1
        self.events += self._event_count(entry)
        return group
