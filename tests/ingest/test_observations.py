"""One observation, lists of them, and one a line."""

from __future__ import annotations

import math

import numpy as np
import pytest

from driftgauge.batch import Categories, Mixed
from driftgauge.errors import DecodeError
from driftgauge.ingest import FAILURES, RowError
from tests.ingest.bodies import decode_json, decode_lines

GOLDEN = [
    {
        "id": "6f1d-42",
        "ts": "2026-09-14T08:01:02Z",
        "features": {"age": 41, "plan": "basic", "vip": True},
        "prediction": 1,
        "proba": [0.18, 0.82],
        "latency_s": 0.012,
        "status": "ok",
        "segment": {"country": "de"},
        "label": 0,
    },
    {"ts": 1789372863.5, "features": {"age": None, "plan": "pro", "vip": False}, "prediction": 0, "latency_s": 0.5},
    {"features": {"age": 37.5, "plan": None, "income": 1e6}, "status": "timeout", "prediction": 9, "model": "churn"},
]


@pytest.mark.parametrize("decoder", [decode_json, lambda rows: decode_lines(*rows)], ids=["list", "lines"])
def test_golden_observations_decode_exactly(decoder):
    """Every field of the golden observations is where the batch says it should be, to the bit."""
    decoded = decoder(GOLDEN)
    batch = decoded.batch
    assert (decoded.accepted, decoded.rejected, decoded.model, decoded.version) == (3, 0, "churn", None)
    assert batch.rows == 3
    np.testing.assert_array_equal(batch.inputs["age"], [41.0, np.nan, 37.5])
    np.testing.assert_array_equal(batch.inputs["income"], [np.nan, np.nan, 1e6])
    assert batch.inputs["plan"].vocabulary == ("basic", "pro")
    assert batch.inputs["plan"].codes.tolist() == [0, 1, -1]
    assert batch.inputs["vip"].vocabulary == ("true", "false")
    np.testing.assert_array_equal(batch.outputs["prediction"], [1.0, 0.0, np.nan])
    np.testing.assert_array_equal(batch.probabilities, [[0.18, 0.82], [np.nan] * 2, [np.nan] * 2])
    np.testing.assert_array_equal(batch.timestamps, [1789372862.0, 1789372863.5, np.nan])
    assert batch.failed.tolist() == [False, False, True]
    assert batch.requests.count == 3
    assert batch.requests.latencies.tolist() == [0.012, 0.5]
    assert batch.requests.failures == {"timeout": 1}
    assert batch.violations == {}


def test_one_observation_is_a_list_of_one():
    """A single object and a list that holds it decode alike."""
    one, many = decode_json(GOLDEN[0]), decode_json(GOLDEN[:1])
    assert one.accepted == many.accepted == 1
    assert one.batch.inputs["age"].tolist() == many.batch.inputs["age"].tolist() == [41.0]


def test_what_nobody_sent_is_none():
    """Facts that no row has are None, not arrays of nothing."""
    batch = decode_json({"prediction": "a"}).batch
    assert (batch.probabilities, batch.logits, batch.timestamps, batch.failed) == (None, None, None, None)
    assert batch.requests.latencies.size == 0


def test_key_order_does_not_matter():
    """Rows that write the same keys in another order fill the same columns."""
    batch = decode_json([{"features": {"a": 1, "b": 2}}, {"features": {"b": 4, "a": 3}}]).batch
    assert {name: column.tolist() for name, column in batch.inputs.items()} == {"a": [1.0, 3.0], "b": [2.0, 4.0]}


def test_a_prediction_of_several_values_becomes_several_outputs():
    """A prediction that is an object has one output column a name."""
    batch = decode_json([{"prediction": {"x": 1.5, "y": "up"}}, {"prediction": 2}]).batch
    np.testing.assert_array_equal(batch.outputs["x"], [1.5, np.nan])
    assert batch.outputs["y"].codes.tolist() == [0, -1]
    np.testing.assert_array_equal(batch.outputs["prediction"], [np.nan, 2.0])


def test_mixed_kinds_in_one_column_are_kept_side_by_side():
    """Numbers and text of one feature are both there."""
    assert isinstance(decode_json([{"features": {"a": 1}}, {"features": {"a": "x"}}]).batch.inputs["a"], Mixed)


def test_values_that_no_column_can_hold_are_missing_and_counted():
    """A list or an object as a feature value is a data-quality fact; the row stays."""
    decoded = decode_json([{"features": {"a": [1], "b": 1}}, {"features": {"a": {"x": 1}, "b": 2}}])
    assert decoded.accepted == 2
    assert decoded.batch.violations == {("a", "wrong_type"): 2}


ONE = {"features": {"a": 1}}

