"""Facts of rows and requests in Open Inference Protocol v2 bodies: reserved tensors and parameters."""

from __future__ import annotations

import numpy as np
import pytest

from driftgauge.errors import DecodeError
from tests.ingest.bodies import decode_binary, tensor

X = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32)


def fact(name, values):
    return tensor(f"driftgauge.{name}", values)


def test_facts_of_rows_make_each_row_a_request():
    """Latencies and statuses of shape [n] say that every row was a request of its own."""
    facts = [fact("latency_s", np.arange(7.0)), fact("status", ["ok"] * 5 + ["timeout", "boom"])]
    batch = decode_binary([tensor("x", X), *facts], [tensor("y", np.ones(7))]).batch
    assert list(batch.inputs) == ["x[0]", "x[1]", "x[2]"]
    assert batch.requests.count == 7
    assert batch.requests.latencies.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert batch.requests.failures == {"timeout": 1, "error": 1}
    assert np.isnan(batch.outputs["prediction"]).tolist() == batch.failed.tolist() == [False] * 5 + [True] * 2


def test_facts_of_shape_one_are_facts_of_the_request():
    """A latency or status of shape [1] belongs to the whole body."""
    facts = [fact("latency_s", np.array([0.25], np.float32)), fact("status", ["error"]), fact("ts", np.array([9]))]
    batch = decode_binary([tensor("x", X), *facts]).batch
    assert (batch.requests.count, batch.requests.latencies.tolist(), batch.requests.failures) == (
        1,
        [0.25],
        {"error": 1},
    )
    assert batch.failed.all()
    assert batch.timestamps.tolist() == [9.0] * 7


def test_a_body_without_facts_is_one_request():
    """Rows of one body are one request of the model server."""
    assert decode_binary([tensor("x", X)]).batch.requests.count == 1


def test_the_client_says_how_many_requests_it_gathered():
    """The number of requests in the parameters goes before what the body looks like."""
    assert decode_binary([tensor("x", X)], parameters={"driftgauge": {"requests": 5}}).batch.requests.count == 5


@pytest.mark.parametrize("requests", [-1, 1.5, "2", True, 10**30])
def test_an_unusable_number_of_requests_is_counted(requests):
    """A number of requests that cannot be one is ignored and counted."""
    batch = decode_binary([tensor("x", X)], parameters={"driftgauge": {"requests": requests}}).batch
    assert batch.requests.count == 1
    assert batch.violations == {("driftgauge.requests", "wrong_type"): 1}


@pytest.mark.parametrize(
    "times",
    [
        np.array([1.0, 2.0, 1e300, 4.0, np.nan, -1.0, 7.0]),
        [f"1970-01-01T00:00:0{i}Z" if i not in {3, 6} else "soon" for i in range(1, 8)],
    ],
    ids=["numbers", "texts"],
)
def test_rows_with_an_unusable_event_time_are_left_out(times):
    """Event times are numbers or RFC 3339 text; rows with anything else are refused, everywhere."""
    facts = [fact("ts", times), fact("latency_s", np.arange(7.0)), fact("status", ["ok"] * 6 + ["error"])]
    codes = tensor("c", np.arange(7, dtype=np.int8), categories=list("abcdefg"))
    decoded = decode_binary([tensor("x", X), codes, *facts])
    batch = decoded.batch
    assert (decoded.accepted, decoded.rejected, [error.row for error in decoded.errors]) == (5, 2, [2, 5])
    np.testing.assert_array_equal(batch.inputs["x[1]"], X[[0, 1, 3, 4, 6], 1])
    assert batch.inputs["c"].codes.tolist() == [0, 1, 3, 4, 6]
    assert batch.requests.latencies.tolist() == [0.0, 1.0, 3.0, 4.0, 6.0]
    assert batch.requests.count == 5
    assert batch.failed.tolist() == [False] * 4 + [True]
    assert len(batch.timestamps) == 5


def test_a_failed_request_needs_no_tensors():
    """A request that failed before it had inputs still counts."""
    batch = decode_binary([fact("status", ["timeout"])]).batch
    assert (batch.rows, batch.requests.failures) == (1, {"timeout": 1})


def test_facts_alone_are_no_rows():
    """A latency without anything else is nothing that could be used."""
    with pytest.raises(DecodeError) as caught:
        decode_binary([fact("latency_s", np.ones(1))])
    assert caught.value.reason == "empty"


def test_facts_of_later_versions_are_accepted_and_unknown_ones_counted():
    """Reserved names that are not used yet are no violations; names that nobody knows are."""
    facts = [fact("id", list("abcdefg")), fact("label", np.ones(7)), fact("colour", np.ones(7))]
    batch = decode_binary([tensor("x", X), *facts]).batch
    assert batch.violations == {("driftgauge.colour", "unknown_field"): 1}


@pytest.mark.parametrize(
    ("name", "values", "violation"),
    [
        ("latency_s", np.ones(3), ("driftgauge.latency_s", "wrong_shape")),
        ("latency_s", np.ones((7, 2)), ("driftgauge.latency_s", "wrong_shape")),
        ("latency_s", ["fast"], ("latency_s", "wrong_type")),
        ("latency_s", np.array([-1.0]), ("latency_s", "wrong_type")),
    ],
)
def test_unusable_facts_are_counted(name, values, violation):
    """A fact of another length or kind is left out and counted."""
    batch = decode_binary([tensor("x", X), fact(name, values)]).batch
    assert batch.requests.latencies.size == 0
    assert batch.violations == {violation: 1}


NAMES = [
    ({"model_name": "m", "model_version": "3"}, "m", "3"),
    ({"model_name": "m", "parameters": {"model": "team/churn", "version": 2}}, "team/churn", "2"),
    ({}, None, None),
    ({"model_name": ""}, None, None),
    ({"parameters": [1]}, None, None),
]


@pytest.mark.parametrize(("body", "model", "version"), NAMES, ids=str)
def test_the_body_may_name_its_model(body, model, version):
    """What the parameters say of the model goes before what the server calls it."""
    decoded = decode_binary([tensor("x", X)], **body)
    assert (decoded.model, decoded.version) == (model, version)


def test_unknown_fields_of_the_body_are_counted():
    """Fields that are no part of the protocol are counted."""
    assert decode_binary([tensor("x", X)], id="1", colour=1).batch.violations == {("colour", "unknown_field"): 1}
