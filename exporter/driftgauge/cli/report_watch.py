"""What a report about a file wants beyond its counts: how predictions turned out, when it was what, and other spellings.

Of values only new categories are kept, to name those that are frequent. Memory: at most 192 slots of counts, and a thousand
names a column.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Batch
from driftgauge.label_settings import LabelSettings
from driftgauge.model import DELAY_BUCKETS, LabelCounters, LabelView
from driftgauge.model.label_view import figures_of
from driftgauge.profile import HOUR_SECONDS, Profile, Reference, Window
from driftgauge.profile.profile import Block
from driftgauge.profile.reading import as_categories
from driftgauge.reference.outcomes import OutcomeTotals

__all__ = ["FileWatch"]

_MOST_SLOTS = 192
#: new categories of a column that are counted by name, of which so many are named, cut to so many characters, each if it has
#: this share of the column's values and so many rows: what few rows have may be an identifier, and of nobody else's business
_MOST_NEW, _NAMED, _CHARACTERS, _FREQUENT, _LEAST = 1_000, 5, 40, 0.005, 10


class FileWatch:
    """Sees every batch of a file.

    Args:
        reference: what the file is compared with.
        classes: in the order of the probabilities, where they are not 0, 1, 2, ...
    """

    def __init__(self, reference: Reference, classes: Sequence[str]) -> None:
        self._reference = reference
        self._turned_out = OutcomeTotals(reference.profile.spec, classes)
        self._labels = 0
        self._seconds = HOUR_SECONDS
        self._slots: dict[int, Profile] = {}
        self._unseen, self._respelt, self._present = Counter[str](), Counter[str](), Counter[str]()
        self._new: dict[str, Counter[str]] = {}
        categories = reference.profile.spec.categories
        self._plain = [
            {_plain(name) for name in (*names, *tail)}
            for names, tail in zip(categories.names, categories.tails, strict=True)
        ]

    def __call__(self, batch: Batch, block: Block) -> None:
        """Take a batch in, and what was read of it."""
        self._turned_out.add(batch)
        if batch.labels is not None:
            self._labels += int(np.count_nonzero(as_categories(batch.labels).codes >= 0))
        self._spell(batch)
        if batch.timestamps is not None:
            self._place(block, batch.timestamps)

    @property
    def spellings(self) -> Mapping[str, float]:
        """Share of each column's new values that are known ones but for case, spaces and signs."""
        return {name: self._respelt[name] / count for name, count in self._unseen.items() if count}

    @property
    def newcomers(self) -> Mapping[str, Mapping[str, float]]:
        """The most frequent new categories of each column, and their share of its values."""
        return {
            name: {
                word if len(word) <= _CHARACTERS else f"{word[:_CHARACTERS]}…": count / self._present[name]
                for word, count in counts.most_common(_NAMED)
                if count >= max(_LEAST, _FREQUENT * self._present[name])
            }
            for name, counts in self._new.items()
        }

    def slots(self) -> tuple[NDArray[np.float64], list[Profile]]:
        """Return the begin of each slot that holds rows, and its counts; none where rows have no event times."""
        order = sorted(self._slots)
        return np.array(order, dtype=np.float64) * self._seconds, [self._slots[slot] for slot in order]

    def labels(self, settings: LabelSettings, window: Window, rows: int) -> LabelView | None:
        """Return what the labels say of the whole file; None where no row has both a label and a prediction."""
        outcomes, before = self._turned_out.outcomes, self._reference.outcomes
        if outcomes is None:
            return None
        if before is not None and before.spec.task != outcomes.spec.task:
            before = None
        matched = outcomes.total
        counters = LabelCounters(
            received=self._labels,
            matched=matched,
            unmatched={"unusable": self._labels - matched} if self._labels > matched else {},
            duplicates=0,
            waiting=0,
            predictions=rows,
            forgotten={},
            unlabelled=rows - self._labels,
            delay_counts=np.zeros(len(DELAY_BUCKETS) + 1, dtype=np.int64),
            delay_sum=0.0,
        )
        sketches = (outcomes.sketches,)
        figures = figures_of(sketches, before)
        return LabelView(counters, settings, (window,), outcomes.names, outcomes.spec, before, sketches, figures)

    def _place(self, block: Block, times: NDArray[np.floating]) -> None:
        known = np.flatnonzero(np.isfinite(times))
        slots = (times[known] // self._seconds).astype(np.int64)
        for slot in np.unique(slots).tolist():
            found = self._reference.profile.spec.count(block.take(known[slots == slot]))
            self._slots[slot] = self._slots[slot].merge(found) if slot in self._slots else found
        while len(self._slots) > _MOST_SLOTS:
            self._coarsen()

    def _coarsen(self) -> None:
        """Make slots twice as long."""
        self._seconds *= 2
        coarse: dict[int, Profile] = {}
        for slot, profile in self._slots.items():
            coarse[slot // 2] = coarse[slot // 2].merge(profile) if slot // 2 in coarse else profile
        self._slots = coarse

    def _spell(self, batch: Batch) -> None:
        spec = self._reference.profile.spec
        columns = {(role, name): values for role, name, values in batch.columns}
        for number, column in enumerate(spec.schema.categorical):
            values = columns.get((column.role, column.name))
            if values is None or not spec.categories.complete[number]:
                continue
            found = as_categories(values)
            counts = np.bincount(found.codes[found.codes >= 0], minlength=len(found.vocabulary))
            self._present[column.name] += int(counts.sum())
            named = self._new.setdefault(column.name, Counter())
            new = np.flatnonzero(spec.categories.encode(number, found.vocabulary) == spec.categories.unseen)
            for place in new[np.argsort(-counts[new], kind="stable")].tolist():
                if (word := found.vocabulary[place]) in named or len(named) < _MOST_NEW:
                    named[word] += int(counts[place])
                self._unseen[column.name] += int(counts[place])
                if _plain(found.vocabulary[place]) in self._plain[number]:
                    self._respelt[column.name] += int(counts[place])


def _plain(text: str) -> str:
    """Return *text* without case, spaces and signs; numbers in one way."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return "".join(letter for letter in text.casefold() if letter.isalnum()) or text