BAD_FIELDS = [
    ({"latency_s": -0.1}, "latency_s"),
    ({"latency_s": "fast"}, "latency_s"),
    ({"latency_s": True}, "latency_s"),
    ({"latency_s": [1]}, "latency_s"),
    ({"proba": 0.8}, "proba"),
    ({"proba": []}, "proba"),
    ({"proba": [0.5, "x"]}, "proba"),
    ({"proba": [0.5, True]}, "proba"),
    ({"logits": {"a": 1}}, "logits"),
    ({"prediction": [1, 2]}, "prediction"),
    ({"status": ["ok"]}, "status"),
]


@pytest.mark.parametrize(("fields", "name"), BAD_FIELDS, ids=str)
def test_an_unusable_field_is_counted_and_the_row_stays(fields, name):
    """A fact of the wrong kind is left out and counted under its name."""
    decoded = decode_json(ONE | fields)
    assert decoded.accepted == 1
    assert decoded.batch.violations == {(name, "wrong_type"): 1}
    assert decoded.batch.requests.latencies.size == 0
    assert decoded.batch.probabilities is None


def test_a_missing_latency_is_no_violation():
    """NaN and null say that a duration is not known."""
    assert (
        decode_json(b'[{"prediction": 1, "latency_s": NaN}, {"prediction": 1, "latency_s": null}]').batch.violations
        == {}
    )


def test_probabilities_of_an_unusual_length_are_counted():
    """The most frequent number of classes counts; rows with another one have none."""
    batch = decode_json([ONE | {"proba": [0.2, 0.8]}, ONE | {"proba": [1, 0, 0]}, ONE | {"proba": [None, 1]}]).batch
    np.testing.assert_array_equal(batch.probabilities, [[0.2, 0.8], [np.nan, np.nan], [np.nan, 1.0]])
    assert batch.violations == {("proba", "wrong_type"): 1}


@pytest.mark.parametrize("value", [[0.1, 0.9], [-3, 7.5]])
def test_logits_have_their_own_place(value):
    """Raw class scores are kept apart from probabilities."""
    batch = decode_json(ONE | {"logits": value}).batch
    assert batch.logits.tolist() == [value]
    assert batch.probabilities is None


TIMES = [
    ("2026-09-14T08:01:02Z", 1789372862.0),
    ("2026-09-14t08:01:02z", 1789372862.0),
    ("2026-09-14 10:01:02.250+02:00", 1789372862.25),
    ("2026-09-14T08:01:02.123456789Z", 1789372862.123456),
    ("2016-12-31T23:59:60Z", 1483228800.0),
    ("1970-01-01T00:00:00Z", 0.0),
    (0, 0.0),
    (1789372862, 1789372862.0),
    (1789372862.5, 1789372862.5),
]


@pytest.mark.parametrize(("value", "seconds"), TIMES, ids=str)
def test_event_times_are_rfc_3339_or_seconds(value, seconds):
    """Both forms give the same seconds since 1970."""
    assert decode_json(ONE | {"ts": value}).batch.timestamps.tolist() == [seconds]


BAD_TIMES = [
    "yesterday",
    "",
    "2026-09-14",
    "2026-09-14T08:01:02",
    "20260914T080102Z",
    "2026-W38-1",
    "2026-02-30T08:01:02Z",
    "2026-09-14T25:01:02Z",
    "2026-09-14T08:01:02+25:00",
    "0001-01-01T00:00:00+23:00",
    "1969-12-31T23:59:59Z",
    "2200-01-01T00:00:01Z",
    "٢٠٢٦-09-14T08:01:02Z",
    "1789372862",
    1789372862000,
    -1,
    1e300,
    10**400,
    math.inf,
    True,
    [1],
    {},
]


@pytest.mark.parametrize("value", BAD_TIMES, ids=lambda value: str(value)[:20])
def test_an_unusable_event_time_refuses_its_row(value):
    """Nothing is guessed: milliseconds, local times and other calendars are errors of the row."""
    decoded = decode_json([ONE, ONE | {"ts": value}])
    assert (decoded.accepted, decoded.rejected) == (1, 1)
    assert decoded.rejected_reasons == {"timestamp": 1}
    error = decoded.errors[0]
    assert (error.row, error.field, error.reason) == (1, "ts", "timestamp")
    assert error.message.startswith("expected RFC 3339 or seconds since 1970, got ")


def test_nan_as_an_event_time_is_a_missing_one():
    """NaN is missing, for event times too."""
    assert decode_json(b'{"prediction": 1, "ts": NaN}').batch.timestamps is None


