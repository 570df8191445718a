"""Which columns become what: outputs, probabilities, event times, features."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from driftgauge.errors import SourceError
from driftgauge.sources import Roles, from_arrays

TABLE = {"id": [1], "age": [41.0], "plan": ["pro"], "y": ["yes"], "p": [0.75], "score": [3.0]}
MINUTE = dt.datetime(1970, 1, 1, 0, 1, tzinfo=dt.UTC)


def read(columns, roles):
    (batch,) = from_arrays(columns, roles).batches()
    return batch


def test_what_no_role_claims_is_a_feature():
    """Features are the columns left over, in the table's order."""
    batch = read(TABLE, Roles(prediction="y", probabilities=("p",), outputs=("score",), ignore=("id",)))
    assert list(batch.inputs) == ["age", "plan"]
    assert list(batch.outputs) == ["prediction", "score"]


def test_named_features_are_the_only_ones():
    """A list of features leaves everything else out, in the order it was given."""
    assert list(read(TABLE, Roles(features=("plan", "age"))).inputs) == ["plan", "age"]


def test_a_column_may_be_feature_and_output():
    """A feature that is asked for stays one even where another role claims it."""
    batch = read(TABLE, Roles(prediction="score", features=("score",)))
    assert (list(batch.inputs), list(batch.outputs)) == (["score"], ["prediction"])


def test_one_probability_stands_for_two_classes():
    """A single column p is the probability of the second class."""
    assert read(TABLE, Roles(probabilities=("p",))).probabilities.tolist() == [[0.25, 0.75]]


def test_probabilities_keep_the_order_of_the_classes():
    """Columns become classes as they are listed, and keep single precision."""
    shares = {name: np.array([share], dtype=np.float32) for name, share in (("b", 0.5), ("a", 0.25), ("c", 0.25))}
    found = read(shares, Roles(probabilities=("a", "b", "c"))).probabilities
    assert found.tolist() == [[0.25, 0.5, 0.25]]
    assert found.dtype == np.float32


def test_probabilities_are_numbers():
    """A column of names among the probabilities is an error that shows one."""
    with pytest.raises(SourceError, match="probability column 'plan' holds text such as 'pro', expected numbers"):
        read(TABLE, Roles(probabilities=("plan",)))


@pytest.mark.parametrize(
    "column",
    [
        [60],
        ["60"],
        ["60.0"],
        ["1970-01-01T00:01:00Z"],
        ["1970-01-01t00:01:00z"],
        ["1970-01-01 00:01:00"],
        ["1970-01-01T00:01"],
        ["1970-01-01T01:01:00.000000+01:00"],
        [MINUTE],
        [MINUTE.replace(tzinfo=None)],
        [pd.Timestamp(MINUTE)],
        np.array([60], dtype="datetime64[s]"),
        np.array([60 * 10**9], dtype="datetime64[ns]"),
        np.array([60], dtype=np.int32),
        pd.Series([MINUTE]),
    ],
    ids=str,
)
def test_event_times_in_every_form_are_seconds(column):
    """Numbers, text and datetimes mean the same moment; without a zone it is UTC."""
    times = read({"at": column}, Roles(timestamp="at")).timestamps
    assert times.tolist() == [60.0]
    assert times.dtype == np.float64


def test_mixed_and_missing_event_times():
    """Numbers and text in one column are both times, a missing time is NaN."""
    times = read({"at": [60, "1970-01-01", None, float("nan")]}, Roles(timestamp="at")).timestamps
    np.testing.assert_array_equal(times, [60.0, 0.0, np.nan, np.nan])


def test_event_times_are_exact_to_a_microsecond():
    """Fractions of a second survive."""
    times = read({"at": ["2026-09-14T08:01:02.123457Z"]}, Roles(timestamp="at")).timestamps
    assert times[0] == dt.datetime(2026, 9, 14, 8, 1, 2, 123457, tzinfo=dt.UTC).timestamp()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("yesterday", "timestamp column 'at' holds 'yesterday', expected RFC 3339 or seconds since 1970"),
        (1_789_372_862_000, "timestamp column 'at' holds 1789372862000, expected seconds since 1970"),
    ],
)
def test_what_is_no_time_is_an_error(value, message):
    """Words and milliseconds are refused, not read as some other time."""
    with pytest.raises(SourceError, match=f"arrays: {message}"):
        read({"at": [value]}, Roles(timestamp="at"))
