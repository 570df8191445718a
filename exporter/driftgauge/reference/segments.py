"""Segments of a data set: the counts of its columns for each value of a field, beside the counts of all rows.

Of a field the first 200 distinct values are counted and the 20 most frequent kept, so that a field that turns out to be
an identifier costs memory for 200. Time: counting the rows once more for each field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from driftgauge.batch import Batch, Counts
from driftgauge.profile.profile import Block, ProfileSpec
from driftgauge.profile.segments import SegmentProfiles, segment_of

__all__ = ["SegmentTotals"]

_COUNTED, KEPT = 200, 20
#: a longer word is no segment
_CHARS = 64


@dataclass(slots=True)
class SegmentTotals:
    """Counts by segment.

    Args:
        spec: what is counted.
    """

    spec: ProfileSpec
    _found: dict[str, dict[str, tuple[Counts, Counts]]] = field(default_factory=dict)
    _beyond: dict[str, int] = field(default_factory=dict)

    def add(self, batch: Batch, block: Block) -> None:
        """Count the rows of a batch, which have been read as *block*."""
        for name, column in batch.segments.items():
            segments, found = segment_of(column), self._found.setdefault(name, {})
            for code, word in enumerate(segments.vocabulary):
                rows = np.flatnonzero(segments.codes == code)
                if not len(rows):
                    continue
                if len(word) > _CHARS or (word not in found and len(found) >= _COUNTED):
                    self._beyond[name] = self._beyond.get(name, 0) + len(rows)
                    continue
                counted = self.spec.count(block.take(rows))
                numeric, categorical = counted.histogram.counts, counted.categories.counts
                if word in found:
                    numeric, categorical = found[word][0] + numeric, found[word][1] + categorical
                found[word] = numeric, categorical

    @property
    def segments(self) -> dict[str, SegmentProfiles]:
        """The most frequent segments of each field."""
        return {name: _most(found) for name, found in self._found.items() if found}

    def notes(self) -> Iterator[str]:
        """Say what a person should know."""
        for name, found in self._found.items():
            if len(found) > KEPT or name in self._beyond:
                yield f"segments of {name!r}: the {min(KEPT, len(found))} most frequent values are kept, the others are not told apart"
            elif not found:
                yield f"segments of {name!r}: no row has a value"


def _most(found: dict[str, tuple[Counts, Counts]]) -> SegmentProfiles:
    rows = {
        word: max((int(part.sum(axis=1).max(initial=0)) for part in parts), default=0) for word, parts in found.items()
    }
    words = sorted(found, key=lambda word: (-rows[word], word))[:KEPT]
    return SegmentProfiles(
        tuple(words), np.stack([found[word][0] for word in words]), np.stack([found[word][1] for word in words])
    )
