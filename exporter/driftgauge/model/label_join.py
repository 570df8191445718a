"""Label join: predictions wait for their labels by id, and labels for their predictions, in bounded memory.

Either may come first. A prediction waits `ttl_seconds`, a label `early_seconds`, the oldest give way when the memory is full.
The first label of a prediction counts, further ones are duplicates; a prediction whose id comes again replaces the one before.

Law: labels received, and those that waited in a checkpoint, = matched + unmatched (expired, evicted) + duplicate + waiting, at
any time; what was matched is handed out once. Memory: `bytes` of the settings, three quarters for predictions. Time: about
1 us a row in bodies of a thousand, half of it for the digest of the id; 0.1 to 0.2 ms for a body of a single row.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftgauge.batch import Flags
from driftgauge.label_settings import LabelSettings
from driftgauge.model.id_table import IdTable
from driftgauge.profile.classes import Digests, Values
from driftgauge.state import State

__all__ = ["LabelJoin", "Matched", "Predicted"]

Float64s = NDArray[np.float64]
Serials = NDArray[np.int64]

#: share of the memory that is for predictions
_PREDICTIONS = 0.75
_VALUE = {"arrived": "f8", "moment": "f8", "number": "f8", "word": "u8"}


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions of rows that have an id: all fields are [rows].

    Attributes:
        keys: digests of the ids.
        values: what was predicted.
        confidence: how sure the model was, NaN where unknown.
        moments: when, seconds since 1970.
    """

    keys: Digests
    values: Values
    confidence: Float64s
    moments: Float64s

    def take(self, rows: NDArray[Any]) -> Predicted:
        """Return the chosen rows."""
        return Predicted(self.keys[rows], self.values.take(rows), self.confidence[rows], self.moments[rows])


@dataclass(frozen=True, slots=True)
class Matched:
    """Predictions and their labels: all fields are [rows].

    Attributes:
        truth: the labels.
        predicted: what was predicted.
        confidence: how sure the model was.
        delays: seconds from the prediction to its label, 0 where the label was there first.
        arrived: when the prediction arrived.
    """

    truth: Values
    predicted: Values
    confidence: Float64s
    delays: Float64s
    arrived: Float64s


