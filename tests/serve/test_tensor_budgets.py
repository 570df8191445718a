"""How many pictures and sequences may be reduced."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.config import ModelSettings
from driftgauge.serve.tensor_budgets import MOST_MODELS, MOST_STRANGERS, Bucket, TensorBudgets, holds_deep
from tests.ingest.bodies import binary, decode_binary, tensor

asked = st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 50)), max_size=60)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@settings(deadline=None, derandomize=True)
@given(asked, st.integers(0, 20))
def test_no_stretch_of_time_has_more_than_its_share(asks, rate):
    """What is admitted between any two moments is the rate times the seconds, one second more, and one that overdraws."""
    clock = Clock()
    bucket = Bucket(clock)
    admitted = []
    for seconds, cost in asks:
        clock.now += seconds
        if bucket.take(cost, rate=rate):
            admitted.append((clock.now, cost))
    for first in range(len(admitted)):
        taken = 0.0
        for at, cost in admitted[first:]:
            assert taken <= rate * (at - admitted[first][0]) + rate + 1e-6
            taken += cost
    assert rate or not admitted


def test_size_does_not_decide_who_is_admitted():
    """Of large and small inferences in any order as many are admitted."""
    clock = Clock()
    bucket = Bucket(clock)
    admitted = {1: 0, 9: 0}
    for number, large in enumerate((np.random.default_rng(1).random(30_000) < 0.5).tolist()):
        clock.now += 0.03 * (1 + number % 7 / 7)
        cost = 9 if large else 1
        admitted[cost] += bucket.take(cost, rate=10)
    assert 0.9 < admitted[1] / admitted[9] < 1.1


def test_models_have_budgets_of_their_own():
    """One model's traffic takes nothing from another's, and models that nobody knows share one."""
    known = {("a", "0"), ("a", "2"), ("b", "0")}
    budgets, settled = TensorBudgets(known.__contains__, Clock()), ModelSettings(tensor_rows_per_second=2)

    def reduced(name, version="0"):
        pictures = [tensor("x", np.zeros((2, 8, 8, 3), np.uint8))]
        batch = decode_binary(pictures, options={"reducer": budgets.of(name, version, settled)}).batch
        return list(batch.requests.tensor_rows)

    assert [reduced(name) for name in ("a", "a", "b", "", "")] == [
        ["reduced"],
        ["not_sampled"],
        ["reduced"],
        ["reduced"],
        ["not_sampled"],
    ]
    assert reduced("a", "2") == ["reduced"]
    made_up = [reduced(f"made up {number}") for number in range(2 * MOST_MODELS)]
    assert made_up.count(["reduced"]) == MOST_STRANGERS
    more = {(f"more-{number}", "0") for number in range(MOST_MODELS)}
    known |= more
    for name, _ in sorted(more):
        budgets.of(name, "0", settled)
    known.add(("one too many", "0"))
    assert reduced("one too many") == ["not_sampled"]
    known -= more  # a reload has other models, which get what those had
    assert reduced("one too many") == ["reduced"]


@pytest.mark.parametrize(
    ("shape", "deep"), [((4,), False), ((4, 3), False), ((4, 3, 2), True), ((1, 3, 2, 2), True)], ids=str
)
def test_tensors_of_higher_rank_are_seen_in_the_head(shape, deep):
    """So they are decoded off the event loop, although their bodies are small."""
    content, _ = binary([tensor("a", np.zeros(4)), tensor("x", np.zeros(shape))])
    assert holds_deep(content) is deep
    assert holds_deep(content.replace(b'"shape": [', b'"shape" : [ ')) is deep
