"""Numbers as text: read back exactly, written as the reference client library does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.utils import floatToGoString

from driftgauge.expose.text import number, numbers, rounded

floats = st.floats(allow_nan=False)


@given(floats)
def test_a_number_reads_back(value):
    assert float(number(value)) == value


@given(floats)
def test_a_number_is_written_as_the_client_library_does(value):
    assert number(value) == floatToGoString(value)


@given(st.lists(floats, max_size=20))
def test_many_numbers_are_written_as_each_is(values):
    """The fast way for usual values gives the same text."""
    assert list(numbers(np.array(values, dtype=np.float64))) == [number(value) for value in values]


@given(st.floats(min_value=-1e11, max_value=1e11))
def test_rounding_keeps_six_digits_or_three_decimals(value):
    result = float(rounded(np.array([value]))[0])
    assert math.isclose(result, value, rel_tol=5.1e-6, abs_tol=1e-22)
    assert abs(result - value) <= 0.0005 + np.spacing(abs(value))


@given(st.floats(min_value=-1e11, max_value=1e11).filter(lambda value: not 0 < abs(value) < 1e-16))
def test_rounded_values_have_short_texts(value):
    """Rounding ends next to a decimal, so that no tail of nines comes out."""
    digits = repr(float(rounded(np.array([value]))[0])).partition("e")[0].lstrip("-0.").replace(".", "").rstrip("0")
    whole = len(str(int(abs(value))))
    assert len(digits) <= max(7, whole + 3)


@given(st.floats())
def test_rounding_twice_changes_nothing(value):
    once = rounded(np.array([value]))
    np.testing.assert_array_equal(rounded(once), once)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.123456789, "0.123457"),
        (1_790_000_000.1236, "1.790000000124e+09"),
        (12_345_678.0, "1.2345678e+07"),
        (123.4567891, "123.457"),
        (-1.05, "-1.05"),
        (-0.0, "0.0"),
        (2e-5, "2e-05"),
        (1e-300, "0.0"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (1e300, "1e+300"),
    ],
)
def test_examples(value, expected):
    assert list(numbers(rounded(np.array([value])))) == [expected]
