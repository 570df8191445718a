"""The laws of profiles, of their text, and of the windows of a ring."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.batch import Batch
from driftgauge.errors import MergeError
from driftgauge.profile import (
    WINDOWS,
    ColumnSchema,
    ProfileSpec,
    Provenance,
    Reference,
    Ring,
    Schema,
    dumps,
    loads,
)
from driftgauge.sketch import CategorySpec, HistogramSpec
from tests.cases import CASES, PROFILE, assert_equal, law


def test_profiles_with_other_bins_do_not_add():
    """Profiles of the same columns, counted with other edges, are refused too."""
    foreign = replace(PROFILE, histogram=CASES[0].foreign)
    with pytest.raises(MergeError):
        PROFILE.zero().merge(foreign.zero())


def test_the_refusal_names_the_columns():
    """The error says which columns only one side has."""
    with pytest.raises(MergeError, match=r"age.*other"):
        PROFILE.zero().merge(CASES[-1].foreign.zero())


@law
@given(data=st.data())
def test_a_profile_survives_its_text(data):
    """Reading what was written gives the same reference: spec, counts, sums, provenance and digest, to the last bit."""
    profile = data.draw(CASES[-1].sketches())
    # A reference has nothing outside itself, nothing unseen and no latencies.
    profile.histogram.outside[:] = 0
    profile.categories.unseen[:] = 0
    profile = replace(profile, latency=PROFILE.latency.zero())
    reference = Reference(profile, Provenance("rows.csv", 1.7e9, "churn", "3", (1.6e9, 1.65e9), ("only a few rows",)))
    again = loads(dumps(reference))
    assert_equal(again.profile, profile, exactly=True)
    assert again.provenance == reference.provenance
    assert again.digest == reference.digest
    assert dumps(again) == dumps(reference)


def test_sums_survive_the_text_to_the_last_bit():
    """Sums that have no short decimal form are read back exactly, edges of float32 columns too."""
    edges = np.float32([0.1, 0.3, 1e-40, 3e38]).astype(np.float64)
    histogram = HistogramSpec((np.sort(edges),), np.array([0.1 + 0.2]), np.array([1e-45]), np.array([1e38]), 1)
    spec = ProfileSpec(Schema.of([ColumnSchema("x")]), histogram, CategorySpec((), (), ()))
    values = np.random.default_rng(1).lognormal(0, 3, 1000)
    profile = spec.of(Batch(1000, inputs={"x": values}))
    profile.histogram.outside[:] = 0
    text = dumps(Reference(profile, Provenance("x", 0.0)))
    json.loads(text)
    assert_equal(loads(text).profile, profile, exactly=True)


@law
@given(data=st.data())
def test_a_window_is_the_sum_of_its_profiles(data):
    """Every window that reaches far enough holds the merge of what was added, in whatever order it came."""
    parts = data.draw(st.lists(st.tuples(CASES[-1].sketches(), st.integers(0, 800)), min_size=1, max_size=4))
    forwards, backwards = Ring(PROFILE), Ring(PROFILE)
    for profile, time in parts:
        forwards.add(profile, 1e9 + time)
    for profile, time in reversed(parts):
        backwards.add(profile, 1e9 + time)
    total = reduce(lambda a, b: a.merge(b), (profile for profile, _ in parts), PROFILE.zero())
    assert_equal(forwards.total, total)
    for window in WINDOWS[1:]:
        assert_equal(forwards.window(window, 1e9 + 900), total, stored=True)
        assert_equal(backwards.window(window, 1e9 + 900), total, stored=True)


@law
@given(data=st.data())
def test_adding_zero_to_a_ring_changes_no_window(data):
    """A profile of no rows is an identity for windows as well."""
    profile = data.draw(CASES[-1].sketches())
    ring = Ring(PROFILE)
    ring.add(profile, 1e9)
    ring.add(PROFILE.zero(), 1e9 - 100)
    assert_equal(ring.window(WINDOWS[1], 1e9 + 60), profile, stored=True)


def test_a_window_shares_no_memory_with_its_ring():
    """Changing a window that was handed out leaves the next one as it is."""
    ring = Ring(PROFILE)
    ring.add(PROFILE.of(Batch(2, inputs={"age": np.array([1.0, 2.0])})), 0.0)
    for array in ring.window(WINDOWS[0], 100.0).arrays:
        np.add(array, 1, out=array)
    assert ring.window(WINDOWS[0], 100.0).rows == 2
