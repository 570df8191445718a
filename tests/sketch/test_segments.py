"""Segment counts are those that each segment's rows alone would have."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.errors import MergeError
from driftgauge.sketch import CategorySpec, HistogramSpec, SegmentSpec

EDGES = [[-1.0, 0.0, 0.5], [0.25]]
PLAN = CategorySpec((("a", "b", "c"),), ((),), (True,))
HISTOGRAM = HistogramSpec.plain(EDGES)
SPEC = SegmentSpec(5, HISTOGRAM.edges, HISTOGRAM.bins + 1, 1, PLAN.width)


def rows(count, seed):
    rng = np.random.default_rng(seed)
    numbers = rng.choice([-np.inf, -1.0, -0.5, 0.0, 0.25, 0.5, 7.0, np.inf, np.nan], (2, count))
    codes = rng.integers(0, PLAN.unseen + 1, (1, count)).astype(np.int32)
    segments = np.stack([rng.integers(-1, 2, count), rng.integers(2, 5, count)]).astype(np.int32)
    return numbers, codes, segments


@pytest.mark.parametrize("seed", range(5))
def test_a_segment_has_the_counts_of_its_rows(seed):
    """Edges, infinities, missing and unseen values included, whatever the fields."""
    numbers, codes, segments = rows(300, seed)
    counts = SPEC.of(numbers, codes, segments)
    for segment in range(SPEC.segments):
        own = (segments == segment).any(axis=0)
        np.testing.assert_array_equal(counts.numeric[segment], HISTOGRAM.of(numbers[:, own]).counts)
        np.testing.assert_array_equal(counts.categorical[segment], PLAN.of(codes[:, own]).counts)


def test_splitting_rows_changes_nothing():
    """Zero is an identity, and counts add."""
    numbers, codes, segments = rows(100, 9)
    parts = [SPEC.of(numbers[:, cut], codes[:, cut], segments[:, cut]) for cut in (slice(30), slice(30, None))]
    whole, added = SPEC.of(numbers, codes, segments), SPEC.zero().merge(parts[1]).merge(parts[0])
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(array, added.arrays[name])


def test_rows_that_do_not_carry_a_column_are_not_counted():
    """A row without outputs says nothing of them."""
    numbers, codes, segments = rows(50, 3)
    seen = np.arange(50) % 2 == 0
    counts = SPEC.of(numbers, codes, segments, ((seen, None), (seen,)))
    half = SPEC.of(numbers[:, seen], codes[:, seen], segments[:, seen])
    np.testing.assert_array_equal(counts.numeric[:, 0], half.numeric[:, 0])
    np.testing.assert_array_equal(counts.categorical, half.categorical)
    np.testing.assert_array_equal(counts.numeric[:, 1], SPEC.of(numbers, codes, segments).numeric[:, 1])


def test_other_bins_cannot_be_added():
    """Counts of other edges are refused."""
    other = SegmentSpec(5, (np.array([1.0]), np.array([2.0])), HISTOGRAM.bins + 1, 1, PLAN.width)
    with pytest.raises(MergeError):
        SPEC.zero().merge(other.zero())