def test_refused_rows_leave_the_others_untouched():
    """A partly good list keeps its good rows and says which were refused and why."""
    decoded = decode_json([1, {"features": {"a": 1}}, {"features": "x"}, {}, {"prediction": 2, "features": None}])
    assert (decoded.accepted, decoded.rejected) == (2, 3)
    assert decoded.rejected_reasons == {"structure": 2, "empty": 1}
    assert [error.row for error in decoded.errors] == [0, 2, 3]
    assert decoded.batch.requests.count == 2
    np.testing.assert_array_equal(decoded.batch.inputs["a"], [1.0, np.nan])


def test_a_row_error_as_a_dictionary_has_no_empty_fields():
    """The answer's JSON leaves out what is not known."""
    assert RowError(7, None, "empty", "m").as_dict() == {"row": 7, "reason": "empty", "message": "m"}
    assert RowError(7, "ts", "timestamp", "m").as_dict()["field"] == "ts"


STATUSES = [
    ("ok", None),
    ("OK", None),
    ("success", None),
    (None, None),
    (200, None),
    (204.0, None),
    ("error", "error"),
    ("something else", "error"),
    (500, "error"),
    (False, "error"),
    ("Timed-Out", "timeout"),
    ("DEADLINE_EXCEEDED", "timeout"),
    (504, "timeout"),
    ("canceled", "cancelled"),
    ("overloaded", "overloaded"),
    ("RESOURCE_EXHAUSTED", "overloaded"),
    ("429", "overloaded"),
    ("invalid input", "invalid_input"),
    (422, "invalid_input"),
    ("x" * 100_000, "error"),
]


@pytest.mark.parametrize(("status", "reason"), STATUSES, ids=lambda value: str(value)[:20])
def test_statuses_map_to_a_bounded_set_of_reasons(status, reason):
    """Whatever a sender calls a failure, it is counted under one of five reasons."""
    batch = decode_json(ONE | {"status": status}).batch
    assert batch.requests.failures == ({reason: 1} if reason else {})
    assert set(batch.requests.failures) <= set(FAILURES)


def test_a_failed_row_needs_nothing_else():
    """A failed inference counts although it has neither features nor a prediction."""
    batch = decode_json({"status": "timeout", "latency_s": 30}).batch
    assert (batch.rows, batch.requests.failures, batch.requests.latencies.tolist()) == (1, {"timeout": 1}, [30.0])


def test_a_failed_row_has_no_outputs():
    """What was sent as the output of a failed inference is no output; its inputs count."""
    batch = decode_json([GOLDEN[0], GOLDEN[0] | {"status": "error"}, GOLDEN[0] | {"prediction": "x"}]).batch
    assert batch.inputs["age"].tolist() == [41.0, 41.0, 41.0]
    np.testing.assert_array_equal(batch.outputs["prediction"].numbers, [1.0, np.nan, np.nan])
    assert batch.outputs["prediction"].categories.codes.tolist() == [-1, -1, 0]
    assert np.isnan(batch.probabilities[1]).all()
    assert isinstance(batch.inputs["plan"], Categories)


def test_fields_that_no_version_knows_are_counted():
    """An unknown field is no error; it is counted under its first 64 characters."""
    batch = decode_json([ONE | {"colour": 1}, ONE | {"colour": 2, "k" * 100: 1}]).batch
    assert batch.violations == {("colour", "unknown_field"): 2, ("k" * 64, "unknown_field"): 1}


def test_unknown_fields_have_a_bound_of_names():
    """Random field names cannot grow the counters: the ones past the bound share a name."""
    batch = decode_json([ONE | {f"k{i}": 1} for i in range(100)]).batch
    assert len(batch.violations) == 33
    assert batch.violations[("_other", "unknown_field")] == 68


def test_fields_of_rows_are_accepted():
    """A row's id, label and embedding are no violations."""
    assert decode_json(ONE | {"id": 1, "label": 1, "embedding": [1, 2]}).batch.violations == {}


def test_a_body_may_name_its_model():
    """Model and version of the rows are handed on; numbers are accepted as names."""
    decoded = decode_json([ONE, ONE | {"model": "team/churn", "version": 3}])
    assert (decoded.model, decoded.version) == ("team/churn", "3")


def test_a_row_of_another_model_is_refused():
    """One body holds rows of one model: others would be counted for the wrong one."""
    decoded = decode_json([ONE | {"model": "a"}, ONE | {"model": "b"}])
    assert (decoded.accepted, decoded.errors[0].field, decoded.errors[0].reason) == (1, "model", "structure")


def test_a_bad_row_does_not_name_the_model():
    """A row that is refused has no say in whose rows the others are."""
    decoded = decode_json([{"model": "a"}, ONE | {"model": "b"}])
    assert (decoded.accepted, decoded.model) == (1, "b")


def test_an_empty_line_body_is_empty():
    """A body of blank lines holds no rows."""
    with pytest.raises(DecodeError, match="no rows"):
        decode_lines(b"", b"  ")
