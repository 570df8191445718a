"""Held: inferences that have been decoded and are about to be counted, gathered by model and by form.

Law: what is put in comes out once, batches of one model and one form as one (`ingest/joining.py`), those that may not be joined
alone. Memory: that of the batches, which the caller bounds by their number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from driftgauge.batch import Batch, concatenate
from driftgauge.ingest import Observed
from driftgauge.ingest.joining import form_of
from driftgauge.ingest.pairing import Settled

__all__ = ["Held"]

#: name and version of a model
Key = tuple[str, str]
#: an inference, and what was read of it
Entry = tuple[Settled, Observed]


@dataclass(slots=True)
class _Group:
    key: Key
    batches: list[Batch] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


class Held:
    """Decoded inferences by model and form.

    Attributes:
        events: of which they were made and which are not accounted for yet.
    """

    def __init__(self) -> None:
        self.events = 0
        self._groups: dict[Hashable, _Group] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, key: Key, batch: Batch, entry: Entry) -> None:
        """Take the batch of an inference in."""
        form = form_of(batch)
        place = (key, self._size) if form is None else (key, form)
        group = self._groups.get(place)
        if group is None:
            group = self._groups[place] = _Group(key)
        group.batches.append(batch)
        group.entries.append(entry)
        self._size += 1
        self.events += len(entry[0].events)

    def joined(self) -> Iterator[tuple[Key, Batch, list[Entry]]]:
        """Yield what is held, model and form by model and form, and hold it no more; it is accounted for when the next is asked for."""
        groups, self._groups, self._size = self._groups, {}, 0
        for group in groups.values():
            yield group.key, concatenate(group.batches), group.entries
            self.events -= sum(len(settled.events) for settled, _ in group.entries)
