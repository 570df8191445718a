"""Counts and sums of a slot in as few bytes as hold them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.profile.narrow import LARGEST, Narrow

#: counts as slots have them: most small, some at the limits of a type, few of any size
COUNTS = st.lists(
    st.integers(0, 300) | st.sampled_from([255, 256, 65_535, 65_536, LARGEST]) | st.integers(0, LARGEST), max_size=60
)


@given(COUNTS, st.lists(st.floats(width=32, allow_nan=False), max_size=5))
def test_what_is_held_comes_out(counts, sums):
    """Counts of any size and sums of any value come back exactly, alone and added to others."""
    given_counts, given_sums = np.array(counts, dtype=np.int64), np.array(sums, dtype=np.float32)
    held = Narrow.of(given_counts, given_sums)
    assert held.counts().tolist() == counts
    total, whole = np.ones(len(counts), dtype=np.int64), np.zeros(len(sums))
    held.add_to(total, whole)
    assert (total - 1).tolist() == counts
    assert whole.astype(np.float32).tolist() == sums


@given(COUNTS)
def test_never_more_than_four_bytes_a_count(counts):
    """However many counts do not fit into one or two bytes, all of them take no more than 4 bytes each."""
    assert Narrow.of(np.array(counts, dtype=np.int64), np.empty(0, dtype=np.float32)).nbytes <= 4 * len(counts)


@pytest.mark.parametrize(
    ("largest", "how_many", "bytes_each"),
    [(255, 800, 1.0), (10_000, 8, 1.08), (10_000, 800, 2.0), (70_000, 8, 1.08), (70_000, 150, 3.5), (70_000, 300, 4.0)],
)
def test_bytes_by_size(largest, how_many, bytes_each):
    """Counts of which few are large take one byte each and eight for each large one; where many are, two or four."""
    counts = np.full(800, 20)
    counts[:how_many] = largest
    if bytes_each == 3.5:
        counts[how_many:] = 10_000
    assert Narrow.of(counts, np.empty(0, dtype=np.float32)).nbytes == bytes_each * len(counts)


def test_nothing_changes_it():
    """What was handed over may change afterwards."""
    counts, sums = np.array([1, 300, 70_000]), np.array([0.5], dtype=np.float32)
    held = Narrow.of(counts, sums)
    counts += 1
    sums += 1
    assert held.counts().tolist() == [1, 300, 70_000]
    assert held.sums.tolist() == [0.5]
