"""Accepting a window as the new reference, weighing profiles, and merging stored ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.batch import Batch, Categories
from driftgauge.drift.profiles import scores
from driftgauge.errors import ProfileError
from driftgauge.profile import (
    HOURS,
    WINDOWS,
    Calibration,
    ColumnSchema,
    ProfileSpec,
    Provenance,
    Reference,
    Schema,
    Strata,
    dumps,
    loads,
)
from driftgauge.reference import BuildOptions, build
from driftgauge.reference.accept import Accepted, accept
from driftgauge.reference.merge import merge
from driftgauge.reference.scale import apportioned, scaled
from driftgauge.sketch import CategorySpec, HistogramSpec

DAY = next(window for window in WINDOWS if window.name == "24h")
PLANS = ("basic", "plus", "gold")
WHERE = {"model": "credit", "version": "3", "created": 1.8e9}


def batch(rows, seed, *, shift=0.0, plans=PLANS):
    rng = np.random.default_rng(seed)
    age = rng.normal(40 + shift, 10, rows).round(1)
    age[::50] = np.nan
    age[1::200] = np.inf
    codes = rng.integers(0, len(plans), rows).astype(np.int32)
    return Batch(rows, inputs={"age": age, "plan": Categories(codes, tuple(plans))})


def built(rows=4_000, seed=1, **options):
    data = batch(rows, seed, **options)
    return build(lambda: [data], BuildOptions("train.csv", 1.7e9))


def window(of, rows=2_000, *, shift=5.0, hours=()):
    profile = of.profile.spec.of(batch(rows, 7, shift=shift))
    return Accepted(DAY, profile, 1.8e9, 1.8e9 - 86_400, hours)


def figures(columns):
    return Calibration(np.full(columns, 50), *(np.full(columns, value) for value in (0.1, 0.2, 0.3, 0.4, 2.0)))


def test_an_accepted_window_is_the_reference():
    """The new reference holds the window's counts in the old edges, so the window is at no distance from it."""
    old = built()
    found = window(old)
    new = accept(old, found, **WHERE)
    assert new.rows == 2_000
    assert new.profile.spec is found.profile.spec
    assert scores(new.profile, found.profile).score.tolist() == [0.0, 0.0]
    assert scores(old.profile, found.profile).debiased[0] > 0.1
    assert new.digest != old.digest


def test_its_provenance_says_what_it_was_made_of():
    """Name, model, times and notes tell where it came from; names do not grow with every acceptance."""
    old = built()
    new = accept(old, window(old), **WHERE)
    about = new.provenance
    assert (about.name, about.model, about.version, about.created) == ("window 24h of train.csv", "credit", "3", 1.8e9)
    assert about.time_range == (1.8e9 - 86_400, 1.8e9)
    assert about.notes[0] == "made of 2,000 rows of the 24h that ended at 2027-01-15T08:00:00Z"
    assert f"digest {old.digest}" in about.notes[1]
    assert accept(new, window(new), **WHERE).provenance.name == "window 24h of train.csv"


def test_it_survives_its_file():
    """What is stored and read again is the same reference, so a restart goes on where the acceptance was."""
    old = replace(built(), calibration={"24h": figures(2)})
    new = accept(old, window(old), **WHERE)
    read = loads(dumps(new))
    assert read.digest == new.digest
    assert read.provenance == new.provenance
    assert list(read.calibration) == ["24h"]


def test_the_old_reference_counts_by_its_weight():
    """With a weight the old rows are in the new reference, that often, and the notes say so."""
    old = built()
    new = accept(old, window(old), merge_old=0.5, **WHERE)
    assert new.rows == 4_000
    assert "count 0.5 times" in new.provenance.notes[2]
    whole = accept(old, window(old), **WHERE)
    assert scores(old.profile, new.profile).debiased[0] < scores(old.profile, whole.profile).debiased[0]


def test_chunk_figures_stay():
    """How the data scatter is known from the old reference, whatever level they are at now."""
    calibration = {"1h": figures(2), "24h": figures(2)}
    old = replace(built(), calibration=calibration)
    assert dict(accept(old, window(old), **WHERE).calibration) == calibration


def with_strata(reference, rows):
    """Return *reference* with the same counts in every hour."""
    zero = reference.profile.spec.zero()
    numeric, categorical = (
        np.repeat(np.zeros_like(counts)[None], HOURS, axis=0)
        for counts in (zero.histogram.counts, zero.categories.counts)
    )
    numeric[:, :, 0] = rows
    categorical[:, :, 0] = rows
    return replace(reference, strata=Strata(numeric, categorical), calibration={"1h": figures(2), "24h": figures(2)})


def test_hours_are_counted_anew():
    """Where every hour of the window has rows enough, the new reference knows the window's hours."""
    old = with_strata(built(), 900)
    hours = [old.profile.spec.of(batch(600, seed)) for seed in range(HOURS)]
    new = accept(old, window(old, hours=hours), **WHERE)
    assert new.strata.numeric[3].tolist() == hours[3].histogram.counts.tolist()
    assert set(new.calibration) == {"1h", "24h"}


def test_hours_with_few_rows_are_dropped_with_what_rests_on_them():
    """Short chunks were scored within their hours, so without hours their figures would be wrong: both go, and it is said."""
    old = with_strata(built(), 900)
    hours = [old.profile.spec.of(batch(100, seed)) for seed in range(HOURS)]
    new = accept(old, window(old, hours=hours), **WHERE)
    assert new.strata is None
    assert set(new.calibration) == {"24h"}
    assert "no counts by hour of day" in new.provenance.notes[-1]
    kept = accept(old, window(old, hours=hours), merge_old=1.0, **WHERE)
    assert kept.strata.numeric[0, 0, 0] >= 900


