"""The laws of everything that adds: once, for every sketch, for profiles and for the windows of a ring."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from driftgauge.batch import Batch, Categories, Mixed, Requests, concatenate
from driftgauge.errors import MergeError
from driftgauge.profile import (
    CATEGORICAL,
    OUTPUT,
    WINDOWS,
    ColumnSchema,
    Profile,
    ProfileSpec,
    Provenance,
    Reference,
    Ring,
    Schema,
    dumps,
    loads,
)
from driftgauge.sketch import (
    CategorySpec,
    ConfusionSpec,
    CoverageSpec,
    ErrorSumsSpec,
    ExponentialSpec,
    HistogramSpec,
    ReliabilitySpec,
    ScatterSpec,
    Sketch,
)

#: numbers on, next to and far from the edges below
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.5, 1.0, 2.0, 5e-324, np.inf, -np.inf, np.nan]),
    st.floats(-1e4, 1e4, width=32),
)
WORDS = ("basic", "plus", "rare", "never seen")

EDGES = ([0.0, 1.0, 2.0], [], [0.5])
HISTOGRAM = HistogramSpec.plain(EDGES, narrow=2)
CATEGORIES = CategorySpec((("basic", "plus"), ("1",)), (("rare",), ()), (True, False))
EXPONENTIAL = ExponentialSpec(2)
CONFUSION = ConfusionSpec(3)
PROFILE = ProfileSpec(
    Schema.of(
        [
            ColumnSchema("age"),
            ColumnSchema("height"),
            ColumnSchema("when", wide=True),
            ColumnSchema("plan", kind=CATEGORICAL),
            ColumnSchema("class", OUTPUT, CATEGORICAL),
        ]
    ),
    HISTOGRAM,
    CATEGORIES,
)


def blocks(columns: int) -> st.SearchStrategy[Any]:
    return st.integers(0, 6).flatmap(lambda rows: arrays(np.float64, (columns, rows), elements=NUMBERS))


def codes(spec: CategorySpec) -> st.SearchStrategy[Any]:
    shape = st.tuples(st.just(spec.columns), st.integers(0, 6))
    return arrays(np.int32, shape, elements=st.integers(0, spec.unseen))


def pairs(elements: st.SearchStrategy[Any], dtype: Any) -> st.SearchStrategy[Any]:
    return st.integers(0, 6).flatmap(lambda rows: arrays(dtype, (2, rows), elements=elements))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Draw rows with and without inputs, outputs, failures and latencies."""
    rows = draw(st.integers(0, 6))

    def numbers() -> Any:
        return draw(arrays(np.float64, rows, elements=NUMBERS))

    def words() -> Categories:
        return Categories(draw(arrays(np.int32, rows, elements=st.integers(-1, len(WORDS) - 1))), WORDS)

    inputs = {"age": numbers(), "height": Mixed(numbers(), words()), "when": numbers(), "plan": words()}
    return Batch(
        rows,
        inputs=inputs,
        outputs={"class": numbers()},
        failed=draw(st.none() | arrays(np.bool_, rows)),
        requests=Requests(rows, draw(arrays(np.float64, rows, elements=NUMBERS))),
    )


@dataclass(frozen=True)
class Case:
    """One thing that adds: how it is made of data, how data are joined, and a spec that it does not fit."""

    name: str
    spec: Any
    foreign: Any
    data: st.SearchStrategy[Any]
    join: Callable[[Sequence[Any]], Any]
    inside: Callable[[Any], list[np.ndarray]]

    def of(self, data: Any) -> Any:
        return self.spec.of(data)

    def sketches(self) -> st.SearchStrategy[Any]:
        """Values as they arise: sums of counted data and of nothing."""
        one = st.just(self.spec.zero()) | self.data.map(self.of)
        return st.lists(one, min_size=1, max_size=3).map(lambda parts: reduce(lambda a, b: a.merge(b), parts))


def batch_arrays(batch: Batch) -> list[np.ndarray]:
    columns = [column for _, _, column in batch.columns]
    numbers = [getattr(column, "numbers", column) for column in columns if not isinstance(column, Categories)]
    words = [getattr(column, "categories", column) for column in columns if not isinstance(column, np.ndarray)]
    return [*numbers, *(column.codes for column in words), batch.requests.latencies]


