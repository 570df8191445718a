"""The laws of everything that adds: once, for every sketch and for profiles."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftgauge.errors import MergeError
from tests.cases import CASES, assert_equal, every_case, law, state


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