def test_too_few_rows_are_refused():
    """A window of fewer rows than a reference needs is refused with both numbers."""
    old = built()
    with pytest.raises(ProfileError, match=r"window 24h holds 999 rows, a baseline needs 1,000 or more"):
        accept(old, window(old, rows=999), **WHERE)
    with pytest.raises(ProfileError, match=r"holds 2,000 rows, a baseline needs 3,000"):
        accept(old, window(old), least_rows=3_000, **WHERE)


@pytest.mark.parametrize("weight", [-0.1, 1_001.0, float("nan")])
def test_impossible_weights_are_refused(weight):
    old = built()
    with pytest.raises(ProfileError, match=r"merge_old .*: expected a number from 0 to 1000"):
        accept(old, window(old), merge_old=weight, **WHERE)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20), st.floats(0, 1_000))
def test_apportioned_counts_add_up(counts, weight):
    """Scaled counts are whole, each within 1 of its share, and their sum is the rounded one."""
    found = apportioned(np.array(counts), weight)
    assert found.min() >= 0
    assert found.sum() == np.rint(sum(counts) * weight)
    assert np.all(np.abs(found - np.array(counts) * weight) <= 1 + 1e-6)


@pytest.mark.parametrize("weight", [0.01, 0.37, 1.0, 2.5])
def test_scaling_keeps_moments_and_a_readable_profile(weight):
    """A scaled profile has the same means and deviations to within rounding, and its file can be read."""
    old = built()
    found = scaled(old.profile, weight)
    assert found.histogram.mean == pytest.approx(old.profile.histogram.mean, rel=0.02)
    assert found.histogram.stddev == pytest.approx(old.profile.histogram.stddev, rel=0.05)
    assert np.all(found.histogram.total <= found.rows)
    assert loads(dumps(replace(old, profile=found))).rows == round(4_000 * weight)


def test_scaling_by_one_changes_nothing():
    old = built()
    assert replace(old, profile=scaled(old.profile, 1.0)).digest == old.digest


def counted(edges, names, *, name, rows=1_000, seed=3, complete=True):
    """Return a profile of its own edges and categories."""
    spec = ProfileSpec(
        Schema.of([ColumnSchema("age"), ColumnSchema("plan", kind="categorical")]),
        replace(HistogramSpec.plain([edges], narrow=1), lows=np.array([float(seed)]), highs=np.array([90.0 + seed])),
        CategorySpec((names,), ((),), (complete,)),
    )
    return Reference(spec.of(batch(rows, seed, plans=names)), Provenance(name, 1.7e9, "credit", str(seed)))


def test_stored_profiles_of_the_same_edges_add_up():
    """Counts of the first are weighed, those of the second whole; both are named in the provenance."""
    old = counted([30.0, 40.0], PLANS, name="may", seed=1)
    new = counted([30.0, 40.0], PLANS, name="june", seed=2)
    both = merge(old, new, created=1.8e9, weight=0.5)
    assert both.rows == 1_500
    assert both.profile.histogram.total.tolist() == [1_500]
    assert both.provenance.name == "may and june"
    assert (both.provenance.model, both.provenance.version) == ("credit", "")
    assert [note.partition(",")[0] for note in both.provenance.notes] == ["1", "1"]
    assert loads(dumps(both)).digest == both.digest


def test_merged_ranges_reach_as_far_as_either():
    """The range outside of which values are counted is the union of both."""
    old, new = (counted([30.0], PLANS, name="x", seed=seed) for seed in (2, 5))
    spec = merge(old, new, created=1.8e9).profile.spec.histogram
    assert (spec.lows.tolist(), spec.highs.tolist()) == ([2.0], [95.0])


def test_finer_edges_are_summed_into_coarser_ones():
    """Where one side's edges contain the other's, merging is exact: as if all rows had been counted in the coarser bins."""
    old = counted([30.0, 35.0, 40.0], PLANS, name="fine", seed=1)
    new = counted([30.0, 40.0], PLANS, name="coarse", seed=2)
    both = merge(old, new, created=1.8e9)
    exact = both.profile.spec.of(batch(1_000, 1)).merge(both.profile.spec.of(batch(1_000, 2)))
    assert both.profile.histogram.counts.tolist() == exact.histogram.counts.tolist()
    assert both.profile.histogram.mean == pytest.approx(exact.histogram.mean)
    assert both.profile.histogram.stddev == pytest.approx(exact.histogram.stddev)


def test_categories_of_either_side_are_known():
    """A category that only the second profile has is in `other` of the merged one, and no longer unseen."""
    old = counted([30.0], ("basic", "plus"), name="old", seed=1)
    new = counted([30.0], ("basic", "plus", "gold"), name="new", seed=2)
    both = merge(old, new, created=1.8e9).profile
    assert both.spec.categories.names == (("basic", "plus"),)
    assert both.categories.counts[0, -2] == new.profile.categories.counts[0, 2]
    assert both.spec.of(batch(300, 3)).categories.unseen.tolist() == [0]


def test_other_edges_are_refused():
    """Edges of which neither side's contain the other's cannot be bridged by counts."""
    with pytest.raises(
        ProfileError, match=r"different edges \(columns 'age'\); profiles of such edges cannot be added"
    ):
        merge(counted([30.0], PLANS, name="a"), counted([31.0], PLANS, name="b"), created=1.8e9)


def test_other_columns_are_refused_by_name():
    """Profiles of different columns are not added up; the message says which side lacks what."""
    old = counted([30.0], PLANS, name="a")
    data = Batch(100, inputs={"age": np.arange(100.0)})
    new = build(lambda: [data], BuildOptions("b", 1.7e9))
    with pytest.raises(ProfileError, match=r"'b' lacks 'plan', which 'a' has; expected the same columns"):
        merge(old, new, created=1.8e9)
