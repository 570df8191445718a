"""Slots of one length, wide and narrow, against sums over all that was added."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.errors import StateError
from driftgauge.profile.narrow import LARGEST
from driftgauge.profile.tier import Tier
from driftgauge.serve.state_file import decode, encode
from driftgauge.state import State

SLOTS, COUNTS, SUMS = 6, 12, 3


def tier(sums_type=np.float32):
    return Tier(60, SLOTS, (COUNTS, SUMS), sums_type)


def observed(rng, scale):
    """Return counts whose first one is the largest, and sums that float32 holds exactly."""
    counts = rng.integers(0, scale, COUNTS)
    counts[0] = counts.sum()
    return counts, rng.integers(-100, 100, SUMS) / 4.0


def held(found, first, last):
    counts, sums = found.total(found.places(first, last).tolist())
    return counts.tolist(), sums.tolist()


@pytest.mark.parametrize("scale", [5, 500, 90_000, 10_000_000])
def test_slots_are_sums_whatever_order_rows_come_in(scale):
    """Rows of the newest slots in any order, at any traffic: every slot and every stretch is the sum of its rows."""
    rng = np.random.default_rng(scale)
    found, wanted = tier(), {}
    for step in range(300):
        slot = 100 + step // 20 - int(rng.integers(0, 3))
        counts, sums = observed(rng, scale)
        if slot > int(found.ids.max()) - SLOTS:
            found.add(slot, counts, sums)
            before = wanted.get(slot, (np.zeros(COUNTS, dtype=np.int64), np.zeros(SUMS)))
            wanted[slot] = before[0] + counts, before[1] + sums
        if step % 7 == 0:
            first = 100 + step // 20 - int(rng.integers(0, SLOTS))
            inside = [vectors for slot, vectors in wanted.items() if found.ids.max() - SLOTS < slot >= first]
            total = (
                sum((counts for counts, _ in inside), np.zeros(COUNTS, dtype=np.int64)),
                sum((sums for _, sums in inside), np.zeros(SUMS)),
            )
            assert held(found, first, 1_000) == (total[0].tolist(), total[1].tolist())
    assert found.firsts.sum() == held(found, 0, 1_000)[0][0]


def test_what_was_frozen_stays_while_rows_go_on_coming():
    """A frozen tier is as it was, whatever is added, emptied or opened again before it is written."""
    rng = np.random.default_rng(3)
    found = tier()
    for slot in range(100, 100 + SLOTS):
        found.add(slot, *observed(rng, 1_000))
    before = [held(found, slot, slot) for slot in range(100, 100 + SLOTS)]
    state = found.freeze()
    for slot in (105, 103, 105, 106, 107, 112):
        found.add(slot, *observed(rng, 100_000))
    again = tier()
    again.thaw(decode(encode(state)))
    assert [held(again, slot, slot) for slot in range(100, 100 + SLOTS)] == before


@pytest.mark.parametrize("sums_type", [np.float32, np.float64])
def test_a_file_is_what_it_was_when_slots_were_matrices(sums_type):
    """Checkpoints hold a matrix of uint32 and one of sums, as those of versions before this type of slot; both are read."""
    rng = np.random.default_rng(4)
    found, rows = tier(sums_type), [observed(rng, 70_000) for _ in range(4)]
    for slot, vectors in enumerate(rows, start=200):
        found.add(slot, *vectors)
    order = np.argsort(np.arange(200, 204) % SLOTS)
    matrices = State(
        arrays={
            "ids": np.arange(200, 204)[order],
            "counts": np.array([counts for counts, _ in rows], dtype=np.uint32)[order],
            "sums": np.array([sums for _, sums in rows], dtype=sums_type)[order],
        }
    )
    assert encode(found.freeze()) == encode(matrices)
    again = tier(sums_type)
    again.check(matrices)
    again.thaw(matrices)
    assert all(held(again, slot, slot) == held(found, slot, slot) for slot in range(200, 204))


def test_a_state_of_other_vectors_is_refused():
    """Neither counts of another length nor two slots for one place are taken."""
    found = tier()
    found.add(7, *observed(np.random.default_rng(5), 10))
    with pytest.raises(StateError, match="counts"):
        Tier(60, SLOTS, (COUNTS + 1, SUMS), np.float32).check(found.freeze())
    twice = State(
        arrays={
            "ids": np.array([1, 1 + SLOTS]),
            "counts": np.zeros((2, COUNTS), dtype=np.uint32),
            "sums": np.zeros((2, SUMS), dtype=np.float32),
        }
    )
    with pytest.raises(StateError, match="2 slots do not fit into 6"):
        found.check(twice)


def test_a_full_slot_takes_no_more():
    """A slot stays what it was where more rows would not fit, and its shares with it."""
    found, counts = tier(), np.full(COUNTS, LARGEST)
    found.add(1, counts, np.zeros(SUMS))
    found.add(1, np.ones(COUNTS, dtype=np.int64), np.ones(SUMS))
    found.add(2, np.ones(COUNTS, dtype=np.int64), np.ones(SUMS))
    assert held(found, 1, 1) == (counts.tolist(), [0.0] * SUMS)
    assert held(found, 2, 2)[0] == [1] * COUNTS


def test_what_lies_ahead_is_forgotten_even_if_it_is_open():
    """Slots after a time are empty, and what comes for them again is all that they hold."""
    rng = np.random.default_rng(6)
    found = tier()
    for slot in (3, 4, 5):
        found.add(slot, *observed(rng, 10))
    found.forget_after(3)
    assert found.ids[found.ids >= 0].tolist() == [3]
    counts, sums = observed(rng, 10)
    found.add(5, counts, sums)
    assert held(found, 4, 9) == (counts.tolist(), sums.tolist())


def test_memory_follows_the_size_of_counts_and_is_bounded():
    """Slots of thin traffic take a byte a count; of any traffic at most four, and never more than when they were first full."""
    size, sums = 4_000, 4
    found, sizes = Tier(60, SLOTS, (size, sums), np.float32), []
    for scale in (3, 300, 3_000_000, 3):
        for slot in range(2 * SLOTS):
            counts = np.full(size, scale)
            found.add(1_000 * len(sizes) + slot, counts, np.zeros(sums))
        sizes.append((found.nbytes - 8 * size) / (SLOTS - 1) / size)
    assert sizes == pytest.approx([1, 2, 4, 1], rel=0.02)
