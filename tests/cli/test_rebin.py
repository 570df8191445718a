"""Rebinning: counts in coarser bins are the counts that the data would have given there, or there are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgauge.batch import Batch, column_of
from driftgauge.errors import ProfileError
from driftgauge.profile import ColumnSchema, ProfileSpec, Schema
from driftgauge.reference import BuildOptions, build, compare_profiles
from driftgauge.reference.rebin import aligned
from driftgauge.sketch import CategorySpec, HistogramSpec

numbers = st.one_of(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.0]), st.floats(-50, 50, width=32))


def numeric_spec(edges, center):
    histogram = HistogramSpec((np.array(edges),), np.array([center]), np.array([-np.inf]), np.array([np.inf]), 1)
    return ProfileSpec(Schema.of([ColumnSchema("x")]), histogram, CategorySpec((), (), ()))


def word_spec(*names, tail=(), complete=True):
    words = CategorySpec((names,), (tuple(tail),), (complete,))
    return ProfileSpec(Schema.of([ColumnSchema("x", kind="categorical")]), HistogramSpec.plain([]), words)


def counted(spec, values):
    return spec.of(Batch(len(values), inputs={"x": column_of(values)[0]}))


def known(spec, values):
    """Return the values that a data set with this spec can have had: a complete spec names them all."""
    words = spec.categories
    names = {*words.names[0], *words.tails[0], None}
    return [value for value in values if value in names or not words.complete[0]]


@settings(deadline=None)
@given(
    st.lists(numbers, max_size=40),
    st.lists(numbers, max_size=40),
    st.sets(st.integers(-40, 40), max_size=12),
    st.data(),
)
def test_coarser_bins_hold_what_the_data_would_have_given(first, second, fine, data):
    """Whichever side is finer, both sides come out as if counted with the coarser edges about the reference's centre."""
    fine = sorted(float(edge) for edge in fine)
    coarse = [edge for edge in fine if data.draw(st.booleans())]
    for mine, theirs in ((fine, coarse), (coarse, fine)):
        reference = counted(numeric_spec(mine, 3.0), first)
        current = counted(numeric_spec(theirs, -7.5), second)
        wanted = numeric_spec(coarse, 3.0)
        for found, values in zip(aligned(reference, current), (first, second), strict=True):
            expected = counted(wanted, values)
            assert found.spec == wanted
            for name, array in expected.histogram.arrays.items():
                np.testing.assert_allclose(found.histogram.arrays[name], array, rtol=1e-9, atol=1e-6)


def test_equal_profiles_are_handed_back():
    profile = counted(numeric_spec([0.0], 0.0), [1.0])
    assert aligned(profile, profile) == (profile, profile)


@pytest.mark.parametrize(
    ("mine", "theirs", "names"),
    [
        (word_spec("a", "b"), word_spec("b", "a"), ("a", "b")),
        (word_spec("a", "b"), word_spec("a", "c"), ("a", "b")),
        (word_spec("a", "b", tail="cd"), word_spec("c", "a"), ("a", "b")),
        (word_spec("a", "b"), word_spec("a", "c", tail="b"), ("a",)),
        (word_spec("a", "b"), word_spec("a", "c", complete=False), ("a",)),
    ],
    ids=[
        "other order",
        "unknown name",
        "name of the tail",
        "name in the other's tail",
        "name perhaps in the other's rest",
    ],
)
def test_categories_are_matched_by_name(mine, theirs, names):
    """Both sides hold what counting their data with the shared names gives; all else is other."""
    values = ["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"] * 2 + [None]
    sides = [known(spec, values) for spec in (mine, theirs)]
    both = aligned(counted(mine, sides[0]), counted(theirs, sides[1]))
    for found, side in zip(both, sides, strict=True):
        shown = [side.count(name) for name in names]
        assert found.spec.categories.names == (names,)
        assert found.categories.counts[0].tolist() == [*shown, len(side) - 1 - sum(shown), 1]


def test_other_edges_precision_and_kinds_are_refused_by_name():
    """What cannot be bridged exactly is refused with the column's name."""
    profile = counted(numeric_spec([0.0, 1.0], 0.0), [0.5])
    wide = ProfileSpec(
        Schema.of([ColumnSchema("x", wide=True)]), HistogramSpec.plain([[0.0, 1.0]]), CategorySpec((), (), ())
    )
    for other, message in (
        (numeric_spec([0.0, 2.0], 0.0), "different edges .columns 'x'."),
        (wide, "different edges .columns 'x'."),
        (word_spec("a"), "column 'x' is numeric in the reference and categorical in the other profile"),
    ):
        with pytest.raises(ProfileError, match=message):
            aligned(profile, other.zero())


def test_columns_of_one_side_are_named_not_compared():
    """Two profiles are compared over the columns they share; with none, they are refused."""
    rng = np.random.default_rng(1)

    def reference(**columns):
        batch = Batch(500, inputs={name: column_of(values)[0] for name, values in columns.items()})
        return build(lambda: [batch], BuildOptions("t", 0.0))

    plans = rng.choice(["basic", "plus"], 500).tolist()
    first = reference(plan=plans, age=rng.normal(size=500).tolist())
    second = reference(plan=["plus"] * 500, rent=rng.normal(size=500).tolist())
    comparison = compare_profiles(first, second.profile)
    assert [found.column.name for found in comparison.columns] == ["plan"]
    assert comparison.columns[0].status == comparison.status == 2
    assert [column.name for column in comparison.only_in_reference] == ["age"]
    assert [column.name for column in comparison.only_in_current] == ["rent"]
    with pytest.raises(ProfileError, match="no column in common"):
        compare_profiles(first, reference(rent=[1.0] * 500).profile)


def test_worst_columns_come_first_and_unjudged_ones_last():
    """Columns are in the order of severity, then of the debiased score."""
    rng = np.random.default_rng(2)
    batch = Batch(5_000, inputs={name: rng.normal(size=5_000) for name in "abcd"})
    reference = build(lambda: [batch], BuildOptions("t", 0.0))
    shifts = {"a": 0.0, "b": 0.8, "c": 1.6}
    current = reference.profile.spec.of(
        Batch(1_000, inputs={name: rng.normal(size=1_000) + shift for name, shift in shifts.items()})
    )
    found = compare_profiles(reference, current).columns
    assert [one.column.name for one in found] == ["d", "c", "b", "a"]  # d is missing altogether
    assert [one.status for one in found] == [2, 2, 2, 0]
    assert found[1].mean_shift_sigma == pytest.approx(1.6, abs=0.1)