class LabelJoin:
    """What waits, of one version of a model.

    Args:
        settings: of its labels.
    """

    def __init__(self, settings: LabelSettings) -> None:
        self.settings = settings
        size = int(settings.bytes * _PREDICTIONS)
        self._predictions = IdTable(size, {**_VALUE, "confidence": "f8", "done": "?"})
        self._labels = IdTable(settings.bytes - size, {**_VALUE, "done": "?"})
        #: labels and predictions that have gone, by reason
        self.unmatched: Counter[str] = Counter()
        self.forgotten: Counter[str] = Counter()
        self.duplicates = 0
        self._waiting = 0
        self._unlabelled = 0

    @property
    def waiting(self) -> int:
        """Labels that wait for their prediction."""
        return self._waiting

    @property
    def unlabelled(self) -> int:
        """Predictions that wait for their label."""
        return self._unlabelled

    def holds(self, keys: Digests) -> Flags:
        """Return which ids have a prediction here."""
        return np.asarray(self._predictions.find(keys) >= 0)

    def predict(self, rows: Predicted, labelled: Flags, now: float) -> Matched | None:
        """Take predictions in; return those whose label had come before.

        Args:
            rows: the predictions.
            labelled: which of them brought their label along; it is not handed out again.
            now: the model's time.
        """
        self.expire(now)
        last = _last(rows.keys)
        if len(last) < len(rows.keys):  # one id for several rows: the last one counts
            self.forgotten["replaced"] += len(rows.keys) - len(last)
            rows, labelled = rows.take(last), labelled[last]
        before = self._predictions.find(rows.keys)
        self._replace(before[before >= 0])
        early = self._labels.find(rows.keys)
        early[early >= 0] = np.where(self._labels.read("done", early[early >= 0]), -1, early[early >= 0])
        self._labels.write("done", early[early >= 0], value=True)
        self._waiting -= int(np.count_nonzero(early >= 0))
        self.duplicates += int(np.count_nonzero((early >= 0) & labelled))
        matching = (early >= 0) & ~labelled
        self._keep(rows, matching | labelled, now)
        if not matching.any():
            return None
        chosen, labels = rows.take(matching), early[matching]
        truth = Values(self._labels.read("number", labels), self._labels.read("word", labels))
        delays = np.maximum(self._labels.read("moment", labels) - chosen.moments, 0.0)
        return Matched(truth, chosen.values, chosen.confidence, delays, np.full(len(labels), now))

    def label(self, keys: Digests, truth: Values, moments: Float64s, now: float) -> Matched | None:
        """Take labels in; return those whose prediction is here."""
        self.expire(now)
        first = _first(keys)
        self.duplicates += len(keys) - len(first)
        keys, truth, moments = keys[first], truth.take(first), moments[first]
        found = self._predictions.find(keys)
        here = found >= 0
        fresh = here.copy()
        fresh[here] = ~self._predictions.read("done", found[here])
        self.duplicates += int(np.count_nonzero(here & ~fresh))
        self._wait(keys[~here], truth.take(~here), moments[~here], now)
        if not fresh.any():
            return None
        rows = found[fresh]
        self._predictions.write("done", rows, value=True)
        self._unlabelled -= len(rows)
        read = self._predictions.read
        predicted = Values(read("number", rows), read("word", rows))
        delays = np.maximum(moments[fresh] - read("moment", rows), 0.0)
        return Matched(truth.take(fresh), predicted, read("confidence", rows), delays, read("arrived", rows))

    def clear(self) -> None:
        """Let go everything that waits, to make room."""
        self._forget(self._predictions.everything, "evicted")
        self._drop(self._labels.everything, "evicted")

    def go_on(self, other: LabelJoin) -> None:
        """Take the accounts of *other* on, which is empty."""
        self.unmatched, self.forgotten, self.duplicates = other.unmatched, other.forgotten, other.duplicates

    def expire(self, now: float) -> None:
        """Let go what has waited too long."""
        self._forget(self._predictions.older("arrived", now - self.settings.ttl_seconds), "expired")
        self._drop(self._labels.older("arrived", now - self.settings.early_seconds), "expired")

    def freeze(self) -> State:
        """Return a copy of what waits, and of what is remembered to tell duplicates."""
        return State(parts={"predictions": self._predictions.freeze(), "labels": self._labels.freeze()})

    def thaw(self, state: State, now: float) -> None:
        """Take back what waited; what is dated after *now*, by a clock that has gone back since, waits from now on.

        Raises:
            StateError: it is none of ours; this join is of no use any more.
        """
        for name, table in (("predictions", self._predictions), ("labels", self._labels)):
            table.thaw(state.part(name))
            rows = table.everything
            table.write("arrived", rows, np.minimum(table.read("arrived", rows), now))
        self._unlabelled = _open(self._predictions)
        self._waiting = _open(self._labels)

    def _keep(self, rows: Predicted, done: Flags, now: float) -> None:
        table = self._predictions
        if len(rows.keys) > table.capacity:
            lost = len(rows.keys) - table.capacity
            self.forgotten["evicted"] += int(np.count_nonzero(~done[:lost]))
            rows, done = rows.take(np.arange(lost, len(rows.keys))), done[lost:]
        self._forget(table.overflow(len(rows.keys)), "evicted")
        values = {"number": rows.values.numbers, "word": rows.values.words, "confidence": rows.confidence}
        arrived = np.full(len(rows.keys), now)
        table.append(rows.keys, arrived=arrived, moment=rows.moments, done=done, **values)
        self._unlabelled += int(np.count_nonzero(~done))

    def _wait(self, keys: Digests, truth: Values, moments: Float64s, now: float) -> None:
        """Keep labels whose prediction is not here, unless one of the same id waits already."""
        table = self._labels
        known = table.find(keys)
        again = known >= 0
        again[again] = ~table.read("done", known[again])
        self.duplicates += int(np.count_nonzero(again))
        keys, truth, moments = keys[~again], truth.take(~again), moments[~again]
        if (lost := max(len(keys) - table.capacity, 0)) > 0:
            self.unmatched["evicted"] += lost
            rest = np.arange(lost, len(keys))
            keys, truth, moments = keys[rest], truth.take(rest), moments[rest]
        self._drop(table.overflow(len(keys)), "evicted")
        shape = len(keys)
        values = {"number": truth.numbers, "word": truth.words}
        table.append(keys, arrived=np.full(shape, now), moment=moments, done=np.zeros(shape, dtype=bool), **values)
        self._waiting += shape

    def _replace(self, serials: Serials) -> None:
        """Let go predictions whose ids have come again."""
        open_ones = serials[~self._predictions.read("done", serials)]
        self._predictions.write("done", open_ones, value=True)
        self.forgotten["replaced"] += len(open_ones)
        self._unlabelled -= len(open_ones)

    def _forget(self, serials: Serials, reason: str) -> None:
        lost = int(np.count_nonzero(~self._predictions.read("done", serials)))
        self._predictions.forget(serials)
        self._unlabelled -= lost
        if lost:
            self.forgotten[reason] += lost

    def _drop(self, serials: Serials, reason: str) -> None:
        lost = int(np.count_nonzero(~self._labels.read("done", serials)))
        self._labels.forget(serials)
        self._waiting -= lost
        if lost:
            self.unmatched[reason] += lost


def _open(table: IdTable) -> int:
    """Return how many rows have not met their other half."""
    return int(np.count_nonzero(~table.read("done", table.everything)))


def _first(keys: Digests) -> NDArray[np.int64]:
    """Return the rows that are the first of their id, in order."""
    _, places = np.unique(keys, return_index=True)
    return np.sort(places)


def _last(keys: Digests) -> NDArray[np.int64]:
    """Return the rows that are the last of their id, in order."""
    return len(keys) - 1 - _first(keys[::-1])[::-1]
