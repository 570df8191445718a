"""The columns form of JSON bodies."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.errors import DecodeError
from tests.ingest.bodies import decode_json

AGES = {"columns": {"age": [41, 37, None], "plan": ["basic", None, "pro"]}, "prediction": [1, 0, 1]}


def test_columns_decode_as_the_rows_they_stand_for():
    """The columns form and a list of observations give the same batch."""
    columns = decode_json(AGES | {"ts": [1, 2, 3], "proba": [[0.5, 0.5]] * 3, "latency_s": [0.1, 0.2, 0.3]}).batch
    rows = decode_json(
        [
            {
                "features": {"age": age, "plan": plan},
                "prediction": prediction,
                "ts": ts,
                "proba": [0.5, 0.5],
                "latency_s": ts / 10,
            }
            for age, plan, prediction, ts in [(41, "basic", 1, 1), (37, None, 0, 2), (None, "pro", 1, 3)]
        ]
    ).batch
    np.testing.assert_array_equal(columns.inputs["age"], rows.inputs["age"])
    np.testing.assert_array_equal(columns.inputs["plan"].codes, rows.inputs["plan"].codes)
    np.testing.assert_array_equal(columns.outputs["prediction"], rows.outputs["prediction"])
    np.testing.assert_array_equal(columns.timestamps, rows.timestamps)
    np.testing.assert_array_equal(columns.probabilities, rows.probabilities)
    np.testing.assert_allclose(columns.requests.latencies, rows.requests.latencies)
    assert columns.requests.count == rows.requests.count == 3


REQUESTS = [
    ({}, 3, [], {}, None),
    ({"latency_s": 0.5}, 1, [0.5], {}, None),
    ({"latency_s": [0.5, None, 1]}, 3, [0.5, 1.0], {}, None),
    ({"status": "timeout"}, 1, [], {"timeout": 1}, [True] * 3),
    ({"status": ["ok", "error", None]}, 3, [], {"error": 1}, [False, True, False]),
    ({"status": "error", "latency_s": [1, 2, 3]}, 3, [1.0, 2.0, 3.0], {"error": 3}, [True] * 3),
    ({"status": ["ok", "ok", "error"], "latency_s": 2}, 3, [2.0], {"error": 1}, [False, False, True]),
    ({"ts": 5}, 3, [], {}, None),
    ({"latency_s": None, "status": None}, 3, [], {}, None),
]


@pytest.mark.parametrize(("facts", "count", "latencies", "failures", "failed"), REQUESTS, ids=str)
def test_lists_say_that_each_row_is_a_request(facts, count, latencies, failures, failed):
    """A latency or status given once makes the body one request; lists, or neither, make each row one."""
    batch = decode_json(AGES | facts).batch
    assert (batch.requests.count, batch.requests.latencies.tolist()) == (count, latencies)
    assert batch.requests.failures == failures
    assert (batch.failed.tolist() if batch.failed is not None else None) == failed


def test_one_event_time_is_the_time_of_every_row():
    """A time given once applies to all rows."""
    assert decode_json(AGES | {"ts": "1970-01-01T00:00:05Z"}).batch.timestamps.tolist() == [5.0] * 3


def test_rows_with_an_unusable_event_time_are_left_out():
    """An event time that cannot be used refuses its row, from every column and fact."""
    decoded = decode_json(AGES | {"ts": [1, "soon", 3], "latency_s": [1, 2, 3], "proba": [[1, 0], [0, 1], [1, 0]]})
    batch = decoded.batch
    assert (decoded.accepted, decoded.rejected, decoded.errors[0].row) == (2, 1, 1)
    np.testing.assert_array_equal(batch.inputs["age"], [41.0, np.nan])
    assert batch.requests.latencies.tolist() == [1.0, 3.0]
    assert batch.requests.count == 2
    assert batch.probabilities.tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_predictions_may_have_names():
    """A prediction that is an object of lists has one output column a name."""
    assert set(decode_json({"columns": {}, "prediction": {"x": [1], "y": [2]}}).batch.outputs) == {"x", "y"}


WRONG = [
    ({"columns": {"a": [1], "b": 5}}, ("b", "wrong_type")),
    ({"columns": {"a": [1]}, "prediction": 1}, ("prediction", "wrong_type")),
    ({"columns": {"a": [1]}, "proba": 0.5}, ("proba", "wrong_type")),
    ({"columns": {"a": [1]}, "latency_s": "fast"}, ("latency_s", "wrong_type")),
    ({"columns": {"a": [1]}, "status": {}}, ("status", "wrong_type")),
    ({"columns": {"a": [1]}, "features": {}}, ("features", "unknown_field")),
    ({"columns": {"a": [1, [2]]}}, ("a", "wrong_type")),
]


@pytest.mark.parametrize(("body", "violation"), WRONG, ids=str)
def test_what_cannot_be_used_is_left_out_and_counted(body, violation):
    """A column or fact of the wrong kind does not hurt the other ones."""
    assert decode_json(body).batch.violations == {violation: 1}


def test_the_model_may_be_in_the_body():
    """Model and version are handed on from the columns form."""
    decoded = decode_json(AGES | {"model": "a/b", "version": "2"})
    assert (decoded.model, decoded.version) == ("a/b", "2")


def test_a_ragged_error_names_two_columns():
    """Columns of different lengths are told apart by name and length, long names cut."""
    with pytest.raises(DecodeError) as caught:
        decode_json({"columns": {"a" * 1000: [1], "b": [1, 2]}})
    assert str(caught.value) == f"columns {'a' * 64!r} has 1 values, columns 'b' has 2"
    assert caught.value.field == "b"
