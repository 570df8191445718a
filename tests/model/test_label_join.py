"""The join of labels with predictions: every order, every loss, and the accounts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from driftgauge.config import LabelSettings
from driftgauge.model.label_join import LabelJoin, Predicted
from driftgauge.profile.classes import Values

HOUR = 3_600.0


def values(numbers):
    numbers = np.array(numbers, dtype=float)
    return Values(numbers, np.zeros(len(numbers), dtype=np.uint64))


class Join:
    """A join that is fed plain lists, and what it has handed out."""

    def __init__(self, **settings):
        self.join = LabelJoin(LabelSettings(**settings))
        self.pairs: list[tuple[float, float, float]] = []
        self.received = 0

    def take(self, matched):
        if matched is not None:
            rows = zip(matched.truth.numbers, matched.predicted.numbers, matched.delays, strict=True)
            self.pairs += [tuple(map(float, row)) for row in rows]

    def predict(self, ids, numbers, now, *, labelled=None, at=None):
        keys = np.array(ids, dtype=np.uint64)
        moments = np.full(len(ids), now if at is None else at)
        flags = np.zeros(len(ids), dtype=bool) if labelled is None else np.array(labelled)
        self.take(self.join.predict(Predicted(keys, values(numbers), np.full(len(ids), np.nan), moments), flags, now))

    def label(self, ids, numbers, now):
        self.received += len(ids)
        keys = np.array(ids, dtype=np.uint64)
        self.take(self.join.label(keys, values(numbers), np.full(len(ids), now), now))

    def balanced(self):
        join = self.join
        return self.received == len(self.pairs) + sum(join.unmatched.values()) + join.duplicates + join.waiting


def test_a_label_meets_its_prediction():
    """The pair is handed out once, with the time between the two; the rest waits."""
    join = Join()
    join.predict([1, 2, 3], [10, 20, 30], now=0.0)
    join.label([2, 9], [21, 90], now=60.0)
    assert join.pairs == [(21, 20, 60)]
    assert (join.join.waiting, join.join.unlabelled) == (1, 2)
    assert join.balanced()


def test_a_label_may_come_first():
    """It waits, and its delay is none, unless the prediction says that it happened before."""
    join = Join()
    join.label([1, 2], [11, 12], now=100.0)
    join.predict([1], [10], now=160.0)
    join.predict([2], [20], now=160.0, at=70.0)
    assert join.pairs == [(11, 10, 0), (12, 20, 30)]
    assert join.join.waiting == join.join.unlabelled == 0
    assert join.balanced()


def test_the_first_label_counts():
    """Further labels are duplicates: in one body, in later ones, early ones, and beside one that came along."""
    join = Join()
    join.predict([1], [10], now=0.0)
    join.label([1, 1], [11, 12], now=1.0)
    join.label([1], [13], now=2.0)
    join.label([5, 5], [1, 2], now=2.0)
    join.label([5], [3], now=3.0)
    join.predict([5], [50], now=4.0, labelled=[True])
    assert join.pairs == [(11, 10, 1)]
    assert join.join.duplicates == 5
    assert join.join.waiting == 0
    assert join.balanced()


def test_what_waits_too_long_is_given_up():
    """Predictions and labels have lives of their own; a label for what has expired waits and expires too."""
    join = Join(ttl_seconds=10 * HOUR, early_seconds=HOUR)
    join.predict([1, 2], [10, 20], now=0.0)
    join.label([7], [70], now=0.0)
    join.label([1], [11], now=10 * HOUR)
    assert +join.join.unmatched == {"expired": 1}
    join.label([2], [21], now=10 * HOUR + 1)
    assert +join.join.forgotten == {"expired": 1}
    assert join.pairs == [(11, 10, 10 * HOUR)]
    assert join.balanced()
    join.join.expire(12 * HOUR)
    assert +join.join.unmatched == {"expired": 2}
    assert join.balanced()


def test_an_id_that_comes_again_replaces():
    """A label is about the newest prediction of its id."""
    join = Join()
    join.predict([1, 1], [10, 11], now=0.0)
    join.predict([1], [12], now=1.0)
    assert +join.join.forgotten == {"replaced": 2}
    join.label([1], [5], now=2.0)
    assert join.pairs == [(5, 12, 1)]
    join.predict([1], [13], now=3.0)  # labelled already: nothing is lost
    assert +join.join.forgotten == {"replaced": 2}
    join.label([1], [6], now=4.0)
    assert join.pairs[1:] == [(6, 13, 1)]
    assert join.balanced()


def test_memory_is_bounded_and_losses_are_counted():
    """The oldest give way, predictions and labels alike, also within one body that is too large."""
    join = Join(bytes=2**16)
    rows = join.join._predictions.capacity
    for start in range(0, 3 * rows, 500):
        join.predict(range(start, start + 500), range(500), now=float(start))
    assert join.join.unlabelled == rows
    assert join.join.forgotten["evicted"] == join.join._predictions._next - rows
    few = join.join._labels.capacity
    join.label(range(10**6, 10**6 + 2 * few), range(2 * few), now=1e4)
    assert (join.join.waiting, join.join.unmatched["evicted"]) == (few, few)
    join.predict(range(2 * 10**6, 2 * 10**6 + 2 * rows), range(2 * rows), now=1e4)
    assert join.join.unlabelled == rows
    assert join.balanced()


@pytest.mark.parametrize("seed", range(5))
def test_every_label_is_accounted_for(seed):
    """Whatever the order: received = matched + given up + duplicate + waiting, and no pair is wrong or told twice."""
    rng = np.random.default_rng(seed)
    join = Join(bytes=2**16, ttl_seconds=500.0, early_seconds=100.0)
    predicted: dict[int, set[float]] = {}
    for step in range(300):
        now = float(step * 10)
        ids = rng.integers(0, 3_000, size=int(rng.integers(1, 60)))
        if rng.random() < 0.5:
            numbers = ids * 1_000.0 + step
            for key, number in zip(ids.tolist(), numbers.tolist(), strict=True):
                predicted.setdefault(key, set()).add(number)
            join.predict(ids, numbers, now)
        else:
            join.label(ids, ids.astype(float), now)
        assert join.balanced()
    assert len(join.pairs) > 500
    assert all(number in predicted[int(truth)] for truth, number, _ in join.pairs)
    assert max(Counter(number for _, number, _ in join.pairs).values()) == 1
    assert all(delay <= 600 for _, _, delay in join.pairs)
