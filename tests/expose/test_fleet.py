"""The fleet's bins: a function of the reference alone that keeps every value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.expose.fleet import FleetBins, merge_bins
from tests.expose.examples import SPEC, batch, reference

masses = st.lists(st.integers(0, 10**9), min_size=1, max_size=64)


@given(masses, st.integers(1, 70))
def test_merged_bins_are_adjacent_and_at_most_as_many(counts, most):
    """Ascending from 0 without a gap; with enough room every bin stays its own."""
    merged = merge_bins(np.array(counts), most)
    assert merged[0] == 0
    assert set(np.diff(merged).tolist()) <= {0, 1}
    assert merged[-1] < most
    if len(counts) <= most:
        assert merged.tolist() == list(range(len(counts)))


@given(masses, st.integers(1, 70))
def test_merged_bins_share_the_mass(counts, most):
    """A merged bin holds at most its share and one bin more, whatever the masses are."""
    counts = np.array(counts)
    merged = merge_bins(counts, most)
    if len(counts) > most and counts.sum():
        largest = np.bincount(merged, counts).max()
        assert largest <= counts.sum() / most + counts.max()


def test_equal_bins_are_merged_in_pairs():
    assert merge_bins(np.full(20, 50), 10).tolist() == [number // 2 for number in range(20)]


def test_column_without_values_is_merged_evenly():
    assert merge_bins(np.zeros(4, dtype=np.int64), 2).tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_merging_keeps_the_sums(most):
    """Every value of every column is in exactly one bin."""
    profile = SPEC.of(batch(300, shift=9.0))
    bins = FleetBins.of(reference().profile, most)
    values = bins.values(profile)
    for feature in ("age", "plan", "prediction"):
        own = [value for value, label in zip(values, bins.labels, strict=True) if label[0] == feature]
        assert sum(own) == 300
    np.testing.assert_allclose(np.bincount(bins.column, bins.ratios(reference().profile)), 1.0)


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_merged_counts_add_over_pods(most):
    """Counting two pods' rows together is adding their counters."""
    bins = FleetBins.of(reference().profile, most)
    one, other = SPEC.of(batch(100)), SPEC.of(batch(70, shift=30.0))
    np.testing.assert_array_equal(bins.values(one) + bins.values(other), bins.values(one.merge(other)))


def test_bins_do_not_depend_on_what_was_observed():
    first, second = (FleetBins.of(reference().profile, 2) for _ in range(2))
    assert first.labels == second.labels
    np.testing.assert_array_equal(first.numeric, second.numeric)


def test_labels():
    """Numbers, then `other` for categories, then `missing`, also where a column has none of them yet."""
    labels = FleetBins.of(reference().profile, 2).labels
    assert [label[2] for label in labels if label[0] == "age"] == ["00", "01", "missing"]
    assert [label[2] for label in labels if label[0] == "plan"] == ["00", "01", "other", "missing"]


def test_unseen_categories_and_the_cut_ones_are_other():
    bins = FleetBins.of(reference().profile, 2)
    profile = SPEC.of(batch(300))  # a third of it is of the third category
    at = bins.labels.index(("plan", "input", "other"))
    assert bins.values(profile)[at] == 100
