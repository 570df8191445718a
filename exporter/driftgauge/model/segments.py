"""Segments: the status of chosen columns in each part of the traffic, such as a country or a tenant.

A segment is compared with the same segment of the reference where the profile has counted it (`profile build --segment`);
otherwise with its own past, the six days before the last one. Not with the whole reference: what makes a tenant a
tenant is that it differs from the others, and it would be in alert for life. The last 24 hours judge, with the thresholds
that the column has there.

Guarantee: at most `values` segments of a field are told apart, those of the profile first, then as they come; one that was
not seen for a week makes room. All others count as `_other`, and their rows in a counter.
Memory: 32 slots of the columns' counts for each segment: 3 KB a column and segment. Time: 0.3 us a row of five columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from driftgauge.batch import Batch, Codes, Counts, Flags, Floats
from driftgauge.config import ModelSettings
from driftgauge.derive import ANOMALY
from driftgauge.errors import StateError
from driftgauge.profile import DAY_SECONDS, HOUR_SECONDS, INPUT, OUTPUT, WINDOWS, Block, ColumnSchema, Reference
from driftgauge.profile.segments import segment_of
from driftgauge.profile.slots import Slots
from driftgauge.sketch import SegmentCounts, SegmentSpec
from driftgauge.state import State

__all__ = ["OTHER", "VALUE_CHARS", "WINDOW", "SegmentSums", "Segments", "with_segments"]

#: the value that stands for all that have no segment of their own
OTHER = "_other"
#: what judges: shorter windows have too few rows of a segment, and a day has every hour
WINDOW = next(window for window in WINDOWS if window.name == "24h")
PAST_DAYS = 6
#: hours of a day and a spare one, days of a week and the one that is not complete
_PLAN = ((HOUR_SECONDS, 24), (DAY_SECONDS, PAST_DAYS + 2))
#: a longer word would be a long label, and is no segment
VALUE_CHARS = 64
#: rows that wait to be counted together
_STAGED_ROWS = 4_096


@dataclass(frozen=True, slots=True)
class SegmentSums:
    """What the segments hold at one time.

    Attributes:
        names: `field=value` of each segment that has a name, and its place in the arrays.
        columns: the judged ones, numeric first, as places in the schema.
        current: the last day.
        reference: what each segment is compared with.
        referenced: which segments are compared with the reference; the others with their past, [segments].
        settled: which segments have enough of a past, or need none, [segments].
    """

    names: tuple[tuple[str, int], ...]
    columns: tuple[int, ...]
    current: SegmentCounts
    reference: SegmentCounts
    referenced: Flags
    settled: Flags


@dataclass(slots=True)
class _Field:
    """The values of one field that have a segment of their own, by place."""

    places: dict[str, int] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)


def with_segments(batch: Batch, fields: Collection[str], known: Collection[str]) -> Batch:
    """Return *batch* with the columns named by *fields* as segments; they stay features if they are *known* as such."""
    if not fields:
        return batch
    found = {name: segment_of(batch.inputs[name]) for name in fields if name in batch.inputs}
    inputs = {name: c for name, c in batch.inputs.items() if name not in found or name in known or not known}
    return replace(batch, inputs=inputs, segments={**found, **batch.segments})


class Segments:
    """Counts rows by segment.

    Args:
        reference: what its columns are counted as.
        settings: of the model.
    """

    def __init__(self, reference: Reference, settings: ModelSettings) -> None:
        self._settings = settings.segments
        schema = reference.profile.spec.schema
        chosen = [number for number, column in enumerate(schema.columns) if self._judged(column)]
        numeric = len(schema.numeric)
        self._numeric = [number for number in chosen if number < numeric]
        self._categorical = [number - numeric for number in chosen if number >= numeric]
        self._columns = tuple(chosen)
        self._roles = [schema.columns[number].role for number in chosen]
        spec = reference.profile.spec
        self._narrow = spec.histogram.narrow
        self._each = self._settings.values + 1
        self._spec = SegmentSpec(
            self._each * len(self._settings.fields),
            tuple(
                spec.histogram.edges[number].astype(np.float32 if number < self._narrow else np.float64)
                for number in self._numeric
            ),
            spec.histogram.bins + 1,
            len(self._categorical),
            spec.categories.width,
        )
        self._fields = {name: _Field(free=list(range(self._each - 2, -1, -1))) for name in self._settings.fields}
        self._slots = Slots((1 + sum(array.size for array in self._spec.zero().arrays.values()), 0), plan=_PLAN)
        self._since = np.full(self._spec.segments, np.inf)
        self._staged: list[tuple[Block, Codes]] = []
        self._staged_rows, self._staged_time = 0, 0.0
        self.refer_to(reference)

    def refer_to(self, reference: Reference) -> None:
        """Compare with *reference*, which counts the same; its segments have a place before all others."""
        self._known = self._spec.zero()
        self._referenced = np.zeros(self._spec.segments, dtype=bool)
        for number, (name, own) in enumerate(self._fields.items()):
            known = reference.segments.get(name)
            for row, value in enumerate(() if known is None else known.values):
                place = own.places.get(value)
                if place is None and own.free:
                    place = own.places[value] = own.free.pop()
                if place is None or known is None:
                    continue
                segment = number * self._each + place
                self._known.numeric[segment] = known.numeric[row][self._numeric]
                self._known.categorical[segment] = known.categorical[row][self._categorical]
                self._referenced[segment] = True

    def codes(self, batch: Batch, suppressed: Counter[str]) -> Codes:
        """Return the segment of each row by field, [fields, rows], -1 for none; count rows that are not told apart."""
        found = np.full((len(self._fields), batch.rows), -1, dtype=np.int32)
        for number, (name, own) in enumerate(self._fields.items()):
            if (segments := batch.segments.get(name)) is None:
                continue
            table = np.array([*(self._place(own, word) for word in segments.vocabulary), -1], dtype=np.int32)
            places = table[np.maximum(segments.codes, -1)]
            suppressed[name] += int(np.count_nonzero(places == self._each - 1))
            found[number] = np.where(places < 0, -1, places + number * self._each)
        return found

    def add(self, block: Block, codes: Codes, time: float) -> None:
        """Take rows of one minute in."""
        if self._staged and int(time // HOUR_SECONDS) != int(self._staged_time // HOUR_SECONDS):
            self.flush()
        self._staged.append((block, codes))
        self._staged_rows += block.rows
        self._staged_time = time
        if self._staged_rows >= _STAGED_ROWS:
            self.flush()

    def flush(self) -> None:
        """Count what is staged."""
        if not self._staged:
            return
        blocks, codes = [block for block, _ in self._staged], np.concatenate([own for _, own in self._staged], axis=1)
        absent = np.concatenate([block.absent for block in blocks], axis=1)
        numbers = [np.concatenate([self._column(block, number) for block in blocks]) for number in self._numeric]
        coded = np.concatenate([block.codes[self._categorical] for block in blocks], axis=1)
        seen = [~absent[int(role == OUTPUT)] for role in self._roles]
        cut = len(self._numeric)
        counts = self._spec.of(numbers, coded, codes, (seen[:cut], seen[cut:]))
        arrays = [array.ravel() for array in counts.arrays.values()]
        total = np.array([sum(int(array.sum()) for array in arrays)], dtype=np.int64)
        self._slots.add((np.concatenate([total, *arrays]), np.empty(0)), self._staged_time)
        present = np.unique(codes)
        present = present[present >= 0]
        self._since[present] = np.minimum(self._since[present], self._staged_time)
        self._staged, self._staged_rows = [], 0

    def collect(self, now: float, *, past: bool) -> SegmentSums:
        """Return what the segments hold; *past* says that an hour has ended since the last time."""
        if past:
            self._make_room(now)
        current = self._counts(self._slots.window(WINDOW, now)[0])
        before = self._counts(self._slots.past(PAST_DAYS * DAY_SECONDS, now, back=DAY_SECONDS)[0])
        chosen = self._referenced[:, None, None]
        reference = SegmentCounts(
            self._spec,
            np.where(chosen, self._known.numeric, before.numeric),
            np.where(chosen, self._known.categorical, before.categorical),
        )
        # A past of a day at least, or the comparison would measure the clock.
        settled = self._referenced | (self._since <= (now - DAY_SECONDS) // DAY_SECONDS * DAY_SECONDS - DAY_SECONDS)
        return SegmentSums(self._names(), self._columns, current, reference, self._referenced.copy(), settled)

    def forget_after(self, now: float) -> None:
        """Forget what lies ahead of *now*, after a clock that was wrong."""
        self._slots.forget_after(now)
        self._since[self._since > now] = np.inf

    def freeze(self) -> State:
        """Return a copy; what is staged has been counted."""
        places = {name: own.places.copy() for name, own in self._fields.items()}
        return State({"places": places}, {"since": self._since.copy()}, {"slots": self._slots.freeze()})

    def thaw(self, state: State) -> None:
        """Go on from what *state* says.

        Raises:
            StateError: it is of other fields or columns; these segments are of no use any more.
        """
        places: Mapping[str, Mapping[str, int]] = state.fact("places", dict)
        if list(places) != list(self._fields):
            raise StateError(f"places: expected segments of {list(self._fields)}, got {list(places)}")
        since = state.array("since", np.float64, self._since.shape)
        self._slots.thaw(state.part("slots"))
        self._since = since.copy()
        for name, own in self._fields.items():
            taken = {str(value): int(place) for value, place in places[name].items()}
            if not all(0 <= place < self._each - 1 for place in taken.values()) or len(set(taken.values())) < len(
                taken
            ):
                raise StateError(f"places: {name} has places that cannot be")
            own.places = taken
            own.free = [place for place in range(self._each - 2, -1, -1) if place not in taken.values()]

    def _judged(self, column: ColumnSchema) -> bool:
        wanted = self._settings.columns
        if column.name == ANOMALY:
            return False  # rows are scored later than they are counted, and not all of them
        return column.name in wanted if wanted else column.role != INPUT

    def _place(self, own: _Field, word: str) -> int:
        """Return the place of a value, giving it one where there is room."""
        place = own.places.get(word)
        if place is None:
            if not own.free or len(word) > VALUE_CHARS or word == OTHER:
                return self._each - 1
            place = own.places[word] = own.free.pop()
        return place

    def _column(self, block: Block, number: int) -> Floats:
        narrow: Floats = block.narrow[number] if number < self._narrow else block.wide[number - self._narrow]
        return narrow

    def _counts(self, vector: Counts) -> SegmentCounts:
        empty = self._spec.zero()
        cut = 1 + empty.numeric.size
        return SegmentCounts(
            self._spec, vector[1:cut].reshape(empty.numeric.shape), vector[cut:].reshape(empty.categorical.shape)
        )

    def _names(self) -> tuple[tuple[str, int], ...]:
        """Return the segments that have been seen, or that the reference has, field by field."""
        names: list[tuple[str, int]] = []
        for number, (name, own) in enumerate(self._fields.items()):
            start = number * self._each
            names += [(f"{name}={value}", start + place) for value, place in sorted(own.places.items())]
            if np.isfinite(self._since[start + self._each - 1]):
                names.append((f"{name}={OTHER}", start + self._each - 1))
        return tuple(names)

    def _make_room(self, now: float) -> None:
        """Take the place of values that a full field has not seen for a week, unless the reference has them."""
        for number, own in enumerate(self._fields.values()):
            if own.free:
                continue
            week = self._counts(self._slots.past((PAST_DAYS + 1) * DAY_SECONDS, now)[0])
            today = self._counts(self._slots.window(WINDOW, now)[0])
            for value, place in list(own.places.items()):
                segment = number * self._each + place
                held = any(part.numeric[segment].any() or part.categorical[segment].any() for part in (week, today))
                if not held and not self._referenced[segment]:
                    del own.places[value]
                    own.free.append(place)
                    self._since[segment] = np.inf