CASES = [
    Case(
        "histogram",
        HISTOGRAM,
        HistogramSpec.plain(([0.0, 1.0, 2.5], [], [0.5]), narrow=2),
        blocks(3),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "categories",
        CATEGORIES,
        CategorySpec((("basic", "other"), ("1",)), (("rare",), ()), (True, False)),
        codes(CATEGORIES),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "exponential",
        EXPONENTIAL,
        ExponentialSpec(2, schema=4),
        blocks(2),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "confusion",
        CONFUSION,
        ConfusionSpec(2),
        pairs(st.integers(0, CONFUSION.other), np.int32),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "coverage",
        CoverageSpec("rows"),
        CoverageSpec("bodies"),
        pairs(st.integers(0, 9), np.int64),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "error sums",
        ErrorSumsSpec(0.5),
        ErrorSumsSpec(1.0),
        blocks(2),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "reliability",
        ReliabilitySpec(),
        ReliabilitySpec(50),
        pairs(st.sampled_from([0.0, 0.1, 0.5, 0.999, 1.0, 1.5, np.nan]), np.float64),
        lambda parts: np.concatenate(parts, axis=1),
        lambda data: [data],
    ),
    Case(
        "scatter",
        ScatterSpec(2),
        ScatterSpec(2, "another map"),
        blocks(2).map(np.transpose),
        np.concatenate,
        lambda data: [data],
    ),
    Case(
        "profile",
        PROFILE,
        replace(PROFILE, schema=Schema.of([ColumnSchema("other"), *PROFILE.schema.columns[1:]])),
        batches(),
        concatenate,
        batch_arrays,
    ),
]
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
law = settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def state(sketch: Sketch | Profile) -> list[np.ndarray]:
    return sketch.arrays if isinstance(sketch, Profile) else list(sketch.arrays.values())


def assert_equal(
    left: Sketch | Profile, right: Sketch | Profile, *, exactly: bool = False, stored: bool = False
) -> None:
    """Counts are equal; sums are equal, or within rounding of values up to 10,000 (*stored*: of float32)."""
    assert left.spec == right.spec
    for one, other in zip(state(left), state(right), strict=True):
        assert one.dtype == other.dtype
        if exactly or one.dtype == np.int64:
            np.testing.assert_array_equal(one, other)
        else:
            scale = max(1.0, float(np.abs(one).max(initial=0.0)))
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-6 * scale if stored else 1e-6)


@every_case
@law
@given(data=st.data())
def test_zero_is_an_identity(case, data):
    """Zero changes nothing on either side, nor does it with itself."""
    sketch, zero = data.draw(case.sketches()), case.spec.zero()
    assert_equal(zero.merge(sketch), sketch, exactly=True)
    assert_equal(sketch.merge(zero), sketch, exactly=True)
    assert_equal(zero.merge(zero), zero, exactly=True)


@every_case
@law
@given(data=st.data())
def test_merge_commutes(case, data):
    """The order of two sides does not matter."""
    a, b = data.draw(case.sketches()), data.draw(case.sketches())
    assert_equal(a.merge(b), b.merge(a), exactly=True)


@every_case
@law
@given(data=st.data())
def test_merge_associates(case, data):
    """The grouping of three sides does not matter."""
    a, b, c = (data.draw(case.sketches()) for _ in range(3))
    assert_equal(a.merge(b).merge(c), a.merge(b.merge(c)))


@every_case
@law
@given(data=st.data())
def test_splitting_a_batch_changes_nothing(case, data):
    """Observing parts is the same as observing their concatenation."""
    parts = data.draw(st.lists(case.data, min_size=1, max_size=4))
    together = case.of(case.join(parts))
    assert_equal(together, reduce(lambda a, b: a.merge(b), map(case.of, parts)))


@every_case
@law
@given(data=st.data())
def test_later_mutation_of_the_input_changes_nothing(case, data):
    """A sketch shares no memory with what it has counted."""
    batch = data.draw(case.data)
    counted = case.of(batch)
    before = [array.copy() for array in state(counted)]
    for array in case.inside(batch):
        array[...] = 1
    for array, copy in zip(state(counted), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_case
@law
@given(data=st.data())
def test_merging_changes_neither_side(case, data):
    """A merged sketch shares no memory with its parts."""
    a, b = data.draw(case.sketches()), data.draw(case.sketches())
    before = [array.copy() for array in (*state(a), *state(b))]
    for array in state(a.merge(b)):
        np.add(array, 1, out=array)
    for array, copy in zip((*state(a), *state(b)), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@every_case
@law
@given(data=st.data())
def test_size_is_bounded(case, data):
    """A sketch is as large as the sketch of nothing, whatever it has counted."""
    sketch = data.draw(case.sketches())
    assert [array.shape for array in state(sketch)] == [array.shape for array in state(case.spec.zero())]


@every_case
def test_other_specs_do_not_add(case):
    """Two sides that count different things are refused."""
    with pytest.raises(MergeError):
        case.spec.zero().merge(case.foreign.zero())


@every_case
@law
@given(data=st.data())
def test_specs_that_are_equal_add(case, data):
    """What counts is what a spec says, not which object it is."""
    sketch = data.draw(case.sketches())
    twin = replace(case.spec)
    assert twin is not case.spec
    assert_equal(twin.zero().merge(sketch), sketch, exactly=True)


@pytest.mark.parametrize("case", CASES[:-1], ids=lambda case: case.name)
@law
@given(data=st.data())
def test_holding_the_arrays_gives_the_sketch(case, data):
    """The arrays are the whole state."""
    sketch = data.draw(case.sketches())
    assert_equal(case.spec.holding(sketch.arrays), sketch, exactly=True)


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
